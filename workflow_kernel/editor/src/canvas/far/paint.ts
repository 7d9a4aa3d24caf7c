/** Draws the whole workflow as plain boxes and lines on a bitmap: fast at any size. */
import type { Mark } from "../../model/compare";
import type { ExecutionView, NodeRunView } from "../../model/store";
import type { Point } from "../../model/types";
import type { Scene, SceneNode } from "./scene";

export interface Look {
  readonly surface: string;
  readonly border: string;
  readonly edge: string;
  readonly accent: string;
  readonly states: Readonly<Partial<Record<NodeRunView["state"], string>>>;
  readonly marks: Readonly<Record<Mark, string>>;
  readonly color: (variable: string) => string;
}

/** The colours of the theme at hand. */
export function lookOf(element: Element): Look {
  const style = getComputedStyle(element);
  const kept = new Map<string, string>();
  const color = (variable: string): string => {
    let found = kept.get(variable);
    if (found === undefined) {
      found = style.getPropertyValue(variable).trim() || style.getPropertyValue("--wf-family-other").trim();
      kept.set(variable, found);
    }
    return found;
  };
  return {
    surface: color("--wf-surface"), border: color("--wf-border-strong"), edge: color("--wf-edge"), accent: color("--wf-accent"),
    states: {
      succeeded: color("--wf-success-mark"), failed: color("--wf-danger-mark"), running: color("--wf-accent"),
      waiting: color("--wf-warning-mark"), retrying: color("--wf-warning-mark"),
    },
    marks: { added: color("--wf-success-mark"), changed: color("--wf-warning-mark"), moved: color("--wf-accent"), removed: color("--wf-danger-mark") },
    color,
  };
}

/** Below this zoom cards are filled. */
const SOLID = 0.16;

export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
  readonly width: number;
  readonly height: number;
  /** Device pixels for each pixel. */
  readonly ratio: number;
}

export interface Picture {
  readonly scene: Scene;
  readonly look: Look;
  readonly frame: Frame;
  readonly moved: ReadonlyMap<string, Point>;
  /** Drawn by React Flow above this. */
  readonly hidden: ReadonlySet<string>;
  readonly selected: ReadonlySet<string>;
  readonly execution: ExecutionView | null;
  /** What differs from the version it is compared with. */
  readonly marks: ReadonlyMap<string, Mark> | undefined;
}

export function paint(context: CanvasRenderingContext2D, picture: Picture): void {
  const { frame, scene } = picture;
  context.setTransform(frame.ratio, 0, 0, frame.ratio, 0, 0);
  context.clearRect(0, 0, frame.width, frame.height);
  paintEdges(context, picture);
  const seen = scene.nodes.filter((node) => !picture.hidden.has(node.id) && isSeen(place(node, picture), node, frame));
  paintCards(context, seen, picture);
}

function place(node: SceneNode, picture: Picture): Point {
  const { frame } = picture;
  const moved = picture.moved.get(node.id);
  return [(moved?.[0] ?? node.x) * frame.zoom + frame.x, (moved?.[1] ?? node.y) * frame.zoom + frame.y];
}

function isSeen([x, y]: Point, node: SceneNode, frame: Frame): boolean {
  return x < frame.width && y < frame.height && x + node.width * frame.zoom > 0 && y + node.height * frame.zoom > 0;
}

function paintEdges(context: CanvasRenderingContext2D, picture: Picture): void {
  const { frame, scene, look } = picture;
  context.beginPath();
  for (const edge of scene.edges) {
    const [sx, sy] = place(edge.source, picture);
    const [tx, ty] = place(edge.target, picture);
    const [x1, y1] = [sx + edge.source.width * frame.zoom, sy + edge.sourceOffset * frame.zoom];
    const [x2, y2] = [tx, ty + edge.targetOffset * frame.zoom];
    if (Math.max(x1, x2) < 0 || Math.min(x1, x2) > frame.width || Math.max(y1, y2) < 0 || Math.min(y1, y2) > frame.height) continue;
    context.moveTo(x1, y1);
    if (Math.abs(y2 - y1) < 2 || frame.zoom < 0.12) context.lineTo(x2, y2);
    else {
      const reach = Math.max((x2 - x1) / 2, 24 * frame.zoom);
      context.bezierCurveTo(x1 + reach, y1, x2 - reach, y2, x2, y2);
    }
  }
  context.strokeStyle = look.edge;
  context.lineWidth = Math.max(0.75, 2 * frame.zoom);
  context.stroke();
}

function paintCards(context: CanvasRenderingContext2D, nodes: readonly SceneNode[], picture: Picture): void {
  const { frame, look, execution } = picture;
  const line = Math.max(1, 1.5 * frame.zoom);
  for (const node of nodes) {
    const [x, y] = place(node, picture);
    const [width, height] = [node.width * frame.zoom, node.height * frame.zoom];
    const mark = picture.marks?.get(node.id);
    const state = mark === undefined ? look.states[execution?.nodes[node.id]?.state ?? "idle"] : look.marks[mark];
    context.globalAlpha = node.isDisabled ? 0.5 : 1;
    context.fillStyle = picture.selected.has(node.id) ? look.accent : (state ?? look.border);
    context.fillRect(x, y, width, height);
    if (frame.zoom < SOLID) {
      // Too small for a tile: the whole card takes its family's colour.
      context.fillStyle = picture.selected.has(node.id) ? look.accent : (state ?? look.color(node.color));
      context.fillRect(x, y, Math.max(width, 2), Math.max(height, 1.5));
      continue;
    }
    context.fillStyle = look.surface;
    const edge = picture.selected.has(node.id) || state !== undefined ? line * 1.6 : line;
    context.fillRect(x + edge, y + edge, width - 2 * edge, height - 2 * edge);
    context.fillStyle = look.color(node.color);
    const tile = Math.min(40 * frame.zoom, height - 4 * edge);
    const inset = Math.min(12 * frame.zoom, (height - tile) / 2);
    context.fillRect(x + inset, y + (height - tile) / 2, tile, tile);
  }
  context.globalAlpha = 1;
}
