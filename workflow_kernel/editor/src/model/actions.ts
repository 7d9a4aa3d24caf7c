/** What a person can do to the drawing: every one is a single undo step. Called by commands, menus, drags and keys. */
import type { Change } from "./change";
import { together } from "./change";
import { fittingInput, fittingOutput, whyNot } from "./connect";
import { makeEdge, makeNode } from "./defaults";
import type { WorkflowEditor } from "./editor";
import { freePlace, sizeOf, toDocument, toView } from "./geometry";
import type { Box, Size } from "./geometry";
import { freeName, newId } from "./names";
import { Placement } from "./placement";
import { touches } from "./apply";
import type { Edge, End, Group, Node, NodeTypeInfo, Note, Point, PortKind } from "./types";

/** Horizontal room between a node and the one added after it. */
const STEP = 88;

/** A port an edge is being drawn from. */
export interface Origin {
  readonly node: string;
  readonly port: string;
  readonly side: "input" | "output";
}

export class Actions {
  readonly placement: Placement;

  constructor(readonly editor: WorkflowEditor) {
    this.placement = new Placement(editor);
  }

  // -------------------------------------------------------------- adding

  /** Add a node with its middle at a place on the canvas (in view pixels); connected to a port where one is given. */
  add(info: NodeTypeInfo, at: Point, origin: Origin | null = null): string | null {
    const size = sizeOf(info.ports, this.editor.view.get());
    const corner: Point = [at[0] - size.width / 2, at[1] - size.height / 2];
    return this.place(info, this.freeFor(corner, size), origin === null ? null : { origin });
  }

  /** Add a node beside a port, below whatever stands there already, and connect it. */
  addAfter(info: NodeTypeInfo, origin: Origin): string | null {
    const node = this.editor.node(origin.node);
    if (node === undefined) return null;
    const size = sizeOf(info.ports, this.editor.view.get());
    const box = this.placement.box(node);
    const x = origin.side === "output" ? box.x + box.width + STEP : box.x - STEP - size.width;
    const port = this.placement.portAt(node, origin.side, origin.port);
    const y = (port?.[1] ?? box.y + box.height / 2) - size.height / 2;
    return this.place(info, this.freeFor([x, y], size), { origin });
  }

  /** Add a node into an edge; what follows moves to the right where it needs the room. */
  insert(info: NodeTypeInfo, edge: Edge): string | null {
    const size = sizeOf(info.ports, this.editor.view.get());
    const room = this.roomIn(edge, size, null);
    if (room === null) return null;
    const node = this.newNode(info, room.at);
    const edges = this.edgesThrough(node, edge);
    if (edges === null) {
      this.editor.notify("warning", `'${info.title}' cannot stand in this connection.`, "Its ports do not fit both ends.");
      return null;
    }
    const isDone = this.editor.apply(together({ type: "Disconnect", edge }, ...room.moves, { type: "AddNode", node }, ...edges));
    if (isDone) this.editor.select([node.id]);
    return isDone ? node.id : null;
  }

  /** Put a node that stands free into an edge. */
  insertExisting(id: string, edge: Edge): boolean {
    const node = this.editor.node(id);
    const edges = node === undefined ? null : this.edgesThrough(node, edge);
    const room = node === undefined ? null : this.roomIn(edge, this.placement.size(node), id);
    if (edges === null || room === null) return false;
    const move: Change = { type: "MoveNode", node: id, position: toDocument(room.at, this.editor.view.get()) };
    return this.editor.apply(together({ type: "Disconnect", edge }, ...room.moves, move, ...edges));
  }

  /** Where a card goes in an edge, and the moves that make room for it. */
  private roomIn(edge: Edge, size: Size, own: string | null): { readonly at: Point; readonly moves: readonly Change[] } | null {
    const { nodes } = this.editor.workflow.get();
    const [from, to] = [nodes[edge.source.node], nodes[edge.target.node]];
    if (from === undefined || to === undefined) return null;
    const [before, after] = [this.placement.box(from), this.placement.box(to)];
    const y = (this.placement.portAt(from, "output", edge.source.port)?.[1] ?? before.y) - size.height / 2;
    if (after.x <= before.x + before.width) return { at: [before.x + STEP, y + size.height + STEP / 2], moves: [] };
    const gap = after.x - before.x - before.width;
    const shift = Math.max(0, size.width + 2 * STEP - gap);
    const x = shift > 0 ? before.x + before.width + STEP : before.x + before.width + (gap - size.width) / 2;
    const except = new Set([from.id, ...(own === null ? [] : [own])]);
    return { at: [x, y], moves: shift > 0 ? this.shiftFrom(after.x - 1, shift, except) : [] };
  }

  addNote(at: Point): string | null {
    const workflow = this.editor.workflow.get();
    const id = newId("note", (one) => Object.hasOwn(workflow.notes, one));
    const note: Note = { id, text: "## Note\n\nDouble-click to edit. **Markdown** works.", position: toDocument(at, this.editor.view.get()), size: [240, 160], color: "" };
    if (!this.editor.apply({ type: "PutNote", note })) return null;
    this.editor.select([id]);
    return id;
  }

  // -------------------------------------------------------------- connecting

  /** Why two ports cannot be connected; null when they can. */
  reason(source: End, target: End): string | null {
    return whyNot(this.editor.workflow.get(), source, target, { ports: this.editor.ports, info: (node) => this.editor.infoOf(node) });
  }

  /** Draw an edge; a notice says why where it cannot be. */
  connect(source: End, target: End): boolean {
    const reason = this.reason(source, target);
    if (reason !== null) {
      this.editor.notify("warning", reason);
      return false;
    }
    return this.editor.apply({ type: "Connect", edge: makeEdge(source, target) });
  }

  /** Connect a port with whichever port of a node fits. */
  connectToNode(origin: Origin, id: string): boolean {
    const node = this.editor.node(id);
    if (node === undefined || id === origin.node) return false;
    const edge = this.edgeBetween(origin, node);
    if (edge === null) {
      this.editor.notify("warning", `'${node.name}' has no port that fits.`);
      return false;
    }
    return this.connect(edge.source, edge.target);
  }

  reconnect(edge: Edge, source: End, target: End): boolean {
    const next = makeEdge(source, target);
    if (next.id === edge.id) return false;
    const without = { ...this.editor.workflow.get() };
    const reason = whyNot(
      { ...without, edges: without.edges.filter((one) => one.id !== edge.id) }, source, target,
      { ports: this.editor.ports, info: (node) => this.editor.infoOf(node) },
    );
    if (reason !== null) {
      this.editor.notify("warning", reason);
      return false;
    }
    return this.editor.apply(together({ type: "Disconnect", edge }, { type: "Connect", edge: next }));
  }

  disconnect(edge: Edge): void {
    this.editor.apply({ type: "Disconnect", edge });
  }

  // -------------------------------------------------------------- removing, moving

  /** Remove nodes, notes, groups and edges. Neighbours of a node in a chain are connected with each other. */
  remove(ids: Iterable<string>, edges: readonly Edge[] = []): void {
    const workflow = this.editor.workflow.get();
    const gone = new Set(ids);
    const nodes = [...gone].filter((id) => Object.hasOwn(workflow.nodes, id));
    const notes = [...gone].filter((id) => Object.hasOwn(workflow.notes, id));
    const groups = Object.values(workflow.groups).filter(
      (group) => gone.has(group.id) || (group.nodes.length > 0 && group.nodes.every((id) => nodes.includes(id))),
    );
    const changes: Change[] = [
      ...edges.filter((edge) => !nodes.some((id) => touches(edge, id))).map((edge): Change => ({ type: "Disconnect", edge })),
      ...groups.map((group): Change => ({ type: "RemoveGroup", group: group.id })),
      ...nodes.map((node): Change => ({ type: "RemoveNode", node })),
      ...this.bridges(nodes),
      ...notes.map((note): Change => ({ type: "RemoveNote", note })),
    ];
    if (changes.length > 0) this.editor.apply(together(...changes));
  }

  /** Put nodes and notes at new places, in view pixels. */
  move(positions: ReadonlyMap<string, Point>): void {
    const workflow = this.editor.workflow.get();
    const view = this.editor.view.get();
    const changes: Change[] = [];
    for (const [id, point] of positions) {
      const position = toDocument(point, view);
      const note = workflow.notes[id];
      const node = workflow.nodes[id];
      if (node !== undefined && (node.position[0] !== position[0] || node.position[1] !== position[1])) changes.push({ type: "MoveNode", node: id, position });
      if (note !== undefined) changes.push({ type: "PutNote", note: { ...note, position } });
    }
    if (changes.length > 0) this.editor.apply(together(...changes));
  }

  /** Move the selection by some document pixels: whole numbers stay whole, whatever the view. */
  nudge(by: Point): void {
    const { nodes, notes } = this.editor.workflow.get();
    const moved = (at: Point): Point => [at[0] + by[0], at[1] + by[1]];
    const changes = [...this.movable()].flatMap((id): Change[] => {
      const [node, note] = [nodes[id], notes[id]];
      if (node !== undefined) return [{ type: "MoveNode", node: id, position: moved(node.position) }];
      return note === undefined ? [] : [{ type: "PutNote", note: { ...note, position: moved(note.position) } }];
    });
    if (changes.length > 0) this.editor.apply(together(...changes), { merge: `nudge ${[...this.movable()].join()}` });
  }

  // -------------------------------------------------------------- marks and groups

  /** Disable the selected nodes, or enable them where all are disabled. */
  toggleDisabled(ids: Iterable<string>): void {
    const nodes = this.nodesOf(ids);
    const value = !nodes.every((node) => node.disabled);
    const changes = nodes.map((node): Change => ({ type: "SetNodeField", node: node.id, field: "disabled", value }));
    if (changes.length > 0) this.editor.apply(together(...changes));
  }

  group(ids: Iterable<string>): string | null {
    const { groups } = this.editor.workflow.get();
    const nodes = this.nodesOf(ids).map((node) => node.id);
    if (nodes.length === 0) return null;
    const id = newId("group", (one) => Object.hasOwn(groups, one));
    const title = freeName("Group", (name) => Object.values(groups).some((one) => one.title === name));
    const left = Object.values(groups).flatMap((one): Change[] => this.withoutMembers(one, nodes));
    const isDone = this.editor.apply(together(...left, { type: "PutGroup", group: { id, title, nodes, color: "" } }));
    return isDone ? id : null;
  }

  /** Take apart the groups that are selected or whose nodes are. */
  ungroup(ids: Iterable<string>): void {
    const chosen = new Set(ids);
    const groups = Object.values(this.editor.workflow.get().groups).filter((one) => chosen.has(one.id) || one.nodes.some((id) => chosen.has(id)));
    if (groups.length > 0) this.editor.apply(together(...groups.map((one): Change => ({ type: "RemoveGroup", group: one.id }))));
  }

  /** Ids of the selected nodes and notes, and of the nodes of selected groups. */
  movable(): ReadonlySet<string> {
    const { groups, nodes, notes } = this.editor.workflow.get();
    const ids = [...this.editor.selection.get()].flatMap((id) => groups[id]?.nodes ?? [id]);
    return new Set(ids.filter((id) => Object.hasOwn(nodes, id) || Object.hasOwn(notes, id)));
  }

  nodesOf(ids: Iterable<string>): readonly Node[] {
    return [...ids].flatMap((id) => this.editor.node(id) ?? []);
  }

  // -------------------------------------------------------------- inner

  private newNode(info: NodeTypeInfo, corner: Point): Node {
    const { nodes } = this.editor.workflow.get();
    const name = freeName(info.title, (one) => Object.values(nodes).some((node) => node.name === one));
    const stem = info.type.split(".").at(-1) ?? info.title;
    const id = newId(stem, (one) => Object.hasOwn(nodes, one));
    return makeNode({ id, name, type: info.type, version: info.version, position: toDocument(corner, this.editor.view.get()) });
  }

  private place(info: NodeTypeInfo, corner: Point, link: { readonly origin: Origin } | null): string | null {
    const node = this.newNode(info, corner);
    const edge = link === null ? null : this.edgeBetween(link.origin, node);
    if (link !== null && edge === null) this.editor.notify("info", `'${info.title}' was added, but its ports do not fit.`);
    const isDone = this.editor.apply(together({ type: "AddNode", node }, ...(edge === null ? [] : [{ type: "Connect" as const, edge }])));
    if (isDone) this.editor.select([node.id]);
    return isDone ? node.id : null;
  }

  private freeFor(corner: Point, size: Size): Point {
    return freePlace(corner, size, this.placement.boxes(new Set(Object.keys(this.editor.workflow.get().nodes))).values());
  }

  /** The edge between a port and the port of a (new) node that fits it. */
  private edgeBetween(origin: Origin, node: Node): Edge | null {
    const kind = this.kindOf(origin);
    if (kind === null) return null;
    const ports = this.editor.ports(node);
    const end: End = { node: origin.node, port: origin.port };
    if (origin.side === "input") {
      const output = fittingOutput(kind, ports);
      return output === undefined ? null : makeEdge({ node: node.id, port: output.name }, end);
    }
    const taken = new Set(this.editor.workflow.get().edges.filter((edge) => edge.target.node === node.id).map((edge) => edge.target.port));
    const input = fittingInput(kind, ports, (port) => taken.has(port));
    return input === undefined ? null : makeEdge(end, { node: node.id, port: input.name });
  }

  private kindOf(origin: Origin): PortKind | null {
    const node = this.editor.node(origin.node);
    if (node === undefined) return null;
    const ports = this.editor.ports(node);
    const found = (origin.side === "input" ? ports.inputs : ports.outputs).find((port) => port.name === origin.port);
    return found?.kind ?? null;
  }

  /** The two edges that lead an edge through a node; null where its ports do not fit. */
  private edgesThrough(node: Node, edge: Edge): readonly Change[] | null {
    const first = this.edgeBetween({ ...edge.source, side: "output" }, node);
    const second = this.edgeBetween({ ...edge.target, side: "input" }, node);
    if (first === null || second === null) return null;
    return [{ type: "Connect", edge: first }, { type: "Connect", edge: second }];
  }

  /** Moves of everything right of a place, to make room. */
  private shiftFrom(x: number, by: number, except: ReadonlySet<string>): readonly Change[] {
    const view = this.editor.view.get();
    return this.nodesOf(Object.keys(this.editor.workflow.get().nodes)).flatMap((node): Change[] => {
      const at = toView(node.position, view);
      return at[0] >= x && !except.has(node.id) ? [{ type: "MoveNode", node: node.id, position: toDocument([at[0] + by, at[1]], view) }] : [];
    });
  }

  /** Edges that close the gap each removed node of a chain leaves. */
  private bridges(gone: readonly string[]): readonly Change[] {
    const { edges } = this.editor.workflow.get();
    const [only, more] = gone;
    if (only === undefined || more !== undefined) return [];
    const [into, another] = edges.filter((edge) => edge.target.node === only && edge.source.node !== only);
    const from = edges.filter((edge) => edge.source.node === only && edge.target.node !== only);
    if (into === undefined || another !== undefined || new Set(from.map((edge) => edge.source.port)).size !== 1) return [];
    return from
      .filter((edge) => this.reason(into.source, edge.target) === null)
      .map((edge): Change => ({ type: "Connect", edge: makeEdge(into.source, edge.target) }));
  }

  private withoutMembers(group: Group, nodes: readonly string[]): Change[] {
    const left = group.nodes.filter((id) => !nodes.includes(id));
    if (left.length === group.nodes.length) return [];
    return left.length === 0 ? [{ type: "RemoveGroup", group: group.id }] : [{ type: "PutGroup", group: { ...group, nodes: left } }];
  }

  /** Boxes of the selected nodes and notes, or of all nodes where fewer than two are selected. */
  selectedBoxes(): Map<string, Box> {
    return this.placement.boxes(this.movable());
  }
}
