/** Automatic layout: the workflow as a graph of boxes with ports for ELK, and its answer as positions. */
import type { ElkNode } from "elkjs/lib/elk-api";
import { around, portOffsets } from "./geometry";
import type { Box, Size } from "./geometry";
import type { Edge, Point, Ports } from "./types";

export interface LayoutNode {
  readonly id: string;
  readonly box: Box;
  readonly ports: Ports;
}

/** Computes positions; the canvas gives one that runs in a worker. */
export interface LayoutEngine {
  layout(graph: ElkNode): Promise<ElkNode>;
}

const OPTIONS: Readonly<Record<string, string>> = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.layered.spacing.nodeNodeBetweenLayers": "72",
  "elk.spacing.nodeNode": "44",
  "elk.spacing.edgeNode": "28",
  "elk.layered.spacing.edgeNodeBetweenLayers": "28",
  "elk.spacing.componentComponent": "80",
  // Order is meaning (branches run topmost first): it is kept where edges allow.
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.layered.crossingMinimization.forceNodeModelOrder": "false",
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.layered.nodePlacement.bk.fixedAlignment": "BALANCED",
  "elk.layered.nodePlacement.favorStraightEdges": "true",
  "elk.layered.cycleBreaking.strategy": "DEPTH_FIRST",
};

export function toElk(nodes: readonly LayoutNode[], edges: readonly Edge[]): ElkNode {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const ordered = [...nodes].sort((a, b) => a.box.y - b.box.y || a.box.x - b.box.x);
  return {
    id: "root",
    layoutOptions: { ...OPTIONS },
    children: ordered.map((node) => ({
      id: node.id,
      width: node.box.width,
      height: node.box.height,
      layoutOptions: { "elk.portConstraints": "FIXED_POS" },
      ports: [
        ...portsOf(node, "input", node.ports.inputs.map((port) => port.name), node.box),
        ...portsOf(node, "output", node.ports.outputs.map((port) => port.name), node.box),
      ],
    })),
    edges: edges
      .filter((edge) => known.has(edge.source.node) && known.has(edge.target.node) && edge.source.node !== edge.target.node)
      .map((edge) => ({
        id: edge.id,
        sources: [portId(edge.source.node, "output", edge.source.port, known)],
        targets: [portId(edge.target.node, "input", edge.target.port, known)],
      })),
  };
}

function portsOf(node: LayoutNode, side: "input" | "output", names: readonly string[], size: Size) {
  const offsets = portOffsets(names.length, size, "normal");
  return names.map((name, index) => ({
    id: `${node.id}\n${side}\n${name}`,
    x: side === "input" ? 0 : size.width,
    y: offsets[index] ?? size.height / 2,
    width: 0,
    height: 0,
    layoutOptions: { "elk.port.side": side === "input" ? "WEST" : "EAST" },
  }));
}

/** A port, or the node where it has no such port (any more). */
function portId(id: string, side: "input" | "output", name: string, nodes: ReadonlyMap<string, LayoutNode>): string {
  const node = nodes.get(id);
  const ports = side === "input" ? node?.ports.inputs : node?.ports.outputs;
  return ports?.some((port) => port.name === name) === true ? `${id}\n${side}\n${name}` : id;
}

/** Positions from an answer, moved so that the upper left corner of all stays where it was. */
export function fromElk(answer: ElkNode, nodes: readonly LayoutNode[]): ReadonlyMap<string, Point> {
  const placed = (answer.children ?? []).map((child) => ({ x: child.x ?? 0, y: child.y ?? 0, width: child.width ?? 0, height: child.height ?? 0 }));
  const [before, after] = [around(nodes.map((node) => node.box)), around(placed)];
  const shift: Point = before === null || after === null ? [0, 0] : [before.x - after.x, before.y - after.y];
  return new Map((answer.children ?? []).map((child) => [child.id, [(child.x ?? 0) + shift[0], (child.y ?? 0) + shift[1]]]));
}
