/** The far view: large workflows, looked at from afar, are drawn on a bitmap above the pane. */
import { useEffect, useRef } from "react";
import { useStoreApi } from "@xyflow/react";
import type { Unsubscribe } from "../../model/observable";
import { useCanvas } from "../useCanvas";
import { lookOf, paint } from "./paint";
import type { Look } from "./paint";
import type { SceneBook } from "./scene";

interface FarLayerProps {
  readonly scenes: SceneBook;
  /** Ids of the nodes React Flow draws. */
  readonly hidden: ReadonlySet<string>;
}

export function FarLayer({ scenes, hidden }: FarLayerProps) {
  const { editor, state, viewpoint } = useCanvas();
  const canvas = useRef<HTMLCanvasElement>(null);
  const flowStore = useStoreApi();
  const shown = useRef(hidden);
  const request = useRef<() => void>(() => undefined);
  useEffect(() => {
    shown.current = hidden;
    request.current();
  });

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d") ?? null;
    const root = viewpoint.root;
    if (element === null || context === null || root === null) return;
    let look: Look = lookOf(root);
    let frameId = 0;
    const draw = () => {
      frameId = 0;
      const { transform, width, height } = flowStore.getState();
      const ratio = Math.min(window.devicePixelRatio || 1, 2);
      const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (element.width !== wide || element.height !== high) [element.width, element.height] = [wide, high];
      paint(context, {
        scene: scenes.get(), look, frame: { x: transform[0], y: transform[1], zoom: transform[2], width, height, ratio },
        moved: state.drag.get(), hidden: shown.current, selected: editor.selection.get(), execution: editor.execution.get(), marks: state.comparison.get()?.found.marks,
      });
    };
    request.current = () => {
      if (frameId === 0) frameId = requestAnimationFrame(draw);
    };
    draw();
    const theme = new MutationObserver(() => {
      look = lookOf(root);
      request.current();
    });
    theme.observe(root, { attributes: true, attributeFilter: ["data-wf-theme", "class", "style"] });
    const leave: Unsubscribe[] = [
      flowStore.subscribe((now, before) => {
        if (now.transform !== before.transform || now.width !== before.width || now.height !== before.height) request.current();
      }),
      ...[editor.workflow, editor.selection, editor.execution, editor.view, editor.portsVersion, state.drag, state.comparison].map((store) => store.subscribe(() => request.current())),
    ];
    return () => {
      cancelAnimationFrame(frameId);
      request.current = () => undefined;
      theme.disconnect();
      for (const one of leave) one();
    };
  }, [editor, flowStore, scenes, state, viewpoint]);

  return <canvas ref={canvas} className="wf-far" aria-hidden="true" />;
}
