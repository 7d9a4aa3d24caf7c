/** The whole workflow in a corner. A press or drag on it moves the view. */
import { useEffect, useRef } from "react";
import { useStoreApi } from "@xyflow/react";
import { around, contains } from "../../model/geometry";
import type { Box } from "../../model/geometry";
import { lookOf } from "../far/paint";
import type { SceneBook } from "../far/scene";
import { useCanvas } from "../useCanvas";

const WIDTH = 180;
const HEIGHT = 120;
const PADDING = 8;

interface Fit {
  readonly frame: Box;
  readonly scale: number;
}

function fitOf(boxes: Iterable<Box>, seen: Box): Fit {
  const frame = around([...boxes, seen]) ?? seen;
  const scale = Math.min((WIDTH - 2 * PADDING) / frame.width, (HEIGHT - 2 * PADDING) / frame.height);
  return { frame, scale };
}

export function MiniMap({ scenes }: { readonly scenes: SceneBook }) {
  const { editor, state, viewpoint } = useCanvas();
  const canvas = useRef<HTMLCanvasElement>(null);
  const fit = useRef<Fit | null>(null);
  const flowStore = useStoreApi();

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d") ?? null;
    const root = viewpoint.root;
    if (element === null || context === null || root === null) return;
    let look = lookOf(root);
    let frameId = 0;
    const draw = () => {
      frameId = 0;
      const { transform: [x, y, zoom], width, height } = flowStore.getState();
      const ratio = window.devicePixelRatio || 1;
      if (element.width !== WIDTH * ratio) [element.width, element.height] = [WIDTH * ratio, HEIGHT * ratio];
      const seen: Box = { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom };
      const { nodes } = scenes.get();
      const all = around(nodes);
      // A map of what is in view already says nothing.
      element.toggleAttribute("data-idle", all === null || contains(seen, all));
      const { frame, scale } = (fit.current = fitOf(nodes, seen));
      const [dx, dy] = [(WIDTH - frame.width * scale) / 2, (HEIGHT - frame.height * scale) / 2];
      const at = (box: Box): [number, number, number, number] => [
        (box.x - frame.x) * scale + dx, (box.y - frame.y) * scale + dy, Math.max(box.width * scale, 2), Math.max(box.height * scale, 2),
      ];
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, WIDTH, HEIGHT);
      const execution = editor.execution.get();
      for (const node of nodes) {
        const moved = state.drag.get().get(node.id);
        context.fillStyle = look.states[execution?.nodes[node.id]?.state ?? "idle"] ?? look.color(node.color);
        context.fillRect(...at(moved === undefined ? node : { ...node, x: moved[0], y: moved[1] }));
      }
      context.strokeStyle = look.accent;
      context.lineWidth = 1.5;
      context.strokeRect(...at(seen));
    };
    const request = () => {
      if (frameId === 0) frameId = requestAnimationFrame(draw);
    };
    draw();
    const theme = new MutationObserver(() => {
      look = lookOf(root);
      request();
    });
    theme.observe(root, { attributes: true, attributeFilter: ["data-wf-theme", "class", "style"] });
    const leave = [
      flowStore.subscribe((now, before) => {
        if (now.transform !== before.transform || now.width !== before.width) request();
      }),
      ...[editor.workflow, editor.execution, editor.view, editor.portsVersion, state.drag].map((store) => store.subscribe(request)),
    ];
    return () => {
      cancelAnimationFrame(frameId);
      theme.disconnect();
      for (const one of leave) one();
    };
  }, [editor, flowStore, scenes, state, viewpoint]);

  const goTo = (event: React.PointerEvent<HTMLCanvasElement>) => {
    const known = fit.current;
    if (known === null || viewpoint.flow === null) return;
    const box = event.currentTarget.getBoundingClientRect();
    const { frame, scale } = known;
    const x = (event.clientX - box.left - (WIDTH - frame.width * scale) / 2) / scale + frame.x;
    const y = (event.clientY - box.top - (HEIGHT - frame.height * scale) / 2) / scale + frame.y;
    void viewpoint.flow.setCenter(x, y, { zoom: viewpoint.flow.getZoom() });
  };
  return (
    <canvas
      ref={canvas} className="wf-minimap wf-surface" style={{ width: WIDTH, height: HEIGHT }} role="img" aria-label="Map of the workflow"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        goTo(event);
      }}
      onPointerMove={(event) => {
        if (event.buttons === 1) goTo(event);
      }}
    />
  );
}
