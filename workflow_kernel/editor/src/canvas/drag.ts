/** What happens while cards are dragged: members follow their group, one card snaps to others and may drop on an edge. */
import type { NodeChange } from "@xyflow/react";
import type { Actions } from "../model/actions";
import { Observable } from "../model/observable";
import { snap } from "../model/guides";
import type { Guide } from "../model/guides";
import type { Point } from "../model/types";
import type { AnyFlowNode } from "./flow/flowNodes";
import { along } from "./flow/paths";
import type { CanvasState } from "./state";

const REACH = 6;

export class DragTracker {
  readonly guides = new Observable<readonly Guide[]>([]);
  /** Where the frames of dragged groups were last. */
  private readonly frames = new Map<string, Point>();

  constructor(
    private readonly actions: Actions,
    private readonly state: CanvasState,
  ) {}

  /** Take the positions React Flow reports while a drag goes on. */
  moved(changes: readonly NodeChange<AnyFlowNode>[], zoom: number, isFree: boolean): void {
    const places = new Map<string, Point>();
    for (const change of changes) {
      if (change.type === "position" && change.position !== undefined) places.set(change.id, [change.position.x, change.position.y]);
    }
    if (places.size === 0) return;
    const next = new Map(this.state.drag.get());
    const { groups } = this.actions.editor.workflow.get();
    const taken = new Set(places.keys());
    for (const [id, at] of places) {
      if (groups[id] === undefined) next.set(id, at);
      else this.moveMembers(id, at, next, taken);
    }
    this.moveUndrawn(places, next, taken);
    const [only] = places.keys();
    if (places.size === 1 && only !== undefined && groups[only] === undefined && !isFree) this.snapOne(only, next, zoom);
    else this.guides.set([]);
    this.state.drag.set(next);
  }

  /** Keep where everything was dragged to. */
  drop(): void {
    const moved = this.state.drag.get();
    const [only] = moved.keys();
    const edgeId = this.state.dropEdge.get();
    const edge = this.actions.editor.workflow.get().edges.find((one) => one.id === edgeId);
    if (moved.size > 0) this.actions.move(moved);
    if (edge !== undefined && moved.size === 1 && only !== undefined) this.actions.insertExisting(only, edge);
    this.state.drag.set(new Map());
    this.state.dropEdge.set(null);
    this.guides.set([]);
    this.frames.clear();
  }

  private moveMembers(id: string, at: Point, next: Map<string, Point>, taken: Set<string>): void {
    const { groups } = this.actions.editor.workflow.get();
    const before = this.frames.get(id) ?? this.frameOf(id);
    this.frames.set(id, at);
    if (before === null) return;
    for (const member of groups[id]?.nodes ?? []) {
      if (!taken.has(member)) this.shift(member, [at[0] - before[0], at[1] - before[1]], next);
      taken.add(member);
    }
  }

  private frameOf(id: string): Point | null {
    const box = this.actions.placement.everything().get(id);
    return box === undefined ? null : [box.x, box.y];
  }

  /** Selected nodes that are not drawn by React Flow (far view) follow the one that is dragged. */
  private moveUndrawn(places: ReadonlyMap<string, Point>, next: Map<string, Point>, taken: ReadonlySet<string>): void {
    const movable = this.actions.movable();
    const [lead] = places.keys();
    if (lead === undefined || !movable.has(lead) || movable.size <= places.size) return;
    const at = places.get(lead);
    const before = this.placeOf(lead, this.state.drag.get());
    if (at === undefined || before === null) return;
    for (const id of movable) if (!taken.has(id)) this.shift(id, [at[0] - before[0], at[1] - before[1]], next);
  }

  private shift(id: string, by: Point, next: Map<string, Point>): void {
    const at = this.placeOf(id, next);
    if (at !== null) next.set(id, [at[0] + by[0], at[1] + by[1]]);
  }

  private placeOf(id: string, moved: ReadonlyMap<string, Point>): Point | null {
    const known = moved.get(id);
    if (known !== undefined) return known;
    const box = this.actions.placement.boxes(new Set([id])).get(id);
    return box === undefined ? null : [box.x, box.y];
  }

  private snapOne(id: string, next: Map<string, Point>, zoom: number): void {
    const { editor, placement } = this.actions;
    const node = editor.node(id);
    const at = next.get(id);
    if (node === undefined || at === undefined) return;
    const box = { x: at[0], y: at[1], ...placement.size(node) };
    const others = placement.boxes(new Set(Object.keys(editor.workflow.get().nodes)));
    others.delete(id);
    const found = snap(box, others.values(), REACH / zoom);
    next.set(id, found.position);
    this.guides.set(found.guides);
    this.state.dropEdge.set(this.edgeUnder(id, { ...box, x: found.position[0], y: found.position[1] }));
  }

  /** The edge a node without edges is held over. */
  private edgeUnder(id: string, box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }): string | null {
    const { editor, placement } = this.actions;
    const workflow = editor.workflow.get();
    if (workflow.edges.some((edge) => edge.source.node === id || edge.target.node === id)) return null;
    const [left, right] = [box.x + box.width * 0.2, box.x + box.width * 0.8];
    const found = workflow.edges.find((edge) => {
      const [from, to] = [workflow.nodes[edge.source.node], workflow.nodes[edge.target.node]];
      if (from === undefined || to === undefined) return false;
      const start = placement.portAt(from, "output", edge.source.port);
      const end = placement.portAt(to, "input", edge.target.port);
      if (start === null || end === null || Math.min(start[0], end[0]) > right || Math.max(start[0], end[0]) < left) return false;
      return along(start, end, 24).some(([x, y]) => x >= left && x <= right && y >= box.y + 8 && y <= box.y + box.height - 8);
    });
    return found?.id ?? null;
  }
}
