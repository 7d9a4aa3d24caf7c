/** The panel of one node: form, input and output. Shown by the canvas while `editor.opened` is set. */
import { useEditor, useSelected } from "../canvas/context";

export interface NodePanelProps {
  readonly node: string;
  readonly onClose: () => void;
}

export function NodePanel({ node, onClose }: NodePanelProps) {
  const editor = useEditor();
  const name = useSelected(editor.workflow, (workflow) => workflow.nodes[node]?.name ?? "");
  return (
    <aside className="wf-panel" aria-label={`Node ${name}`}>
      <header className="wf-panel-header">
        <h2>{name}</h2>
        <button type="button" className="wf-icon-button" aria-label="Close" onClick={onClose}>
          ×
        </button>
      </header>
    </aside>
  );
}
