/** What React Flow reports of pointers, turned into actions on the workflow. */
import { useMemo, useRef } from "react";
import { useStoreApi } from "@xyflow/react";
import type { Edge as FlowEdge, FinalConnectionState, HandleType, ReactFlowProps } from "@xyflow/react";
import type { End } from "../model/types";
import type { Origin } from "../model/actions";
import type { LineEdge } from "./flow/flowEdges";
import type { AnyFlowNode } from "./flow/flowNodes";
import { DragTracker } from "./drag";
import type { MenuTarget } from "./state";
import { useCanvas } from "./useCanvas";
import type { CanvasParts } from "./useCanvas";

type Handlers = Partial<ReactFlowProps<AnyFlowNode, LineEdge>>;

interface Loose {
  readonly source: string;
  readonly target: string;
  readonly sourceHandle?: string | null | undefined;
  readonly targetHandle?: string | null | undefined;
}

/** A pointer must go this far before letting an edge's end go removes the edge. */
const MEANT = 24;

const endsOf = (connection: Loose): readonly [End, End] => [
  { node: connection.source, port: connection.sourceHandle ?? "main" },
  { node: connection.target, port: connection.targetHandle ?? "main" },
];

export function useGestures(): { readonly handlers: Handlers; readonly tracker: DragTracker } {
  const parts = useCanvas();
  const store = useStoreApi();
  const reconnecting = useRef<{ x: number; y: number } | null>(null);
  return useMemo(() => {
    const tracker = new DragTracker(parts.actions, parts.state);
    const handlers: Handlers = {
      ...selecting(parts, tracker, () => store.getState().transform[2]),
      ...connecting(parts, reconnecting),
      ...menus(parts),
    };
    return { handlers, tracker };
  }, [parts, store]);
}

function selecting({ editor, state, viewpoint }: CanvasParts, tracker: DragTracker, zoom: () => number): Handlers {
  let isFree = false;
  const end = () => { tracker.drop(); };
  const note = (event: { altKey: boolean }) => { isFree = event.altKey; };
  return {
    onNodesChange: (changes) => {
      const selection = new Set(editor.selection.get());
      for (const change of changes) {
        if (change.type !== "select") continue;
        if (change.selected) selection.add(change.id);
        else selection.delete(change.id);
      }
      editor.select(selection);
      tracker.moved(changes, zoom(), isFree);
    },
    onEdgesChange: (changes) => {
      const selected = new Set(state.selectedEdges.get());
      for (const change of changes) {
        if (change.type !== "select") continue;
        if (change.selected) selected.add(change.id);
        else selected.delete(change.id);
      }
      state.selectedEdges.set(selected);
    },
    onNodeDrag: (event) => { note(event); },
    onNodeDragStop: end,
    onSelectionDragStop: end,
    onNodeDoubleClick: (_event, node) => {
      if (node.type === "node") editor.open(node.id);
    },
    onPaneClick: () => {
      state.menu.set(null);
      editor.select([]);
      if (state.picker.get()?.place === "popup") state.picker.set(null);
    },
    onEdgeMouseEnter: (event, edge) => {
      // Something is being dragged across it.
      if (event.buttons === 0) state.hoveredEdge.set(edge.id);
    },
    onEdgeMouseLeave: () => { state.hoveredEdge.set(null); },
    onEdgeDoubleClick: ({ clientX, clientY }, { data }) => {
      if (data === undefined || editor.isReadOnly.get()) return;
      state.picker.set({ place: "popup", at: viewpoint.toRoot(clientX, clientY), flow: viewpoint.toFlow(clientX, clientY), origin: null, edge: data.edge });
    },
  };
}

function connecting({ editor, actions, state, viewpoint }: CanvasParts, start: { current: { x: number; y: number } | null }): Handlers {
  const lead = (isOn: boolean) => {
    viewpoint.root?.toggleAttribute("data-connecting", isOn);
  };
  return {
    isValidConnection: (connection: FlowEdge | Loose) => actions.reason(...endsOf(connection)) === null,
    onConnectStart: () => { lead(true); },
    onConnect: (connection) => { actions.connect(...endsOf(connection)); },
    onConnectEnd: (event, connection) => {
      lead(false);
      if (start.current === null) finishOnCanvas(event, connection);
    },
    onReconnectStart: (event) => {
      start.current = { x: event.clientX, y: event.clientY };
      lead(true);
    },
    onReconnect: (old, connection) => {
      if (old.data !== undefined) actions.reconnect(old.data.edge, ...endsOf(connection));
    },
    onReconnectEnd: (event, edge, _type: HandleType, connection) => {
      lead(false);
      const began = start.current;
      start.current = null;
      const at = pointOf(event);
      const isFar = began !== null && Math.hypot(at.x - began.x, at.y - began.y) > MEANT;
      const line = edge;
      if (connection.toHandle === null && isFar && line.data !== undefined) actions.disconnect(line.data.edge);
    },
  };

  function finishOnCanvas(event: MouseEvent | TouchEvent, connection: FinalConnectionState): void {
    const { fromHandle, toHandle } = connection;
    if (fromHandle === null || connection.isValid === true) return;
    const origin: Origin = { node: fromHandle.nodeId, port: fromHandle.id ?? "main", side: fromHandle.type === "source" ? "output" : "input" };
    if (toHandle !== null) {
      const ends = fromHandle.type === "source" ? [fromHandle, toHandle] : [toHandle, fromHandle];
      const [source, target] = ends.map((handle): End => ({ node: handle.nodeId, port: handle.id ?? "main" }));
      const reason = source !== undefined && target !== undefined && fromHandle.type !== toHandle.type ? actions.reason(source, target) : null;
      if (reason !== null) editor.notify("warning", reason);
      return;
    }
    const { x, y } = pointOf(event);
    const node = nodeAt(viewpoint.root, x, y);
    if (node !== null && node !== origin.node) {
      actions.connectToNode(origin, node);
      return;
    }
    if (node === null && !editor.isReadOnly.get()) {
      state.picker.set({ place: "popup", at: viewpoint.toRoot(x, y), flow: viewpoint.toFlow(x, y), origin, edge: null });
    }
  }
}

function menus({ editor, state, viewpoint }: CanvasParts): Handlers {
  const open = (event: React.MouseEvent | MouseEvent, target: MenuTarget) => {
    event.preventDefault();
    state.menu.set({ at: viewpoint.toRoot(event.clientX, event.clientY), target });
  };
  return {
    onPaneContextMenu: (event) => { open(event, { kind: "canvas", flow: viewpoint.toFlow(event.clientX, event.clientY) }); },
    onNodeContextMenu: (event, node) => {
      if (!editor.selection.get().has(node.id)) editor.select([node.id]);
      const isMany = editor.selection.get().size > 1;
      if (node.type === "note" && !isMany) open(event, { kind: "note", id: node.id });
      else if (node.type === "frame" && !isMany) open(event, { kind: "group", id: node.id });
      else open(event, { kind: "nodes" });
    },
    onSelectionContextMenu: (event) => { open(event, { kind: "nodes" }); },
    onEdgeContextMenu: (event, edge) => {
      if (edge.data !== undefined) open(event, { kind: "edge", edge: edge.data.edge });
    },
  };
}

export function pointOf(event: MouseEvent | TouchEvent): { x: number; y: number } {
  if ("clientX" in event) return { x: event.clientX, y: event.clientY };
  const touch = event.changedTouches[0];
  return { x: touch?.clientX ?? 0, y: touch?.clientY ?? 0 };
}

/** The node drawn at a place of the page; inside shadow roots as well. */
export function nodeAt(root: HTMLElement | null, x: number, y: number): string | null {
  const scope = root?.getRootNode() as Document | ShadowRoot | undefined;
  const found = scope?.elementFromPoint(x, y)?.closest(".react-flow__node-node");
  return found?.getAttribute("data-id") ?? null;
}

export function edgeAt(root: HTMLElement | null, x: number, y: number): string | null {
  const scope = root?.getRootNode() as Document | ShadowRoot | undefined;
  const found = scope?.elementFromPoint(x, y)?.closest(".react-flow__edge");
  return found?.getAttribute("data-id") ?? null;
}
