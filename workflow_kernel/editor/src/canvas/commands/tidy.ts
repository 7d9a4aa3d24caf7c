/** Automatic layout of the selection, or of everything. Notes move along with the nodes they are about. */
import { layered } from "../../model/layered";
import { noteBox, overlaps } from "../../model/geometry";
import type { Box } from "../../model/geometry";
import type { Point } from "../../model/types";
import type { CanvasParts } from "../useCanvas";

/** How near a node must be to a note to be what the note is about. */
const NEAR = 60;

export function tidy(parts: CanvasParts): void {
  const { editor, actions, viewpoint, state } = parts;
  const workflow = editor.workflow.get();
  const selected = actions.nodesOf(editor.selection.get());
  const isPart = selected.length > 1;
  const nodes = isPart ? selected : Object.values(workflow.nodes);
  const boxes = nodes.map((node) => ({ id: node.id, box: actions.placement.box(node), ports: actions.placement.ports(node) }));
  const places = new Map(layered(boxes, workflow.edges));
  if (!isPart) {
    const before = new Map(boxes.map(({ id, box }) => [id, box]));
    for (const note of Object.values(workflow.notes)) {
      const box = noteBox(note, editor.view.get());
      const by = meanShift(box, before, places);
      if (by !== null) places.set(note.id, [box.x + by[0], box.y + by[1]]);
    }
  }
  actions.move(places);
  if (!isPart) viewpoint.fit();
  state.say("Tidied up");
}

/** How far the nodes near a note move. */
function meanShift(note: Box, before: ReadonlyMap<string, Box>, after: ReadonlyMap<string, Point>): Point | null {
  const near = [...before].filter(([, box]) => overlaps(note, box, NEAR));
  if (near.length === 0) return null;
  const sum = near.reduce<Point>(([x, y], [id, box]) => {
    const to = after.get(id) ?? [box.x, box.y];
    return [x + to[0] - box.x, y + to[1] - box.y];
  }, [0, 0]);
  return [sum[0] / near.length, sum[1] / near.length];
}
