/** Dragging a node type out of the picker, by mouse, pen or finger: onto the canvas, or onto an edge. */
import { useMemo } from "react";
import type { NodeTypeInfo } from "../../model/types";
import { noteRecent } from "../recent";
import { edgeAt } from "../useGestures";
import { useCanvas } from "../useCanvas";
import type { CanvasParts } from "../useCanvas";

const START = 5;

export interface TypeDrag {
  begin(event: React.PointerEvent<HTMLElement>, info: NodeTypeInfo): void;
  /** Whether the last press became a drag; its click is none then. */
  hasMoved(): boolean;
}

export function useTypeDrag(): TypeDrag {
  const parts = useCanvas();
  return useMemo(() => makeDrag(parts), [parts]);
}

function makeDrag(parts: CanvasParts): TypeDrag {
  let hasMoved = false;
  return {
    hasMoved: () => hasMoved,
    begin: (event, info) => {
      if (event.button !== 0) return;
      hasMoved = false;
      const row = event.currentTarget;
      const from = { x: event.clientX, y: event.clientY };
      let ghost: HTMLElement | null = null;
      const move = (now: PointerEvent) => {
        if (ghost === null && Math.hypot(now.clientX - from.x, now.clientY - from.y) < START) return;
        hasMoved = true;
        ghost ??= makeGhost(row, parts);
        follow(ghost, now, parts);
      };
      const end = (now: PointerEvent) => {
        document.removeEventListener("pointermove", move, true);
        document.removeEventListener("pointerup", end, true);
        document.removeEventListener("pointercancel", end, true);
        ghost?.remove();
        if (ghost !== null && now.type === "pointerup") drop(info, now, parts);
        parts.state.dropEdge.set(null);
      };
      // A touch must not scroll the list once it is a drag to the side.
      if (event.pointerType === "touch") row.releasePointerCapture(event.pointerId);
      document.addEventListener("pointermove", move, true);
      document.addEventListener("pointerup", end, true);
      document.addEventListener("pointercancel", end, true);
    },
  };
}

function makeGhost(row: HTMLElement, { viewpoint }: CanvasParts): HTMLElement {
  const ghost = document.createElement("div");
  ghost.className = "wf-ghost";
  ghost.style.setProperty("--wf-family", row.style.getPropertyValue("--wf-family"));
  for (const part of row.querySelectorAll(".wf-node-tile, .wf-chooser-name")) ghost.append(part.cloneNode(true));
  viewpoint.root?.append(ghost);
  return ghost;
}

function follow(ghost: HTMLElement, event: PointerEvent, { viewpoint, state }: CanvasParts): void {
  const [x, y] = viewpoint.toRoot(event.clientX, event.clientY);
  ghost.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
  state.dropEdge.set(edgeAt(viewpoint.root, event.clientX, event.clientY));
}

function drop(info: NodeTypeInfo, event: PointerEvent, { editor, actions, viewpoint }: CanvasParts): void {
  const scope = viewpoint.root?.getRootNode() as Document | ShadowRoot | undefined;
  const under = scope?.elementFromPoint(event.clientX, event.clientY);
  if (under?.closest(".wf-chooser") !== null || under.closest(".wf-canvas") === null) return;
  const edgeId = edgeAt(viewpoint.root, event.clientX, event.clientY);
  const edge = editor.workflow.get().edges.find((one) => one.id === edgeId);
  noteRecent(info.type);
  if (edge !== undefined) actions.insert(info, edge);
  else actions.add(info, viewpoint.toFlow(event.clientX, event.clientY));
}
