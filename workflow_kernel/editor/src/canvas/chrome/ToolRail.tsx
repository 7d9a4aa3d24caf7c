/** The tools at the left edge: add, note, tidy, find, look at past executions. */
import { History, Plus, Search, StickyNote, WandSparkles } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { commandOf } from "../commands";
import { shownKeys } from "../commands/command";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";

export function ToolRail() {
  const parts = useCanvas();
  const { editor, state } = parts;
  const isReadOnly = useReadable(editor.isReadOnly);
  const picker = useReadable(state.picker);
  const dialog = useReadable(state.dialog);
  const isOpen = picker?.place === "panel";
  const tool = (id: string) => () => { commandOf(id).run(parts); };
  return (
    <div className="wf-rail wf-surface" role="toolbar" aria-label="Tools" aria-orientation="vertical">
      {!isReadOnly && (
        <>
          <button
            type="button" className="wf-icon-button wf-rail-add" aria-label="Add a node" title="Add a node (Tab)" aria-expanded={isOpen}
            onClick={() => { state.picker.set(isOpen ? null : { place: "panel" }); }}
          >
            <Icon icon={Plus} size={20} />
          </button>
          <button type="button" className="wf-icon-button" aria-label="Add a sticky note" title="Add a sticky note (Shift+S)" onClick={tool("add-note")}><Icon icon={StickyNote} size={18} /></button>
          <button type="button" className="wf-icon-button" aria-label="Tidy up" title={`Tidy up (${shownKeys("Shift+Alt+T")})`} onClick={tool("tidy")}><Icon icon={WandSparkles} size={18} /></button>
        </>
      )}
      <button type="button" className="wf-icon-button" aria-label="Find on the canvas" title={`Find on the canvas (${shownKeys("Mod+F")})`} onClick={tool("search")}><Icon icon={Search} size={18} /></button>
      {editor.client.runs?.list !== undefined && (
        <button type="button" className="wf-icon-button" aria-label="Past executions" title="Past executions" aria-expanded={dialog === "executions"} onClick={() => { state.dialog.set(dialog === "executions" ? null : "executions"); }}><Icon icon={History} size={18} /></button>
      )}
    </div>
  );
}
