/** Shown instead of the tools while a past execution is on the canvas: step through it, take it over, go back. */
import { useEffect, useState } from "react";
import { ChevronLeft, ChevronRight, ClipboardCopy, Pencil, RotateCw } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { fromFlow } from "../../model/flow";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";
import { seconds } from "../words";

export function PastBar() {
  const { editor } = useCanvas();
  const detail = useReadable(editor.past);
  const count = detail?.runs.length ?? 0;
  const [at, setAt] = useState(count);
  useEffect(() => { setAt(count); }, [count, detail]);
  if (detail === null) return null;
  const { info } = detail;
  const { alone } = editor;
  const show = (index: number) => {
    setAt(index);
    editor.showPast(detail, index);
    const run = detail.runs[index - 1];
    if (run !== undefined) editor.select([run.node]);
  };
  const leave = () => {
    editor.showPast(null);
  };
  const copyToDraft = () => {
    leave();
    editor.replaceDraft(detail.workflow);
    editor.runner?.adopt(detail);
    editor.notify("success", "The draft is now the workflow of that execution, with its results.");
  };
  const retry = () => {
    const { runner, client } = editor;
    if (client.runs?.retry === undefined || runner === null) return;
    client.runs.retry(info.id).then((id) => {
      if (alone !== null) {
        alone.show(id);
        return;
      }
      leave();
      runner.watch(id, fromFlow(detail.workflow));
    }, (error: unknown) => { editor.tell(error); });
  };
  return (
    <div className="wf-header-side wf-header-end wf-past" role="group" aria-label="Past execution">
      <span className="wf-past-state" data-state={info.state}>{info.state.replaceAll("_", " ")}</span>
      <span className="wf-muted wf-wide-only">{new Date(info.started_at * 1000).toLocaleString()}{info.seconds === null ? "" : `, ${seconds(info.seconds)}`}</span>
      <div className="wf-header-group">
        <button type="button" className="wf-icon-button" aria-label="One step back" title="One step back" disabled={at <= 0} onClick={() => { show(at - 1); }}><Icon icon={ChevronLeft} /></button>
        <input type="range" min={0} max={count} value={at} aria-label="Step" title={`Step ${at} of ${count}`} onChange={(event) => { show(Number(event.currentTarget.value)); }} />
        <button type="button" className="wf-icon-button" aria-label="One step on" title="One step on" disabled={at >= count} onClick={() => { show(at + 1); }}><Icon icon={ChevronRight} /></button>
        <span className="wf-muted wf-small wf-past-count">{at}/{count}</span>
      </div>
      {info.state === "failed" && editor.client.runs?.retry !== undefined && editor.client.runs.canRetry?.(info.id) !== false && (
        <button type="button" className="wf-button" title="Run again from the node that failed" onClick={retry}><Icon icon={RotateCw} size={14} /><span>Retry</span></button>
      )}
      {alone === null ? (
        <>
          <button type="button" className="wf-button" title="Make this the draft, with its results, to find out what went wrong" onClick={copyToDraft}><Icon icon={ClipboardCopy} size={14} /><span>Copy to draft</span></button>
          <button type="button" className="wf-button" data-kind="primary" onClick={leave}><Icon icon={Pencil} size={14} /><span>Back to the draft</span></button>
        </>
      ) : (
        <button type="button" className="wf-button" data-kind="primary" title="Open the workflow with this execution" onClick={() => { alone.open(); }}><Icon icon={Pencil} size={14} /><span>Open the workflow</span></button>
      )}
    </div>
  );
}
