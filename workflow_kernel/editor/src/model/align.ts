/** Lining boxes up and spreading them evenly. Pure: boxes in, new positions out. */
import { around } from "./geometry";
import type { Box } from "./geometry";
import type { Point } from "./types";

export type Alignment = "left" | "center" | "right" | "top" | "middle" | "bottom";
export type Axis = "horizontal" | "vertical";

/** Positions that line the boxes up on the frame around them. */
export function align(boxes: ReadonlyMap<string, Box>, to: Alignment): ReadonlyMap<string, Point> {
  const frame = around(boxes.values());
  if (frame === null) return new Map();
  return new Map([...boxes].map(([id, box]) => [id, aligned(box, frame, to)]));
}

function aligned(box: Box, frame: Box, to: Alignment): Point {
  switch (to) {
    case "left":
      return [frame.x, box.y];
    case "center":
      return [frame.x + (frame.width - box.width) / 2, box.y];
    case "right":
      return [frame.x + frame.width - box.width, box.y];
    case "top":
      return [box.x, frame.y];
    case "middle":
      return [box.x, frame.y + (frame.height - box.height) / 2];
    case "bottom":
      return [box.x, frame.y + frame.height - box.height];
  }
}

/** Positions with equal gaps between the boxes, the outermost staying where they are. */
export function distribute(boxes: ReadonlyMap<string, Box>, axis: Axis): ReadonlyMap<string, Point> {
  const [place, length] = axis === "horizontal" ? (["x", "width"] as const) : (["y", "height"] as const);
  const ordered = [...boxes].sort(([, a], [, b]) => a[place] - b[place]);
  const first = ordered[0]?.[1];
  const last = ordered.at(-1)?.[1];
  if (first === undefined || last === undefined || ordered.length < 3) return new Map();
  const taken = ordered.reduce((sum, [, box]) => sum + box[length], 0);
  const gap = (last[place] + last[length] - first[place] - taken) / (ordered.length - 1);
  let at = first[place];
  return new Map(
    ordered.map(([id, box]) => {
      const position: Point = axis === "horizontal" ? [at, box.y] : [box.x, at];
      at += box[length] + gap;
      return [id, position];
    }),
  );
}
