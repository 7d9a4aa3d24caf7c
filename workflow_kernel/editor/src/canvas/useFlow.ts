/** The workflow as React Flow's nodes and edges, and whether it is looked at from afar. */
import { useMemo, useRef } from "react";
import { useStore } from "@xyflow/react";
import type { ReactFlowState } from "@xyflow/react";
import { useReadable } from "./context";
import { FlowEdges } from "./flow/flowEdges";
import type { LineEdge } from "./flow/flowEdges";
import { FlowNodes } from "./flow/flowNodes";
import type { AnyFlowNode } from "./flow/flowNodes";
import { useCanvas } from "./useCanvas";
import { FAR_ZOOM } from "./viewpoint";
import type { Point } from "../model/types";

/** Workflows of more nodes are drawn on a bitmap when looked at from afar. */
const MANY = 120;
/** Selected nodes above this number stay on the bitmap in the far view. */
const MOST_LIVE = 100;

const NONE: ReadonlySet<string> = new Set();
/** How close it is looked at; React Flow knows only after its first picture. */
const zoomOf = (state: ReactFlowState, first: number): number => (state.panZoom === null ? first : state.transform[2]);

export interface FlowParts {
  readonly nodes: AnyFlowNode[];
  readonly edges: LineEdge[];
  readonly isLow: boolean;
  readonly isFar: boolean;
  /** In the far view, ids of the nodes drawn all the same. */
  readonly live: ReadonlySet<string>;
}

export function useFlow(hovered: string | null, firstZoom: number): FlowParts {
  const { editor, actions, state } = useCanvas();
  const workflow = useReadable(editor.workflow);
  const view = useReadable(editor.view);
  const selection = useReadable(editor.selection);
  const isReadOnly = useReadable(editor.isReadOnly);
  const selectedEdges = useReadable(state.selectedEdges);
  const portsVersion = useReadable(editor.portsVersion);
  const drag = useReadable(state.drag);
  const isLow = useStore((flow) => zoomOf(flow, firstZoom) < FAR_ZOOM);
  const builders = useRef<{ readonly nodes: FlowNodes; readonly edges: FlowEdges } | null>(null);
  builders.current ??= { nodes: new FlowNodes(actions.placement, (node) => editor.infoOf(node)), edges: new FlowEdges() };
  const { nodes: nodeBuilder, edges: edgeBuilder } = builders.current;
  const count = useMemo(() => Object.keys(workflow.nodes).length, [workflow.nodes]);
  const isFar = isLow && count > MANY;
  const live = useMemo(() => (isFar ? liveNodes(selection, hovered, drag) : NONE), [isFar, selection, hovered, drag]);
  const nodes = useMemo(
    () => [...nodeBuilder.build({ workflow, view, selection, drag, only: isFar ? live : null, isReadOnly })],
    // Ports are asked for inside; their version says when to ask again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [nodeBuilder, workflow, view, selection, drag, isFar, live, isReadOnly, portsVersion],
  );
  const edges = useMemo(() => (isFar ? [] : edgeBuilder.build(workflow, selectedEdges, isReadOnly)), [edgeBuilder, isFar, workflow, selectedEdges, isReadOnly]);
  return { nodes, edges, isLow, isFar, live };
}

function liveNodes(selection: ReadonlySet<string>, hovered: string | null, drag: ReadonlyMap<string, Point>): ReadonlySet<string> {
  const live = new Set(selection.size <= MOST_LIVE ? selection : []);
  if (hovered !== null) live.add(hovered);
  if (drag.size > 0 && drag.size <= MOST_LIVE) for (const id of drag.keys()) live.add(id);
  return live;
}
