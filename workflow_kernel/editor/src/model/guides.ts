/** Lines a dragged card snaps to: edges that become straight, cards that line up. */
import type { Box } from "./geometry";
import type { Point } from "./types";

export interface Guide {
  readonly axis: "x" | "y";
  readonly at: number;
  /** The extent of the line, from the card dragged to the one it lines up with. */
  readonly from: number;
  readonly to: number;
}

export interface Snap {
  readonly position: Point;
  readonly guides: readonly Guide[];
}

const NEAR = 1200;

/** The position nearest to where a box is dragged at which it lines up with others. `reach` is how far it may jump. */
export function snap(box: Box, others: Iterable<Box>, reach: number): Snap {
  let bestX: { readonly by: number; readonly other: Box; readonly at: number } | null = null;
  let bestY: { readonly by: number; readonly other: Box; readonly at: number } | null = null;
  for (const other of others) {
    if (Math.abs(other.x - box.x) > NEAR || Math.abs(other.y - box.y) > NEAR) continue;
    const byX = other.x - box.x;
    if (Math.abs(byX) <= reach && Math.abs(byX) < Math.abs(bestX?.by ?? Infinity)) bestX = { by: byX, other, at: other.x };
    // Middles, not tops: ports of cards of different height then stand at one height.
    const middle = other.y + other.height / 2;
    const byY = middle - (box.y + box.height / 2);
    if (Math.abs(byY) <= reach && Math.abs(byY) < Math.abs(bestY?.by ?? Infinity)) bestY = { by: byY, other, at: middle };
  }
  const position: Point = [box.x + (bestX?.by ?? 0), box.y + (bestY?.by ?? 0)];
  const guides: Guide[] = [];
  if (bestX !== null) {
    const { other, at } = bestX;
    guides.push({ axis: "x", at, from: Math.min(other.y, position[1]), to: Math.max(other.y + other.height, position[1] + box.height) });
  }
  if (bestY !== null) {
    const { other, at } = bestY;
    guides.push({ axis: "y", at, from: Math.min(other.x, position[0]), to: Math.max(other.x + other.width, position[0] + box.width) });
  }
  return { position, guides };
}
