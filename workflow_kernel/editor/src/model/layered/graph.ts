/** The graph the layout works on: vertices by number, edges between neighbouring layers only. */
import type { Box } from "../geometry";
import type { Edge, Ports } from "../types";
import { portOffsets } from "../geometry";

export interface LayoutNode {
  readonly id: string;
  readonly box: Box;
  readonly ports: Ports;
}

/** An edge by the numbers of its nodes; the offsets say how far down the cards it begins and ends. */
export interface Arc {
  readonly from: number;
  readonly to: number;
  readonly fromOffset: number;
  readonly toOffset: number;
}

export interface Vertex {
  readonly height: number;
  readonly width: number;
  /** A place an edge passes on its way over several layers. */
  readonly isBend: boolean;
  /** Where it was before, to keep the order of what stands above what. */
  readonly before: number;
}

/** Vertices with the layer each stands in, and what connects neighbouring layers. */
export interface Layered {
  readonly vertices: readonly Vertex[];
  /** Numbers of the vertices of each layer, from top to bottom. */
  readonly layers: number[][];
  readonly arcs: readonly Arc[];
}

const portPlace = (node: LayoutNode, side: "inputs" | "outputs", name: string): number => {
  const index = node.ports[side].findIndex((port) => port.name === name);
  return portOffsets(node.ports[side].length, node.box, "normal")[index] ?? node.box.height / 2;
};

/** Edges between the nodes as arcs; several between the same two nodes count once each, loops to itself are left out. */
export function arcsOf(nodes: readonly LayoutNode[], edges: readonly Edge[]): readonly Arc[] {
  const numbers = new Map(nodes.map((node, number) => [node.id, number]));
  return edges.flatMap((edge): Arc[] => {
    const [from, to] = [numbers.get(edge.source.node), numbers.get(edge.target.node)];
    const source = from === undefined ? undefined : nodes[from];
    const target = to === undefined ? undefined : nodes[to];
    if (from === undefined || to === undefined || source === undefined || target === undefined || from === to) return [];
    return [{ from, to, fromOffset: portPlace(source, "outputs", edge.source.port), toOffset: portPlace(target, "inputs", edge.target.port) }];
  });
}

/** Lists of arcs by one of their ends. */
export function arcsBy(arcs: readonly Arc[], side: "from" | "to", count: number): Arc[][] {
  const lists = Array.from({ length: count }, (): Arc[] => []);
  for (const arc of arcs) lists[arc[side]]?.push(arc);
  return lists;
}
