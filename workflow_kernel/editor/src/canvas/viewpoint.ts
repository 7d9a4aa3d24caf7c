/** Where the canvas is looked at from: fitting, zooming, going to a node. Knows the whole workflow, drawn or not. */
import type { ReactFlowInstance } from "@xyflow/react";
import { around } from "../model/geometry";
import type { Box } from "../model/geometry";
import type { Placement } from "../model/placement";
import type { Point } from "../model/types";
import type { AnyFlowNode } from "./flow/flowNodes";
import type { LineEdge } from "./flow/flowEdges";

export type Flow = ReactFlowInstance<AnyFlowNode, LineEdge>;

export const MIN_ZOOM = 0.05;
export const MAX_ZOOM = 2.5;
/** Below this zoom cards are plain boxes. */
export const FAR_ZOOM = 0.4;

const EASE = 260;
const MARGIN = { x: 72, top: 84, bottom: 96 };
const PHONE = 600;
/** With less room beside a list, what is shown may lie under it. */
const LEAST_FREE = 300;
/** Room kept to the right of a node: for the button that adds the next one. */
const BESIDE = 96;

export class Viewpoint {
  /** Set while the canvas is shown. */
  flow: Flow | null = null;
  root: HTMLElement | null = null;
  /** Where the pointer was last over the pane, on the page. */
  lastPointer: Point | null = null;

  constructor(private readonly placement: Placement) {}

  /** The pane's size in pixels. */
  get size(): { readonly width: number; readonly height: number } {
    const box = this.root?.getBoundingClientRect();
    return { width: box?.width ?? 0, height: box?.height ?? 0 };
  }

  /** How wide the part of the pane is that no list lies over. */
  private get free(): number {
    const { width } = this.size;
    const drawer = this.root?.querySelector(".wf-drawer")?.getBoundingClientRect().width ?? 0;
    return width - drawer > LEAST_FREE ? width - drawer : width;
  }

  /** Show all of the workflow, or all of some of its parts. */
  fit(ids?: ReadonlySet<string>, duration = EASE, most = 1): void {
    const boxes = ids === undefined ? this.placement.everything() : this.placement.boxes(ids);
    const frame = around(boxes.values());
    if (frame !== null) this.show(frame, duration, most);
  }

  show(frame: Box, duration = EASE, most = 1): void {
    const { height } = this.size;
    const width = this.free;
    if (this.flow === null || width === 0) return;
    const side = width < PHONE ? 20 : MARGIN.x;
    const room = { width: Math.max(width - 2 * side, 80), height: Math.max(height - MARGIN.top - MARGIN.bottom, 80) };
    const zoom = Math.max(MIN_ZOOM, Math.min(room.width / frame.width, room.height / frame.height, most));
    const x = width / 2 - (frame.x + frame.width / 2) * zoom;
    const y = MARGIN.top + room.height / 2 - (frame.y + frame.height / 2) * zoom;
    void this.flow.setViewport({ x, y, zoom }, { duration });
  }

  zoomBy(factor: number): void {
    void this.flow?.zoomTo(Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, this.flow.getZoom() * factor)), { duration: 120 });
  }

  reset(): void {
    void this.flow?.zoomTo(1, { duration: EASE });
  }

  /** Bring a node to the middle, close enough to read. */
  goTo(id: string): void {
    const box = this.placement.everything().get(id);
    if (box === undefined || this.flow === null) return;
    const zoom = Math.max(this.flow.getZoom(), 0.9);
    const beside = (this.size.width - this.free) / 2 / zoom;
    void this.flow.setCenter(box.x + box.width / 2 + beside, box.y + box.height / 2, { zoom, duration: EASE });
  }

  /** Move the view just enough that a node is in it. */
  reveal(id: string): void {
    const box = this.placement.everything().get(id);
    if (box === undefined || this.flow === null) return;
    const { x, y, zoom } = this.flow.getViewport();
    const { width, height } = this.size;
    const [left, top] = [box.x * zoom + x, box.y * zoom + y];
    const dx = push(left, left + box.width * zoom, 24, width - BESIDE);
    const dy = push(top, top + box.height * zoom, 64, height - 72);
    if (dx !== 0 || dy !== 0) void this.flow.setViewport({ x: x + dx, y: y + dy, zoom }, { duration: EASE });
  }

  /** Bring the keyboard's focus to a node, for screen readers, where it is drawn. */
  focusNode(id: string): void {
    requestAnimationFrame(() => {
      const element = this.root?.querySelector(`.react-flow__node[data-id=${JSON.stringify(id)}]`);
      if (element instanceof HTMLElement) element.focus({ preventScroll: true });
    });
  }

  /** A place on the page as one on the canvas. */
  toFlow(clientX: number, clientY: number): Point {
    const point = this.flow?.screenToFlowPosition({ x: clientX, y: clientY });
    return [point?.x ?? 0, point?.y ?? 0];
  }

  /** A place on the page in pixels of the root element. */
  toRoot(clientX: number, clientY: number): Point {
    const box = this.root?.getBoundingClientRect();
    return [clientX - (box?.left ?? 0), clientY - (box?.top ?? 0)];
  }

  /** Where the pointer is, on the canvas; null while it is elsewhere. */
  pointer(): Point | null {
    return this.lastPointer === null ? null : this.toFlow(...this.lastPointer);
  }

  /** The middle of what is seen, on the canvas. */
  middle(): Point {
    const box = this.root?.getBoundingClientRect();
    return box === undefined ? [0, 0] : this.toFlow(box.left + box.width / 2, box.top + box.height / 2);
  }
}

/** How far a span has to move to lie between two bounds; where it is too long, its beginning does. */
function push(start: number, end: number, least: number, most: number): number {
  return start < least || end - start > most - least ? least - start : Math.min(0, most - end);
}
