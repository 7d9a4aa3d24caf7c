/** Why a node waits, and what ends it: its page, its address, or going on at once. */
import { useEffect, useState } from "react";
import { Copy, ExternalLink, Play } from "lucide";
import { useEditor, useReadable } from "../canvas/context";
import { Icon } from "../forms/parts/Icon";
import { asksForCall, asksForPerson, waitWords } from "../model/waiting";
import type { Node } from "../model/types";
import type { RunShown } from "./useRunShown";

export function WaitNote({ node, run }: { readonly node: Node; readonly run: RunShown }) {
  const editor = useEditor();
  const { runs } = editor.client;
  const isReadOnly = useReadable(editor.isReadOnly);
  const [address, setAddress] = useState<string | null>(null);
  const { execution, info, index } = run;
  const id = execution?.id;
  const isAsking = asksForCall(node) || asksForPerson(node);
  useEffect(() => {
    setAddress(null);
    if (id === undefined || !isAsking) return;
    void runs?.waitAddress?.({ execution: id, node: node.id, run_index: index }).then(setAddress, () => undefined);
  }, [runs, id, node.id, index, isAsking]);
  if (info === null) return null;
  const isPlace = info.message !== "";
  const fail = (error: unknown) => { editor.notify("error", error instanceof Error ? error.message : "It could not be done."); };
  const goOn = () => {
    if (id === undefined) return;
    runs?.resume?.({ execution: id, node: node.id, run_index: index }).catch(fail);
  };
  const copy = () => {
    if (address !== null) void navigator.clipboard.writeText(address).then(() => { editor.notify("success", "The address is copied."); }, fail);
  };
  return (
    <div className="wf-pane-empty" data-state="waiting">
      <p>{waitWords(node, info)}</p>
      {!isPlace && (
        <div className="wf-wait-buttons">
          {address !== null && asksForPerson(node) && <a className="wf-button" data-kind="primary" href={address} target="_blank" rel="noreferrer"><Icon icon={ExternalLink} size={14} />Open its page</a>}
          {address !== null && asksForCall(node) && <button type="button" className="wf-button" data-kind="primary" onClick={copy}><Icon icon={Copy} size={14} />Copy the address to call</button>}
          {runs?.resume !== undefined && (!isReadOnly || execution?.is_past === true) && <button type="button" className="wf-button" onClick={goOn}><Icon icon={Play} size={14} />Go on now</button>}
        </div>
      )}
    </div>
  );
}
