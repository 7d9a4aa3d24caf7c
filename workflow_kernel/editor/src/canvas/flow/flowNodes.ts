/**
 * Nodes, notes and groups as React Flow takes them. Objects of what did not change stay the same, so that one edit
 * renders one card. Sizes and ports are given with them; nothing is measured on the page.
 */
import { Position } from "@xyflow/react";
import type { Node as FlowNode, NodeHandle } from "@xyflow/react";
import { groupBox, noteBox, portOffsets, toView } from "../../model/geometry";
import type { Box } from "../../model/geometry";
import type { Placement } from "../../model/placement";
import type { View } from "../../model/store";
import type { Group, Node, NodeTypeInfo, Note, Point, PortInfo, Ports, Workflow } from "../../model/types";

export type CardNode = FlowNode<{ readonly node: Node; readonly ports: Ports }, "node">;
export type NoteNode = FlowNode<{ readonly note: Note }, "note">;
export type GroupNode = FlowNode<{ readonly group: Group }, "frame">;
export type AnyFlowNode = CardNode | NoteNode | GroupNode;

export interface FlowInput {
  readonly workflow: Workflow;
  readonly view: View;
  readonly selection: ReadonlySet<string>;
  readonly drag: ReadonlyMap<string, Point>;
  /** Ids of the nodes to give; null for all. Notes and groups are always given. */
  readonly only: ReadonlySet<string> | null;
  readonly isReadOnly: boolean;
}

const HANDLE = 12;

interface Kept {
  readonly source: unknown;
  readonly ports: Ports | null;
  readonly key: string;
  readonly flow: AnyFlowNode;
}

export class FlowNodes {
  private kept = new Map<string, Kept>();
  private last: readonly AnyFlowNode[] = [];

  constructor(
    private readonly placement: Placement,
    private readonly infoOf: (node: Node) => NodeTypeInfo | undefined,
  ) {}

  build(input: FlowInput): readonly AnyFlowNode[] {
    const next = new Map<string, Kept>();
    const nodes: AnyFlowNode[] = [];
    const add = (id: string, source: unknown, ports: Ports | null, key: string, make: () => AnyFlowNode): void => {
      const known = this.kept.get(id);
      const kept = known !== undefined && known.source === source && known.ports === ports && known.key === key ? known : { source, ports, key, flow: make() };
      next.set(id, kept);
      nodes.push(kept.flow);
    };
    for (const group of Object.values(input.workflow.groups)) {
      const box = groupBox(group, this.memberBoxes(group, input), input.view);
      if (box === null) continue;
      const isSelected = input.selection.has(group.id);
      add(group.id, group, null, `${box.x}|${box.y}|${box.width}|${box.height}|${isSelected}|${input.isReadOnly}`, () => this.group(group, box, isSelected, input));
    }
    for (const note of Object.values(input.workflow.notes)) {
      const position = input.drag.get(note.id) ?? toView(note.position, input.view);
      const isSelected = input.selection.has(note.id);
      add(note.id, note, null, `${position[0]}|${position[1]}|${isSelected}|${input.view}|${input.isReadOnly}`, () => this.note(note, position, isSelected, input));
    }
    for (const node of Object.values(input.workflow.nodes)) {
      if (input.only !== null && !input.only.has(node.id)) continue;
      const position = input.drag.get(node.id) ?? toView(node.position, input.view);
      const isSelected = input.selection.has(node.id);
      const ports = this.placement.ports(node);
      const key = `${position[0]}|${position[1]}|${isSelected}|${input.view}|${this.infoOf(node)?.title ?? ""}|${input.isReadOnly}`;
      add(node.id, node, ports, key, () => this.card(node, ports, position, isSelected, input));
    }
    this.kept = next;
    const isSame = nodes.length === this.last.length && nodes.every((node, index) => node === this.last[index]);
    if (!isSame) this.last = nodes;
    return this.last;
  }

  private memberBoxes(group: Group, input: FlowInput): Map<string, Box> {
    const boxes = new Map<string, Box>();
    for (const id of group.nodes) {
      const node = input.workflow.nodes[id];
      if (node === undefined) continue;
      const [x, y] = input.drag.get(id) ?? toView(node.position, input.view);
      boxes.set(id, { x, y, ...this.placement.size(node) });
    }
    return boxes;
  }

  private card(node: Node, ports: Ports, position: Point, selected: boolean, input: FlowInput): CardNode {
    const size = this.placement.size(node);
    return {
      id: node.id, type: "node", position: { x: position[0], y: position[1] }, ...size, measured: size, selected,
      draggable: !input.isReadOnly, data: { node, ports }, ariaLabel: this.labelOf(node, ports), zIndex: selected ? 3 : 2,
      handles: [...handlesOf(ports.inputs, "target", size, input.view), ...handlesOf(ports.outputs, "source", size, input.view)],
    };
  }

  private note(note: Note, position: Point, selected: boolean, input: FlowInput): NoteNode {
    const { width, height } = noteBox(note, input.view);
    return {
      id: note.id, type: "note", position: { x: position[0], y: position[1] }, width, height, measured: { width, height }, selected,
      draggable: !input.isReadOnly, data: { note }, ariaLabel: `Note: ${note.text.slice(0, 80)}`, zIndex: selected ? 1 : 0,
    };
  }

  private group(group: Group, box: Box, selected: boolean, input: FlowInput): GroupNode {
    const { width, height } = box;
    return {
      id: group.id, type: "frame", position: { x: box.x, y: box.y }, width, height, measured: { width, height }, selected,
      draggable: !input.isReadOnly, data: { group }, ariaLabel: `Group ${group.title}, ${group.nodes.length} nodes`, zIndex: -1,
      dragHandle: ".wf-cluster-header",
    };
  }

  private labelOf(node: Node, ports: Ports): string {
    const kind = this.infoOf(node)?.title ?? node.type;
    const marks = [node.disabled ? "disabled" : "", node.pin === null ? "" : "with pinned data"].filter((mark) => mark !== "");
    return [`${node.name}, ${kind}`, `${ports.inputs.length} inputs, ${ports.outputs.length} outputs`, ...marks].join(", ");
  }
}

function handlesOf(ports: readonly PortInfo[], type: "source" | "target", size: { readonly width: number; readonly height: number }, view: View): NodeHandle[] {
  const offsets = portOffsets(ports.length, size, view);
  return ports.map((port, index) => ({
    id: port.name, type, position: type === "target" ? Position.Left : Position.Right, width: HANDLE, height: HANDLE,
    x: (type === "target" ? 0 : size.width) - HANDLE / 2, y: (offsets[index] ?? size.height / 2) - HANDLE / 2,
  }));
}
