/** What the canvas has open and under the pointer. Nothing of it is part of the workflow. */
import type { Comparison } from "../model/compare";
import type { Origin } from "../model/actions";
import { Observable } from "../model/observable";
import type { Edge, Point, Workflow } from "../model/types";

/** Where a node is to be added. */
export type Picker =
  | { readonly place: "panel" }
  | {
      readonly place: "popup";
      /** Where the picker opens, in pixels of the root element. */
      readonly at: Point;
      /** Where the node goes, on the canvas. */
      readonly flow: Point;
      readonly origin: Origin | null;
      readonly edge: Edge | null;
    };

export type MenuTarget =
  | { readonly kind: "canvas"; readonly flow: Point }
  | { readonly kind: "nodes" }
  | { readonly kind: "edge"; readonly edge: Edge }
  | { readonly kind: "note"; readonly id: string }
  | { readonly kind: "group"; readonly id: string };

export interface OpenMenu {
  readonly at: Point;
  readonly target: MenuTarget;
}

export type Dialog = "commands" | "search" | "shortcuts" | "connect" | "settings" | "executions" | "versions" | "payload";

export interface Compared {
  /** Of the version before. */
  readonly id: string;
  readonly beforeTitle: string;
  readonly title: string;
  readonly before: Workflow;
  readonly found: Comparison;
}

export class CanvasState {
  readonly picker = new Observable<Picker | null>(null);
  readonly menu = new Observable<OpenMenu | null>(null);
  readonly dialog = new Observable<Dialog | null>(null);
  /** The node, note or group whose name or text is being edited on the canvas. */
  readonly editing = new Observable<string | null>(null);
  readonly selectedEdges = new Observable<ReadonlySet<string>>(new Set());
  readonly hoveredEdge = new Observable<string | null>(null);
  /** An edge a dragged node would be put into when it is dropped. */
  readonly dropEdge = new Observable<string | null>(null);
  /** A node an edge that is being drawn would be connected with when it is dropped. */
  readonly dropNode = new Observable<string | null>(null);
  readonly isMapShown = new Observable(true);
  /** Positions of what is being dragged, in view pixels. */
  readonly drag = new Observable<ReadonlyMap<string, Point>>(new Map());
  /** What is on the canvas, compared with a version before. */
  readonly comparison = new Observable<Compared | null>(null);
  /** The node whose changes are shown, id of a present or a removed one. */
  readonly compared = new Observable<string | null>(null);
  /** Said to screen readers. */
  readonly announcement = new Observable("");

  say(text: string): void {
    this.announcement.set(text === this.announcement.get() ? `${text} ` : text);
  }
}
