/** The pane with nodes and edges. Pointer gestures become actions here; keys are in `keys.ts`. */
import { useEffect, useMemo, useRef, useState } from "react";
import { ConnectionMode, ReactFlow, SelectionMode } from "@xyflow/react";
import type { EdgeTypes, NodeTypes, Viewport } from "@xyflow/react";
import { GhostLayer } from "./compare/GhostLayer";
import { useReadable } from "./context";
import { Dots } from "./Dots";
import { DrawnLine } from "./edge/DrawnLine";
import { Line } from "./edge/Line";
import { FarLayer } from "./far/FarLayer";
import { SceneBook } from "./far/scene";
import { Guides } from "./Guides";
import { Card } from "./node/Card";
import { GroupFrame } from "./node/GroupFrame";
import { NoteCard } from "./node/NoteCard";
import { MiniMap } from "./chrome/MiniMap";
import { useCanvas } from "./useCanvas";
import { useFlow } from "./useFlow";
import { useGestures } from "./useGestures";
import { FarSelection } from "./far/FarSelection";
import { MAX_ZOOM, MIN_ZOOM } from "./viewpoint";

const NODE_TYPES: NodeTypes = { node: Card, note: NoteCard, frame: GroupFrame };
const EDGE_TYPES: EdgeTypes = { edge: Line };
const OPTIONS = { hideAttribution: true };
const MOST_ON_MAP = 1000;

export function Canvas({ viewport }: { readonly viewport: Viewport }) {
  const { editor, actions, state, viewpoint } = useCanvas();
  const [hovered, setHovered] = useState<string | null>(null);
  const { nodes, edges, isLow, isFar, live } = useFlow(hovered, viewport.zoom);
  const scenes = useMemo(() => new SceneBook(editor, actions.placement), [editor, actions]);
  const isMapShown = useReadable(state.isMapShown);
  const isReadOnly = useReadable(editor.isReadOnly);
  const gestures = useGestures();
  const pointer = usePointerKind();
  const workflow = useReadable(editor.workflow);
  const count = Object.keys(workflow.nodes).length;
  useFitFirst(count);
  const moving = useMoving();
  const isTouch = pointer === "touch";

  const onMouseMove = (event: React.MouseEvent) => {
    if (!isFar || event.buttons !== 0) return;
    const id = scenes.at(viewpoint.toFlow(event.clientX, event.clientY))?.id ?? null;
    if (id !== hovered) setHovered(id);
  };

  return (
    <div className="wf-canvas" data-lod={isFar ? "far" : isLow ? "low" : "full"} onMouseMove={onMouseMove}>
      <ReactFlow
        nodes={nodes} edges={edges} nodeTypes={NODE_TYPES} edgeTypes={EDGE_TYPES} connectionLineComponent={DrawnLine} proOptions={OPTIONS}
        defaultViewport={viewport} minZoom={MIN_ZOOM} maxZoom={MAX_ZOOM} onInit={(flow) => { viewpoint.flow = flow; }} onlyRenderVisibleElements
        connectionMode={ConnectionMode.Strict} connectionRadius={24} connectionDragThreshold={4} nodeDragThreshold={1} reconnectRadius={14}
        selectionMode={SelectionMode.Partial} selectionOnDrag={!isTouch} panOnDrag={isTouch ? true : [1]} panOnScroll={!isTouch}
        zoomOnDoubleClick={false} selectNodesOnDrag={false} elevateNodesOnSelect={false} elevateEdgesOnSelect={false} nodesFocusable edgesFocusable
        disableKeyboardA11y deleteKeyCode={null} multiSelectionKeyCode={MULTI} selectionKeyCode="Shift" panActivationKeyCode="Space" zoomActivationKeyCode={ZOOM}
        nodesConnectable={!isReadOnly} edgesReconnectable={!isReadOnly} noWheelClassName="nowheel" autoPanOnNodeFocus={false}
        onMoveStart={moving.start} onMove={moving.move} onMoveEnd={moving.end} {...gestures.handlers}
      >
        <Dots />
        <GhostLayer />
        <Guides guides={gestures.tracker.guides} />
        {isFar && <FarLayer scenes={scenes} hidden={live} />}
        {isFar && <FarSelection scenes={scenes} />}
        {isMapShown && count > 0 && count <= MOST_ON_MAP && <MiniMap scenes={scenes} />}
      </ReactFlow>
    </div>
  );
}

const MULTI = ["Shift", "Meta", "Control"];
const ZOOM = ["Meta", "Control"];

/** Mouse, pen or touch, as used last: one finger pans, the mouse selects. */
function usePointerKind(): string {
  const [kind, setKind] = useState("mouse");
  const { viewpoint } = useCanvas();
  useEffect(() => {
    const root = viewpoint.root;
    const note = (event: PointerEvent) => { setKind(event.pointerType); };
    root?.addEventListener("pointerdown", note, true);
    return () => root?.removeEventListener("pointerdown", note, true);
  }, [viewpoint]);
  return kind;
}

/**
 * While the canvas is panned, what is on it is a layer that is moved, not drawn anew. Not while it is zoomed: a layer
 * that is stretched has blurred words.
 */
function useMoving() {
  const { viewpoint } = useCanvas();
  return useMemo(() => {
    let zoom = 0;
    const mark = (isOn: boolean) => { viewpoint.root?.querySelector(".wf-canvas")?.toggleAttribute("data-moving", isOn); };
    return {
      start: (_event: unknown, viewport: Viewport) => { zoom = viewport.zoom; },
      move: (_event: unknown, viewport: Viewport) => { mark(viewport.zoom === zoom); },
      end: () => { mark(false); },
    };
  }, [viewpoint]);
}

/** A shared document may come later than the canvas: its first nodes are brought into view. */
function useFitFirst(count: number): void {
  const { viewpoint } = useCanvas();
  const wasEmpty = useRef(count === 0);
  useEffect(() => {
    if (!wasEmpty.current || count === 0) return;
    wasEmpty.current = false;
    if (count > 1) viewpoint.fit(undefined, 0);
  }, [count, viewpoint]);
}
