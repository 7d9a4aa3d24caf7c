/** Runs the workflow, or stops the run; beside it where several triggers may begin. */
import { ChevronDown, CircleStop, Play, Radio } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { Menu } from "../../forms/parts/Menu";
import type { MenuItem } from "../../forms/parts/Menu";
import { isOver } from "../../model/runs";
import { isCalled } from "../../model/waiting";
import { shownKeys } from "../commands/command";
import { useReadable, useSelected } from "../context";
import { useCanvas } from "../useCanvas";

export function RunButton() {
  const { editor, state } = useCanvas();
  const isReadOnly = useReadable(editor.isReadOnly);
  const isBusy = useSelected(editor.execution, (view) => view !== null && !view.is_past && !isOver(view));
  const workflow = useReadable(editor.workflow);
  useReadable(editor.catalog.isLoaded);
  if (editor.runner === null || isReadOnly) return null;
  if (isBusy) {
    return (
      <button type="button" className="wf-button wf-run" data-kind="stop" onClick={() => { void editor.stop(); }}>
        <Icon icon={CircleStop} size={16} /><span>Stop</span>
      </button>
    );
  }
  const nodes = Object.values(workflow.nodes);
  const triggers = nodes.filter((node) => !node.disabled && editor.infoOf(node)?.is_trigger === true);
  const items: readonly MenuItem[] = [
    ...(triggers.length > 1 ? triggers.map((node): MenuItem => ({ label: `From ‘${node.name}’`, icon: Play, onChoose: () => { void editor.run({ from: node.id }); } })) : []),
    ...(editor.client.runs?.listen === undefined ? [] : triggers.filter(isCalled).map((node): MenuItem => ({ label: `Wait for a call of ‘${node.name}’…`, icon: Radio, onChoose: () => { editor.listening.set({ from: node.id }); } }))),
    { label: "With test data…", onChoose: () => { state.dialog.set("payload"); } },
  ];
  return (
    <div className="wf-run-group">
      <button
        type="button" className="wf-button wf-run" data-kind="primary" disabled={nodes.length === 0} title={`Run the workflow (${shownKeys("Mod+Enter")})`}
        onClick={() => { void editor.run(); }}
      >
        <Icon icon={Play} size={16} /><span>Run</span>
      </button>
      <Menu label="Other ways to run" items={items} className="wf-button wf-run-more" isDisabled={nodes.length === 0}><Icon icon={ChevronDown} size={14} /></Menu>
    </div>
  );
}
