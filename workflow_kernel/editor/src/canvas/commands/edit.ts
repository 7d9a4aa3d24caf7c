/** Commands that change the drawing. */
import {
  AlignCenterHorizontal, AlignCenterVertical, AlignEndHorizontal, AlignEndVertical, AlignHorizontalDistributeCenter, AlignStartHorizontal,
  AlignStartVertical, AlignVerticalDistributeCenter, Cable, Clipboard, Copy, CopyPlus, Group, PencilLine, Pin, Plus, Power, Redo2, Scissors,
  StickyNote, Trash2, Undo2, Ungroup, WandSparkles,
} from "lucide";
import type { IconNode } from "lucide";
import { align, distribute } from "../../model/align";
import type { Alignment, Axis } from "../../model/align";
import type { CanvasParts } from "../useCanvas";
import { canEdit, hasSelection, onlyNode, selectedNodes } from "./command";
import type { Command } from "./command";
import { copy, duplicate, pasteFromClipboard } from "./clipboard";
import { togglePin } from "./pin";
import { tidy } from "./tidy";

const editsSelection = (parts: CanvasParts): boolean => canEdit(parts) && hasSelection(parts);
const editsNodes = (parts: CanvasParts): boolean => canEdit(parts) && selectedNodes(parts).length > 0;

/** Open the node picker: beside the selected node's first output, or as a panel. */
function addNode(parts: CanvasParts): void {
  const { editor, actions, state, viewpoint } = parts;
  const node = onlyNode(parts);
  const output = node === undefined ? undefined : editor.ports(node).outputs[0];
  const place = node === undefined || output === undefined ? null : actions.placement.portAt(node, "output", output.name);
  const screen = place === null ? undefined : viewpoint.flow?.flowToScreenPosition({ x: place[0], y: place[1] });
  if (node === undefined || output === undefined || place === null || screen === undefined) {
    state.picker.set({ place: "panel" });
    return;
  }
  state.picker.set({
    place: "popup", at: viewpoint.toRoot(screen.x + 24, screen.y), flow: [place[0] + 200, place[1]],
    origin: { node: node.id, port: output.name, side: "output" }, edge: null,
  });
}

export function removeSelected({ editor, actions, state }: CanvasParts): void {
  const chosen = state.selectedEdges.get();
  const edges = editor.workflow.get().edges.filter((edge) => chosen.has(edge.id));
  actions.remove(editor.selection.get(), edges);
  state.selectedEdges.set(new Set());
}

function alignment(to: Alignment, title: string, icon: IconNode): Command {
  return {
    id: `align-${to}`, title, group: "Arrange", icon, isEnabled: (parts) => canEdit(parts) && parts.actions.movable().size > 1,
    run: ({ actions }) => { actions.move(align(actions.selectedBoxes(), to)); },
  };
}

function distribution(axis: Axis, title: string, icon: IconNode): Command {
  return {
    id: `distribute-${axis}`, title, group: "Arrange", icon, isEnabled: (parts) => canEdit(parts) && parts.actions.movable().size > 2,
    run: ({ actions }) => { actions.move(distribute(actions.selectedBoxes(), axis)); },
  };
}

export const EDIT: readonly Command[] = [
  { id: "add-node", title: "Add a node", group: "Add", icon: Plus, keys: ["Tab", "N"], isEnabled: canEdit, run: addNode },
  {
    id: "add-note", title: "Add a sticky note", group: "Add", icon: StickyNote, keys: ["Shift+S"], isEnabled: canEdit,
    run: ({ actions, viewpoint }) => { actions.addNote(viewpoint.pointer() ?? viewpoint.middle()); },
  },
  {
    id: "connect", title: "Connect the node by keyboard", group: "Add", icon: Cable, keys: ["C"], keywords: ["edge", "wire", "link"],
    isEnabled: (parts) => canEdit(parts) && onlyNode(parts) !== undefined, run: ({ state }) => { state.dialog.set("connect"); },
  },
  { id: "undo", title: "Undo", group: "Edit", icon: Undo2, keys: ["Mod+Z"], isEnabled: ({ editor }) => editor.canUndo.get() && !editor.isReadOnly.get(), run: ({ editor }) => { editor.undo(); } },
  { id: "redo", title: "Redo", group: "Edit", icon: Redo2, keys: ["Mod+Shift+Z", "Mod+Y"], isEnabled: ({ editor }) => editor.canRedo.get() && !editor.isReadOnly.get(), run: ({ editor }) => { editor.redo(); } },
  // The keys of these three are the browser's own events; see `listenToClipboard`.
  {
    id: "cut", title: "Cut", group: "Edit", icon: Scissors, isEnabled: editsSelection,
    run: (parts) => { void copy(parts).then(() => { parts.actions.remove(parts.editor.selection.get()); }); },
  },
  { id: "copy", title: "Copy", group: "Edit", icon: Copy, isEnabled: hasSelection, run: (parts) => { void copy(parts); } },
  { id: "paste", title: "Paste", group: "Edit", icon: Clipboard, isEnabled: canEdit, run: (parts) => { void pasteFromClipboard(parts, parts.viewpoint.pointer()); } },
  { id: "duplicate", title: "Duplicate", group: "Edit", icon: CopyPlus, keys: ["Mod+D"], isEnabled: editsSelection, run: duplicate },
  {
    id: "remove", title: "Remove", group: "Edit", icon: Trash2, keys: ["Delete", "Backspace"], keywords: ["delete"],
    isEnabled: (parts) => canEdit(parts) && (hasSelection(parts) || parts.state.selectedEdges.get().size > 0), run: removeSelected,
  },
  {
    id: "rename", title: "Rename", group: "Edit", icon: PencilLine, keys: ["F2"], isEnabled: (parts) => canEdit(parts) && parts.editor.selection.get().size === 1,
    run: ({ editor, state }) => { state.editing.set([...editor.selection.get()][0] ?? null); },
  },
  { id: "disable", title: "Disable or enable", group: "Edit", icon: Power, keys: ["D"], keywords: ["deactivate"], isEnabled: editsNodes, run: ({ editor, actions }) => { actions.toggleDisabled(editor.selection.get()); } },
  { id: "pin", title: "Pin or unpin the output", group: "Edit", icon: Pin, keys: ["P"], isEnabled: (parts) => canEdit(parts) && onlyNode(parts) !== undefined, run: (parts) => { void togglePin(parts); } },
  { id: "select-all", title: "Select all", group: "Edit", keys: ["Mod+A"], run: ({ editor }) => { editor.select([...Object.keys(editor.workflow.get().nodes), ...Object.keys(editor.workflow.get().notes)]); } },
  {
    id: "group", title: "Group the nodes", group: "Arrange", icon: Group, keys: ["Mod+G"], isEnabled: editsNodes,
    run: ({ editor, actions, state }) => {
      const id = actions.group(editor.selection.get());
      if (id !== null) state.editing.set(id);
    },
  },
  {
    id: "ungroup", title: "Take the group apart", group: "Arrange", icon: Ungroup, keys: ["Mod+Shift+G"],
    isEnabled: (parts) => canEdit(parts) && Object.values(parts.editor.workflow.get().groups).some((group) => parts.editor.selection.get().has(group.id) || group.nodes.some((id) => parts.editor.selection.get().has(id))),
    run: ({ editor, actions }) => { actions.ungroup(editor.selection.get()); },
  },
  {
    id: "tidy", title: "Tidy up", group: "Arrange", icon: WandSparkles, keys: ["Shift+Alt+T"], keywords: ["layout", "arrange", "clean"],
    isEnabled: (parts) => canEdit(parts) && Object.keys(parts.editor.workflow.get().nodes).length > 1, run: tidy,
  },
  alignment("left", "Align left edges", AlignStartVertical),
  alignment("center", "Align centres", AlignCenterVertical),
  alignment("right", "Align right edges", AlignEndVertical),
  alignment("top", "Align top edges", AlignStartHorizontal),
  alignment("middle", "Align middles", AlignCenterHorizontal),
  alignment("bottom", "Align bottom edges", AlignEndHorizontal),
  distribution("horizontal", "Distribute across", AlignHorizontalDistributeCenter),
  distribution("vertical", "Distribute down", AlignVerticalDistributeCenter),
];
