/** What an empty canvas says: how to begin. */
import { FileUp, Plus, Zap } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { shownKeys } from "../commands/command";
import { importFile } from "../commands/files";
import { useReadable, useSelected } from "../context";
import { useCanvas } from "../useCanvas";

export function EmptyState() {
  const parts = useCanvas();
  const { editor, actions, state, viewpoint } = parts;
  const isEmpty = useSelected(editor.workflow, (workflow) => Object.keys(workflow.nodes).length + Object.keys(workflow.notes).length === 0);
  const isReadOnly = useReadable(editor.isReadOnly);
  const types = useReadable(editor.catalog.types);
  const isLoaded = useReadable(editor.catalog.isLoaded);
  const picker = useReadable(state.picker);
  if (!isEmpty || picker !== null) return null;
  if (isReadOnly) return <div className="wf-empty"><p className="wf-muted">This workflow has no nodes yet.</p></div>;
  const manual = types.find((info) => info.type === "flow.manual_trigger");
  return (
    <div className="wf-empty">
      <h2>Start with what sets it off</h2>
      <p className="wf-muted">A trigger starts the workflow; what follows does the work.</p>
      <div className="wf-empty-choices">
        {(manual !== undefined || !isLoaded) && (
          <button
            type="button" className="wf-empty-choice" disabled={manual === undefined}
            onClick={() => {
              const id = manual === undefined ? null : actions.add(manual, viewpoint.middle());
              if (id !== null) viewpoint.fit(undefined, undefined, 1);
            }}
          >
            <span className="wf-empty-icon"><Icon icon={Zap} size={22} /></span>
            <strong>Run it by hand</strong>
            <span className="wf-muted">Starts when you press Run</span>
          </button>
        )}
        <button type="button" className="wf-empty-choice" onClick={() => { state.picker.set({ place: "panel" }); }}>
          <span className="wf-empty-icon"><Icon icon={Plus} size={22} /></span>
          <strong>Choose a node</strong>
          <span className="wf-muted">All triggers and nodes <kbd className="wf-kbd">Tab</kbd></span>
        </button>
        <button type="button" className="wf-empty-choice" onClick={() => { importFile(parts); }}>
          <span className="wf-empty-icon"><Icon icon={FileUp} size={22} /></span>
          <strong>Open a file</strong>
          <span className="wf-muted">A .flow file, or one from n8n</span>
        </button>
      </div>
      <p className="wf-muted">or paste a copied workflow with <kbd className="wf-kbd">{shownKeys("Mod+V")}</kbd></p>
    </div>
  );
}
