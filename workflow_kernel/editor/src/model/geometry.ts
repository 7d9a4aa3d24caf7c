/**
 * How large a node is and where its ports are, in each view. Known without drawing, so that edges, the layout, the
 * minimap and the far view agree with the cards on the canvas and nothing has to be measured.
 *
 * Positions in a document are made for nodes of about 100 pixels, 200 to 240 apart. Each view stretches them to the
 * room its own cards need; `toView` and `toDocument` stand between the two, everything on the canvas is in view pixels.
 */
import type { View } from "./store";
import type { Group, Node, Note, Point, Ports } from "./types";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const GRID = 20;
/** Room the name below a compact node needs. */
export const COMPACT_LABEL = 40;
export const ROW = 24;
export const GROUP_PADDING = 28;
export const GROUP_HEADER = 34;

const STRETCH: Readonly<Record<View, Point>> = { compact: [0.7, 0.9], normal: [1.3, 1], detailed: [1.6, 1.5] };
const WIDTH: Readonly<Record<View, number>> = { compact: 56, normal: 208, detailed: 280 };
const HEIGHT: Readonly<Record<View, number>> = { compact: 56, normal: 64, detailed: 64 };
const PORT_STEP: Readonly<Record<View, number>> = { compact: 20, normal: 24, detailed: 26 };
/** Rows of parameters a detailed node shows at most. */
export const MOST_ROWS = 4;

export function toView(point: Point, view: View): Point {
  const [x, y] = STRETCH[view];
  return [point[0] * x, point[1] * y];
}

export function toDocument(point: Point, view: View): Point {
  const [x, y] = STRETCH[view];
  return [Math.round(point[0] / x), Math.round(point[1] / y)];
}

/** The size of a node's card. `rows` counts the parameters shown in the detailed view. */
export function sizeOf(ports: Ports, view: View, rows = 0): Size {
  const count = Math.max(ports.inputs.length, ports.outputs.length);
  const needed = count > 1 ? count * PORT_STEP[view] + 16 : 0;
  const shown = Math.min(rows, MOST_ROWS);
  const content = HEIGHT[view] + (view === "detailed" && shown > 0 ? shown * ROW + 12 : 0);
  return { width: WIDTH[view], height: Math.max(content, Math.ceil(needed / 4) * 4) };
}

/** How far down a card each of its `count` ports is. */
export function portOffsets(count: number, size: Size, view: View): readonly number[] {
  const step = PORT_STEP[view];
  return Array.from({ length: count }, (_, index) => size.height / 2 + (index - (count - 1) / 2) * step);
}

/** Where an edge begins or ends. */
export function portPoint(position: Point, size: Size, side: "input" | "output", offset: number): Point {
  return [position[0] + (side === "input" ? 0 : size.width), position[1] + offset];
}

export function boxOf(node: Pick<Node, "position">, size: Size, view: View): Box {
  const [x, y] = toView(node.position, view);
  return { x, y, ...size };
}

export function noteBox(note: Note, view: View): Box {
  const [x, y] = toView(note.position, view);
  const [width, height] = toView(note.size, view);
  return { x, y, width, height };
}

/** The smallest box around others; null when there are none. */
export function around(boxes: Iterable<Box>): Box | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return left > right ? null : { x: left, y: top, width: right - left, height: bottom - top };
}

/** The frame of a group; null while none of its nodes is there. */
export function groupBox(group: Group, boxes: ReadonlyMap<string, Box>, view: View): Box | null {
  const inner = around(group.nodes.flatMap((id) => boxes.get(id) ?? []));
  if (inner === null) return null;
  const below = view === "compact" ? COMPACT_LABEL : 0;
  return {
    x: inner.x - GROUP_PADDING,
    y: inner.y - GROUP_PADDING - GROUP_HEADER + 8,
    width: inner.width + 2 * GROUP_PADDING,
    height: inner.height + 2 * GROUP_PADDING + GROUP_HEADER - 8 + below,
  };
}

export function overlaps(a: Box, b: Box, gap = 0): boolean {
  return a.x < b.x + b.width + gap && b.x < a.x + a.width + gap && a.y < b.y + b.height + gap && b.y < a.y + a.height + gap;
}

export function contains(outer: Box, inner: Box): boolean {
  return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width && inner.y + inner.height <= outer.y + outer.height;
}

export function snapped(point: Point): Point {
  return [Math.round(point[0] / GRID) * GRID, Math.round(point[1] / GRID) * GRID];
}

/** The wanted place, or the nearest one below at which a box covers none of the others. */
export function freePlace(wanted: Point, size: Size, taken: Iterable<Box>): Point {
  const others = [...taken];
  let [x, y] = snapped(wanted);
  for (let tries = 0; tries < 200; tries += 1) {
    const box = { x, y, ...size };
    const hit = others.find((other) => overlaps(box, other, GRID / 2));
    if (hit === undefined) return [x, y];
    y = Math.ceil((hit.y + hit.height + GRID) / GRID) * GRID;
    if (tries % 20 === 19) [x, y] = [x + GRID * 2, snapped(wanted)[1]];
  }
  return [x, y];
}
