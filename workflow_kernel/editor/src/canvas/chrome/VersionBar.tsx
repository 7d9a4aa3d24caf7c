/** Shown instead of the tools while an earlier version is on the canvas: make it the draft, or go back. */
import { Pencil, Undo2 } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";

export function VersionBar() {
  const { editor, state } = useCanvas();
  const version = useReadable(editor.version);
  if (version === null) return null;
  const leave = () => {
    state.comparison.set(null);
    editor.showVersion(null);
  };
  const restore = () => {
    leave();
    editor.replaceDraft(version.document);
    editor.notify("success", `The draft is now ‘${version.title}’. Undo brings back what was there.`);
  };
  return (
    <div className="wf-header-side wf-header-end wf-past" role="group" aria-label="Version">
      <span className="wf-past-state wf-ellipsis" title={version.title}>{version.title}</span>
      <span className="wf-muted wf-wide-only">as it was; nothing here can be edited</span>
      {version.canRestore && <button type="button" className="wf-button" title="Make this the draft" onClick={restore}><Icon icon={Undo2} size={14} /><span>Restore</span></button>}
      <button type="button" className="wf-button" data-kind="primary" onClick={leave}><Icon icon={Pencil} size={14} /><span>Back to the draft</span></button>
    </div>
  );
}
