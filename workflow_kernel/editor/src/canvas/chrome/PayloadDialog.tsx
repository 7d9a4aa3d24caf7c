/** Running with made-up data for the trigger. */
import { useState } from "react";
import { Play, Radio } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { isObject } from "../../model/json";
import { isCalled } from "../../model/waiting";
import type { Json, JsonObject } from "../../model/types";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";
import { Overlay, OverlayHeader } from "./Overlay";

const EXAMPLE = '[\n  { "name": "Ada" }\n]';

/** The items a text means: a list of objects, or one. */
export function payloadOf(text: string): readonly JsonObject[] | string {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    return `This is no JSON: ${error instanceof Error ? error.message : "it cannot be read"}.`;
  }
  const list = Array.isArray(value) ? value : [value];
  return list.every(isObject) ? list : "Give an object, or a list of objects: one for each item.";
}

export function PayloadDialog() {
  const { editor, state } = useCanvas();
  const workflow = useReadable(editor.workflow);
  const triggers = Object.values(workflow.nodes).filter((node) => !node.disabled && editor.infoOf(node)?.is_trigger === true);
  const [from, setFrom] = useState(triggers[0]?.id ?? "");
  const [text, setText] = useState(EXAMPLE);
  const [failure, setFailure] = useState("");
  const close = () => { state.dialog.set(null); };
  const run = () => {
    const payload = payloadOf(text);
    if (typeof payload === "string") {
      setFailure(payload);
      return;
    }
    close();
    void editor.run({ payload, ...(from === "" ? {} : { from }) });
  };
  const chosen = workflow.nodes[from];
  const isWaitable = editor.client.runs?.listen !== undefined && chosen !== undefined && isCalled(chosen);
  const wait = () => {
    close();
    editor.listening.set({ from });
  };
  return (
    <Overlay label="Run with test data" onClose={close} className="wf-payload">
      <OverlayHeader title="Run with test data" about="What the trigger gives, in place of a real event." onClose={close} />
      <div className="wf-payload-body">
        {triggers.length > 1 && (
          <label className="wf-payload-field">Trigger
            <select className="wf-input" value={from} onChange={(event) => { setFrom(event.currentTarget.value); }}>
              {triggers.map((node) => <option key={node.id} value={node.id}>{node.name}</option>)}
            </select>
          </label>
        )}
        <label className="wf-payload-field">Items
          <textarea className="wf-input wf-code-area" data-autofocus rows={9} spellCheck={false} value={text} aria-invalid={failure !== ""} onChange={(event) => { setText(event.currentTarget.value); setFailure(""); }} />
        </label>
        {failure !== "" && <p className="wf-field-error" role="alert">{failure}</p>}
        <div className="wf-payload-buttons">
          {isWaitable && <button type="button" className="wf-button" onClick={wait}><Icon icon={Radio} size={14} /><span>Wait for a real call</span></button>}
          <button type="button" className="wf-button" data-kind="primary" onClick={run}><Icon icon={Play} size={14} /><span>Run</span></button>
        </div>
      </div>
    </Overlay>
  );
}
