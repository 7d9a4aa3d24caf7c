/** Waiting for one call of a draft's webhook or form: its test address, and what to do in the meantime. */
import { useEffect, useState } from "react";
import { Check, Clipboard, ExternalLink, Play, RotateCw } from "lucide";
import type { Listening, TestAddress } from "../../client/client";
import { copyText } from "../../data/copy";
import { Icon } from "../../forms/parts/Icon";
import { reasonOf } from "../../model/runner";
import type { RunOptions } from "../../model/store";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";
import { Overlay, OverlayHeader } from "./Overlay";
import { useNow } from "./useNow";

export function ListenDialog() {
  const { editor } = useCanvas();
  const wish = useReadable(editor.listening);
  return wish === null ? null : <Waiting key={`${wish.from ?? ""} ${wish.to ?? ""}`} wish={wish} />;
}

function Waiting({ wish }: { readonly wish: RunOptions }) {
  const { editor, state } = useCanvas();
  const { listening, failure, again } = useListening(wish);
  const name = editor.draft.get().nodes[wish.from ?? ""]?.name ?? "the trigger";
  const close = () => { editor.listening.set(null); };
  const left = useLeft(listening);
  const isForm = listening?.addresses.every((one) => one.kind === "form") === true;
  return (
    <Overlay label={`Waiting for a call of ${name}`} onClose={close} className="wf-payload">
      <OverlayHeader title={isForm ? `Fill in ‘${name}’` : `Waiting for a call of ‘${name}’`} about={`The run begins when ${isForm ? "the form is sent" : "the test address is called"}. It takes the draft as it is now.`} onClose={close} />
      <div className="wf-payload-body">
        {failure !== null && <p className="wf-field-error" role="alert">{failure.text} {failure.mend}</p>}
        {listening !== null && left > 0 && (
          <p className="wf-listening" role="status"><span className="wf-listening-dot" />Listening for {clock(left)} more</p>
        )}
        {listening !== null && left === 0 && <p className="wf-listening" role="status">Nobody called. The address has stopped listening.</p>}
        {left > 0 && listening?.addresses.map((address) => <Address key={address.url} address={address} />)}
        <div className="wf-payload-buttons">
          <button
            type="button" className="wf-button"
            onClick={() => {
              close();
              state.dialog.set("payload");
            }}
          >
            <Icon icon={Play} size={14} /><span>Use test data instead</span>
          </button>
          {(failure !== null || (listening !== null && left === 0)) && <button type="button" className="wf-button" data-kind="primary" onClick={again}><Icon icon={RotateCw} size={14} /><span>Wait again</span></button>}
        </div>
      </div>
    </Overlay>
  );
}

/** Waits as long as the dialog is there. */
function useListening(wish: RunOptions): { readonly listening: Listening | null; readonly failure: ReturnType<typeof reasonOf> | null; readonly again: () => void } {
  const { editor } = useCanvas();
  const [listening, setListening] = useState<Listening | null>(null);
  const [failure, setFailure] = useState<ReturnType<typeof reasonOf> | null>(null);
  const [times, setTimes] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    let begun: Listening | null = null;
    setListening(null);
    setFailure(null);
    const draft = editor.draft.get();
    const request = { workflow: editor.toFlow(), ...(wish.from === undefined ? {} : { from: wish.from }), ...(wish.to === undefined ? {} : { to: wish.to }) };
    const onStart = (execution: string) => {
      begun = null;
      editor.listening.set(null);
      editor.runner?.watch(execution, draft);
    };
    editor.client.runs?.listen?.(request, onStart).then((found) => {
      if (!isCurrent) {
        found.cancel();
        return;
      }
      begun = found;
      setListening(found);
    }, (error: unknown) => { if (isCurrent) setFailure(reasonOf(error)); });
    return () => {
      isCurrent = false;
      begun?.cancel();
    };
  }, [editor, wish, times]);
  return { listening, failure, again: () => { setTimes((count) => count + 1); } };
}

function useLeft(listening: Listening | null): number {
  const now = useNow(listening !== null);
  return listening === null ? 0 : Math.max(0, Math.ceil(listening.until - now));
}

const clock = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

function Address({ address }: { readonly address: TestAddress }) {
  const [method] = address.methods;
  const body = method === undefined || method === "GET" || method === "HEAD" || method === "DELETE" ? "" : ` -H 'Content-Type: application/json' -d '{"name": "Ada"}'`;
  if (address.kind === "form") {
    return (
      <>
        <Copied label="Address of the form" text={address.url} />
        <a className="wf-button" data-kind="primary" href={address.url} target="_blank" rel="noreferrer"><Icon icon={ExternalLink} size={14} /><span>Open the form</span></a>
      </>
    );
  }
  return (
    <>
      <Copied label={`Test address (${address.methods.join(", ")})`} text={address.url} />
      <Copied label="To try it from a terminal" text={`curl -X ${method ?? "GET"} '${address.url}'${body}`} />
    </>
  );
}

function Copied({ label, text }: { readonly label: string; readonly text: string }) {
  const [isCopied, setCopied] = useState(false);
  return (
    <div className="wf-payload-field">
      <span>{label}</span>
      <div className="wf-copied">
        <code className="wf-code wf-scroll" tabIndex={0}>{text}</code>
        <button type="button" className="wf-icon-button" aria-label={`Copy: ${label}`} title={isCopied ? "Copied" : "Copy"} onClick={() => void copyText(text).then(setCopied)}><Icon icon={isCopied ? Check : Clipboard} size={15} /></button>
      </div>
    </div>
  );
}
