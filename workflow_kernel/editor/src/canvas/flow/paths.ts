/** The course of an edge: a soft curve forwards; backwards (a loop) a rounded way below both nodes. */
import type { Point } from "../../model/types";

export interface Course {
  readonly path: string;
  /** The middle, for labels and buttons. */
  readonly middle: Point;
  readonly isBackward: boolean;
}

const RADIUS = 16;
const BELOW = 56;

export function courseOf(from: Point, to: Point): Course {
  const [x1, y1] = from;
  const [x2, y2] = to;
  if (x2 < x1 - 8) return backward(from, to);
  const reach = bend(from, to);
  return {
    path: `M${x1},${y1} C${x1 + reach},${y1} ${x2 - reach},${y2} ${x2},${y2}`,
    middle: [(x1 + x2) / 2, (y1 + y2) / 2],
    isBackward: false,
  };
}

/** How far the control points of a forward curve are from its ends. */
export function bend(from: Point, to: Point): number {
  const dx = to[0] - from[0];
  const dy = Math.abs(to[1] - from[1]);
  return Math.max(Math.min(dx / 2, 180), Math.min(24 + dy / 4, 80));
}

function backward([x1, y1]: Point, [x2, y2]: Point): Course {
  const floor = Math.max(y1, y2) + BELOW;
  const [right, left] = [x1 + 28, x2 - 28];
  const r = RADIUS;
  const path = [
    `M${x1},${y1}`, `L${right - r},${y1}`, `Q${right},${y1} ${right},${y1 + r}`,
    `L${right},${floor - r}`, `Q${right},${floor} ${right - r},${floor}`,
    `L${left + r},${floor}`, `Q${left},${floor} ${left},${floor - r}`,
    `L${left},${y2 + r}`, `Q${left},${y2} ${left + r},${y2}`, `L${x2},${y2}`,
  ].join(" ");
  return { path, middle: [(left + right) / 2, floor], isBackward: true };
}

/** A place on a course, 0 at its beginning and 1 at its end. */
export function pointAt(from: Point, to: Point, t: number): Point {
  return along(from, to, 101)[Math.round(t * 100)] ?? to;
}

/** Points along a course, to find what lies on it. */
export function along(from: Point, to: Point, count = 16): readonly Point[] {
  if (to[0] < from[0] - 8) {
    const floor = Math.max(from[1], to[1]) + BELOW;
    return Array.from({ length: count }, (_, i): Point => [from[0] + 28 + ((to[0] - from[0] - 56) * i) / (count - 1), floor]);
  }
  const reach = bend(from, to);
  return Array.from({ length: count }, (_, i): Point => {
    const t = i / (count - 1);
    const [a, b, c, d] = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t ** 2, t ** 3];
    return [
      a * from[0] + b * (from[0] + reach) + c * (to[0] - reach) + d * to[0],
      a * from[1] + b * from[1] + c * to[1] + d * to[1],
    ];
  });
}
