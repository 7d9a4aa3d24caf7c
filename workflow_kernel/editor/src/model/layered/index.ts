/**
 * Automatic layout from left to right in layers, as Sugiyama's: cut cycles, choose layers, order them, place them. Parts
 * that nothing connects stand below each other, single nodes in rows. Pure; 2,000 nodes take a fraction of a second.
 */
import { around } from "../geometry";
import type { Box } from "../geometry";
import type { Edge, Point } from "../types";
import { arcsOf } from "./graph";
import type { Arc, LayoutNode } from "./graph";
import { layersOf, makeLayered, withoutCycles } from "./layers";
import { orderLayers } from "./order";
import { placeLayers } from "./place";

export type { LayoutNode } from "./graph";

/** Room between layers, cards, edges that pass, and parts. */
export type Gap = Readonly<Record<"layer" | "node" | "bend" | "part", number>>;

const GAP: Gap = { layer: 104, node: 44, bend: 26, part: 72 };
/** Single nodes in one row. */
const MOST_IN_ROW = 6;

/** New positions; the upper left corner of all stays where it was. */
export function layered(nodes: readonly LayoutNode[], edges: readonly Edge[], gap: Gap = GAP): ReadonlyMap<string, Point> {
  const ordered = [...nodes].sort((a, b) => a.box.y - b.box.y || a.box.x - b.box.x);
  const parts = partsOf(ordered, edges);
  const places = new Map<string, Point>();
  let top = 0;
  for (const part of parts.filter((one) => one.length > 1)) top = add(places, placePart(part, edges, gap), part, top, gap);
  const single = parts.flatMap((part) => (part.length === 1 ? part : []));
  for (let at = 0; at < single.length; at += MOST_IN_ROW) {
    const row = single.slice(at, at + MOST_IN_ROW);
    top = add(places, rowOf(row, gap), row, top, gap);
  }
  return anchored(places, nodes);
}

function placePart(part: readonly LayoutNode[], edges: readonly Edge[], gap: Gap): ReadonlyMap<string, Point> {
  const arcs: readonly Arc[] = withoutCycles(part.length, arcsOf(part, edges));
  const graph = makeLayered(part, arcs, layersOf(part.length, arcs));
  orderLayers(graph);
  const tops = placeLayers(graph, gap);
  const found = new Map<string, Point>();
  let left = 0;
  for (const layer of graph.layers) {
    for (const vertex of layer) {
      const node = part[vertex];
      if (node !== undefined) found.set(node.id, [left, tops[vertex] ?? 0]);
    }
    left += layer.reduce((most, vertex) => Math.max(most, graph.vertices[vertex]?.width ?? 0), 0) + gap.layer;
  }
  return found;
}

/** Nodes that edges connect, the part that stands highest first. */
function partsOf(nodes: readonly LayoutNode[], edges: readonly Edge[]): readonly LayoutNode[][] {
  const leader = new Map(nodes.map((node) => [node.id, node.id]));
  const find = (id: string): string => {
    let at = id;
    for (let up = leader.get(at); up !== undefined && up !== at; up = leader.get(at)) {
      leader.set(at, leader.get(up) ?? up);
      at = up;
    }
    return at;
  };
  for (const { source, target } of edges) if (leader.has(source.node) && leader.has(target.node)) leader.set(find(source.node), find(target.node));
  const parts = new Map<string, LayoutNode[]>();
  for (const node of nodes) {
    const id = find(node.id);
    const part = parts.get(id);
    if (part === undefined) parts.set(id, [node]);
    else part.push(node);
  }
  return [...parts.values()];
}

function rowOf(nodes: readonly LayoutNode[], gap: Gap): ReadonlyMap<string, Point> {
  let left = 0;
  return new Map(
    nodes.map((node): [string, Point] => {
      const at = left;
      left += node.box.width + gap.layer;
      return [node.id, [at, 0]];
    }),
  );
}

/** Put a part below what is there; gives the place for the next one. */
function add(all: Map<string, Point>, part: ReadonlyMap<string, Point>, nodes: readonly LayoutNode[], top: number, gap: Gap): number {
  const frame = around(boxesOf(part, nodes));
  if (frame === null) return top;
  for (const [id, [x, y]] of part) all.set(id, [x - frame.x, y - frame.y + top]);
  return top + frame.height + gap.part;
}

function boxesOf(places: ReadonlyMap<string, Point>, nodes: readonly LayoutNode[]): Box[] {
  return nodes.map((node) => {
    const [x, y] = places.get(node.id) ?? [node.box.x, node.box.y];
    return { ...node.box, x, y };
  });
}

function anchored(places: ReadonlyMap<string, Point>, nodes: readonly LayoutNode[]): ReadonlyMap<string, Point> {
  const before = around(nodes.map((node) => node.box));
  const after = around(boxesOf(places, nodes));
  const [dx, dy] = before === null || after === null ? [0, 0] : [before.x - after.x, before.y - after.y];
  return new Map([...places].map(([id, [x, y]]) => [id, [Math.round(x + dx), Math.round(y + dy)]]));
}
