/** Where everything is on the canvas in the view at hand: sizes, boxes and ports of the nodes of an editor. */
import type { WorkflowEditor } from "./editor";
import { boxOf, groupBox, noteBox, portOffsets, sizeOf } from "./geometry";
import type { Box, Size } from "./geometry";
import { isEqual } from "./json";
import { summaryOf } from "./summary";
import { ERROR_PORT } from "./types";
import type { Edge, Node, Point, PortInfo, Ports, Workflow } from "./types";

/** What stands for nodes of other products that nothing here can replace. */
const PLACEHOLDER = "flow.placeholder";

interface Kept {
  readonly key: string;
  readonly size: Size;
}

export class Placement {
  private readonly sizes = new WeakMap<Node, Kept>();
  private lost: { readonly workflow: Workflow; readonly at: number; readonly ports: ReadonlyMap<string, Ports> } | null = null;
  private readonly placeholders = new WeakMap<Node, { readonly edges: readonly Edge[]; readonly all: Ports; readonly ports: Ports }>();
  private readonly merged = new WeakMap<Ports, { readonly own: Ports; readonly all: Ports }>();

  constructor(private readonly editor: WorkflowEditor) {}

  /** The ports of a node and those its edges still name although it has them no more. */
  ports(node: Node): Ports {
    const own = node.type === PLACEHOLDER ? this.used(node) : this.editor.ports(node);
    const lost = this.lostPorts().get(node.id);
    if (lost === undefined) return own;
    const known = this.merged.get(lost);
    if (known?.own === own) return known.all;
    const all: Ports = { ...own, inputs: [...own.inputs, ...lost.inputs], outputs: [...own.outputs, ...lost.outputs] };
    this.merged.set(lost, { own, all });
    return all;
  }

  isLost(node: Node, side: "input" | "output", port: string): boolean {
    const lost = this.lostPorts().get(node.id);
    return (side === "input" ? lost?.inputs : lost?.outputs)?.some((one) => one.name === port) ?? false;
  }

  size(node: Node): Size {
    const view = this.editor.view.get();
    const ports = this.ports(node);
    const key = `${view}|${ports.inputs.length}|${ports.outputs.length}|${this.editor.catalog.isLoaded.get()}`;
    const known = this.sizes.get(node);
    if (known?.key === key) return known.size;
    const rows = view === "detailed" ? summaryOf(node, this.editor.infoOf(node)).length : 0;
    const size = sizeOf(ports, view, rows);
    this.sizes.set(node, { key, size });
    return size;
  }

  box(node: Node): Box {
    return boxOf(node, this.size(node), this.editor.view.get());
  }

  /** Boxes of nodes, notes and groups by id. */
  boxes(ids?: ReadonlySet<string>): Map<string, Box> {
    const { nodes, notes } = this.editor.workflow.get();
    const view = this.editor.view.get();
    const found = new Map<string, Box>();
    for (const node of Object.values(nodes)) if (ids?.has(node.id) !== false) found.set(node.id, this.box(node));
    for (const note of Object.values(notes)) if (ids?.has(note.id) !== false) found.set(note.id, noteBox(note, view));
    return found;
  }

  /** All boxes, the frames of groups as well. */
  everything(): Map<string, Box> {
    const found = this.boxes();
    for (const group of Object.values(this.editor.workflow.get().groups)) {
      const box = groupBox(group, found, this.editor.view.get());
      if (box !== null) found.set(group.id, box);
    }
    return found;
  }

  /** Where an edge meets a node; null where there is no such port. */
  portAt(node: Node, side: "input" | "output", port: string, position?: Point): Point | null {
    const all = this.ports(node);
    const ports = side === "input" ? all.inputs : all.outputs;
    const index = ports.findIndex((one) => one.name === port);
    const size = this.size(node);
    const offset = portOffsets(ports.length, size, this.editor.view.get())[index];
    if (offset === undefined) return null;
    const box = this.box(node);
    const [x, y] = position ?? [box.x, box.y];
    return [side === "input" ? x : x + size.width, y + offset];
  }

  /** A placeholder has a port for whatever the original had; shown are those that are connected. */
  private used(node: Node): Ports {
    const { edges } = this.editor.workflow.get();
    const known = this.placeholders.get(node);
    const all = this.editor.ports(node);
    if (known?.edges === edges && known.all === all) return known.ports;
    const inputs = new Set(edges.filter((edge) => edge.target.node === node.id).map((edge) => edge.target.port));
    const outputs = new Set(edges.filter((edge) => edge.source.node === node.id).map((edge) => edge.source.port));
    const ports: Ports = {
      ...all, inputs: all.inputs.filter((port, index) => index === 0 || inputs.has(port.name)),
      outputs: all.outputs.filter((port, index) => index === 0 || outputs.has(port.name) || port.name === ERROR_PORT),
    };
    const same = known !== undefined && isEqual(known.ports, ports) ? known.ports : ports;
    this.placeholders.set(node, { edges, all, ports: same });
    return same;
  }

  private lostPorts(): ReadonlyMap<string, Ports> {
    const workflow = this.editor.workflow.get();
    const at = this.editor.portsVersion.get();
    if (this.lost?.workflow === workflow && this.lost.at === at) return this.lost.ports;
    const before = this.lost?.ports;
    const ports = new Map<string, Ports>();
    for (const edge of workflow.edges) this.addLost(ports, edge, workflow);
    for (const [id, found] of ports) {
      const known = before?.get(id);
      if (known !== undefined && JSON.stringify(known) === JSON.stringify(found)) ports.set(id, known);
    }
    this.lost = { workflow, at, ports };
    return ports;
  }

  private addLost(found: Map<string, Ports>, edge: Edge, workflow: Workflow): void {
    for (const side of ["outputs", "inputs"] as const) {
      const end = side === "outputs" ? edge.source : edge.target;
      const node = workflow.nodes[end.node];
      if (node === undefined) continue;
      const present = found.get(node.id) ?? { inputs: [], outputs: [], required: "any" };
      const isKnown = (ports: readonly PortInfo[]): boolean => ports.some((port) => port.name === end.port);
      if (isKnown(this.editor.ports(node)[side]) || isKnown(present[side])) continue;
      found.set(node.id, { ...present, [side]: [...present[side], { name: end.port, kind: "any", title: "" }] });
    }
  }
}
