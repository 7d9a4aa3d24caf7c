/** Buttons that show above a card under the pointer: run to here, disable, remove, everything else. */
import { Ellipsis, Play, Power, Trash2 } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import type { Node } from "../../model/types";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";

export function CardToolbar({ node }: { readonly node: Node }) {
  const { editor, actions, state, viewpoint } = useCanvas();
  const isReadOnly = useReadable(editor.isReadOnly);
  const stop = (event: React.SyntheticEvent) => { event.stopPropagation(); };
  const openMenu = (event: React.MouseEvent) => {
    event.stopPropagation();
    if (!editor.selection.get().has(node.id)) editor.select([node.id]);
    state.menu.set({ at: viewpoint.toRoot(event.clientX, event.clientY), target: { kind: "nodes" } });
  };
  return (
    <div className="wf-node-toolbar nodrag nopan" role="toolbar" aria-label={`Actions on ${node.name}`} onDoubleClick={stop}>
      {editor.runner !== null && !isReadOnly && (
        <button type="button" title="Run to here" aria-label={`Run to ${node.name}`} tabIndex={-1} onClick={(event) => { stop(event); void editor.run({ to: node.id }); }}>
          <Icon icon={Play} size={14} />
        </button>
      )}
      {!isReadOnly && (
        <>
          <button type="button" title={node.disabled ? "Enable (D)" : "Disable (D)"} aria-label={`${node.disabled ? "Enable" : "Disable"} ${node.name}`} aria-pressed={node.disabled} tabIndex={-1} onClick={(event) => { stop(event); actions.toggleDisabled([node.id]); }}>
            <Icon icon={Power} size={14} />
          </button>
          <button type="button" title="Remove (Del)" aria-label={`Remove ${node.name}`} tabIndex={-1} onClick={(event) => { stop(event); actions.remove([node.id]); }}>
            <Icon icon={Trash2} size={14} />
          </button>
        </>
      )}
      <button type="button" title="More" aria-label={`More actions on ${node.name}`} aria-haspopup="menu" tabIndex={-1} onClick={openMenu}>
        <Icon icon={Ellipsis} size={14} />
      </button>
    </div>
  );
}
