/** Going from node to node with the arrow keys, and selecting along edges. */
import { reach } from "../../model/topology";
import type { CanvasParts } from "../useCanvas";
import { onlyNode, selectedNodes } from "./command";
import type { Command } from "./command";

type Way = "left" | "right" | "up" | "down";

/** Select the next node in a direction: along an edge where there is one, else the nearest on that side. */
function go(parts: CanvasParts, way: Way): void {
  const { editor, actions, viewpoint, state } = parts;
  const { nodes } = editor.workflow.get();
  const [last] = selectedNodes(parts).slice(-1);
  const next = last === undefined ? Object.keys(nodes)[0] : (alongEdge(parts, last.id, way) ?? nearest(parts, last.id, way));
  if (next === undefined) return;
  editor.select([next]);
  viewpoint.reveal(next);
  viewpoint.focusNode(next);
  const name = actions.nodesOf([next])[0]?.name ?? "";
  state.say(name);
}

function alongEdge({ editor }: CanvasParts, id: string, way: Way): string | undefined {
  const { edges } = editor.workflow.get();
  if (way === "right") return edges.find((edge) => edge.source.node === id && edge.target.node !== id)?.target.node;
  if (way === "left") return edges.find((edge) => edge.target.node === id && edge.source.node !== id)?.source.node;
  return undefined;
}

function nearest({ editor, actions }: CanvasParts, id: string, way: Way): string | undefined {
  const boxes = actions.placement.boxes(new Set(Object.keys(editor.workflow.get().nodes)));
  const from = boxes.get(id);
  if (from === undefined) return undefined;
  const isAcross = way === "left" || way === "right";
  const sign = way === "right" || way === "down" ? 1 : -1;
  let best: { readonly id: string; readonly far: number } | undefined;
  for (const [other, box] of boxes) {
    const [dx, dy] = [box.x - from.x, box.y - from.y];
    const [ahead, aside] = isAcross ? [dx * sign, Math.abs(dy)] : [dy * sign, Math.abs(dx)];
    if (other === id || ahead <= 8) continue;
    const far = ahead + aside * 2;
    if (far < (best?.far ?? Infinity)) best = { id: other, far };
  }
  return best?.id;
}

/** Add everything the selection leads to (or comes from) to it. */
function extend(parts: CanvasParts, way: "down" | "up"): void {
  const { editor } = parts;
  const ids = selectedNodes(parts).map((node) => node.id);
  editor.select([...editor.selection.get(), ...reach(editor.workflow.get().edges, ids, way)]);
}

const step = (way: Way, key: string, title: string): Command => ({
  id: `go-${way}`, title, group: "Move around", keys: [key], isKeyOnly: true, run: (parts) => { go(parts, way); },
});

const nudge = (way: Way, key: string, by: readonly [number, number]): Command => ({
  id: `nudge-${way}`, title: `Move the selection ${way}`, group: "Move around", keys: [key], isKeyOnly: true,
  isEnabled: ({ editor }) => !editor.isReadOnly.get() && editor.selection.get().size > 0,
  run: ({ actions }) => { actions.nudge(by); },
});

export const NAVIGATE: readonly Command[] = [
  step("left", "ArrowLeft", "Select the node before"),
  step("right", "ArrowRight", "Select the node after"),
  step("up", "ArrowUp", "Select the node above"),
  step("down", "ArrowDown", "Select the node below"),
  {
    id: "extend-right", title: "Select everything after", group: "Move around", keys: ["Shift+ArrowRight"],
    isEnabled: (parts) => selectedNodes(parts).length > 0, run: (parts) => { extend(parts, "down"); },
  },
  {
    id: "extend-left", title: "Select everything before", group: "Move around", keys: ["Shift+ArrowLeft"],
    isEnabled: (parts) => selectedNodes(parts).length > 0, run: (parts) => { extend(parts, "up"); },
  },
  nudge("left", "Alt+ArrowLeft", [-20, 0]),
  nudge("right", "Alt+ArrowRight", [20, 0]),
  nudge("up", "Alt+ArrowUp", [0, -20]),
  nudge("down", "Alt+ArrowDown", [0, 20]),
  {
    id: "open", title: "Open the node", group: "Edit", keys: ["Enter"], isEnabled: (parts) => onlyNode(parts) !== undefined,
    run: (parts) => { parts.editor.open(onlyNode(parts)?.id ?? null); },
  },
];
