/** What differs between two versions of a workflow, for marks on the canvas. */
import { isEqual } from "./json";
import type { Node, Workflow } from "./types";

export type Mark = "added" | "changed" | "moved";

export interface Comparison {
  /** Ids of nodes and edges of the newer version that differ. */
  readonly marks: ReadonlyMap<string, Mark>;
  /** Names of nodes that are gone. */
  readonly removed: readonly string[];
}

export function compare(before: Workflow, now: Workflow): Comparison {
  const marks = new Map<string, Mark>();
  for (const node of Object.values(now.nodes)) {
    const mark = markOf(before.nodes[node.id], node);
    if (mark !== null) marks.set(node.id, mark);
  }
  const known = new Set(before.edges.map((edge) => edge.id));
  for (const edge of now.edges) if (!known.has(edge.id)) marks.set(edge.id, "added");
  const removed = Object.values(before.nodes).filter((node) => !Object.hasOwn(now.nodes, node.id)).map((node) => node.name);
  return { marks, removed };
}

function markOf(before: Node | undefined, now: Node): Mark | null {
  if (before === undefined) return "added";
  const { position: placeBefore, ...wasBefore } = before;
  const { position: placeNow, ...isNow } = now;
  if (!isEqual(wasBefore, isNow)) return "changed";
  return isEqual(placeBefore, placeNow) ? null : "moved";
}
