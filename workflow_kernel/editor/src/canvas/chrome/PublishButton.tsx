/** Publishes the draft: what triggers run from now on. */
import { Rocket } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";

export function PublishButton() {
  const { editor, state } = useCanvas();
  const isReadOnly = useReadable(editor.isReadOnly);
  if (editor.client.versions === undefined || isReadOnly) return null;
  return (
    <button type="button" className="wf-button wf-wide-only" title="Publish this draft, or look at earlier versions" onClick={() => { state.dialog.set("versions"); }}>
      <Icon icon={Rocket} size={15} /><span>Publish</span>
    </button>
  );
}
