/** An edge: its course, what went over it in the last run, and buttons under the pointer. */
import { memo, useCallback } from "react";
import { EdgeLabelRenderer } from "@xyflow/react";
import type { EdgeProps } from "@xyflow/react";
import { Plus, Trash2 } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import type { Editor, ExecutionView } from "../../model/store";
import type { Edge, End, Point, PortInfo } from "../../model/types";
import { useReadable, useSelected } from "../context";
import type { LineEdge } from "../flow/flowEdges";
import { isNamed } from "../derived";
import { courseOf, pointAt } from "../flow/paths";
import { useCanvas } from "../useCanvas";
import { plural, short } from "../words";

interface Traffic {
  readonly state: "none" | "flowing" | "passed" | "empty" | "failed";
  readonly count: number;
}

/** Edges of more pixels have room for names and counts. */
const ROOMY = 240;
const LIFT = 8;
const NONE: Traffic = { state: "none", count: 0 };

function trafficOf(view: ExecutionView | null, edge: Edge): Traffic {
  const source = view?.nodes[edge.source.node];
  const target = view?.nodes[edge.target.node];
  if (view === null || source === undefined) return NONE;
  const count = source.items[edge.source.port] ?? 0;
  if (source.state !== "succeeded" && count === 0) return NONE;
  if (count === 0) return { state: "empty", count };
  if (edge.source.port === "error") return { state: "failed", count };
  return { state: target?.state === "running" ? "flowing" : "passed", count };
}

function LineInner({ id, data, selected, sourceX, sourceY, targetX, targetY }: EdgeProps<LineEdge>) {
  const { editor, state } = useCanvas();
  const edge = data?.edge;
  const select = useCallback((view: ExecutionView | null) => (edge === undefined ? NONE : trafficOf(view, edge)), [edge]);
  const traffic = useSelected(editor.execution, select, (a, b) => a.state === b.state && a.count === b.count);
  const isHovered = useSelected(state.hoveredEdge, (hovered) => hovered === id);
  const isDrop = useSelected(state.dropEdge, (drop) => drop === id);
  const mark = useSelected(state.comparison, (comparison) => comparison?.found.marks.get(id));
  const course = courseOf([sourceX, sourceY], [targetX, targetY]);
  const isError = edge?.source.port === "error";
  return (
    <>
      <path className="react-flow__edge-interaction" d={course.path} fill="none" strokeOpacity={0} strokeWidth={22} />
      <path
        className="react-flow__edge-path wf-line" d={course.path} fill="none" data-state={traffic.state} data-selected={selected}
        data-hovered={isHovered} data-drop={isDrop} data-error={isError} data-mark={mark}
      />
      {traffic.count > 0 && !isHovered && <Count at={edge === undefined ? course.middle : countPlace(editor, edge, [sourceX, sourceY], [targetX, targetY])} count={traffic.count} isError={isError} />}
      {isHovered && edge !== undefined && <LineButtons edge={edge} at={course.middle} count={traffic.count} />}
    </>
  );
}

/** In the middle, but beside the names of ports where there is little room. */
function countPlace(editor: Editor, edge: Edge, from: Point, to: Point): Point {
  const { middle, isBackward } = courseOf(from, to);
  if (isBackward || to[0] - from[0] > ROOMY) return middle;
  const portsOf = (end: End, side: "inputs" | "outputs"): readonly PortInfo[] => {
    const node = editor.node(end.node);
    return node === undefined ? [] : editor.ports(node)[side];
  };
  const isTold = (end: End, ports: readonly PortInfo[]): boolean => ports.some((port) => port.name === end.port && isNamed(port, ports));
  const [outputs, inputs] = [portsOf(edge.source, "outputs"), portsOf(edge.target, "inputs")];
  const [afterName, beforeName] = [isTold(edge.source, outputs), isTold(edge.target, inputs)];
  if (afterName === beforeName) return middle;
  const [x, y] = pointAt(from, to, afterName ? 0.72 : 0.28);
  // Away from what is drawn at the other ports of the node.
  const [ports, name] = afterName ? [outputs, edge.source.port] : [inputs, edge.target.port];
  return [x, y + LIFT * Math.sign(ports.findIndex((port) => port.name === name) - (ports.length - 1) / 2)];
}

function Count({ at, count, isError }: { readonly at: Point; readonly count: number; readonly isError: boolean }) {
  const text = short(count);
  const width = 14 + text.length * 6.5;
  return (
    <g className="wf-line-count" data-error={isError} transform={`translate(${at[0]} ${at[1]})`}>
      <title>{plural(count, "item")}</title>
      <rect x={-width / 2} y={-9} width={width} height={18} rx={9} />
      <text textAnchor="middle" dy="0.34em">{text}</text>
    </g>
  );
}

function LineButtons({ edge, at, count }: { readonly edge: Edge; readonly at: Point; readonly count: number }) {
  const { editor, actions, state, viewpoint } = useCanvas();
  const isReadOnly = useReadable(editor.isReadOnly);
  if (isReadOnly) return null;
  const open = (event: React.MouseEvent) => {
    event.stopPropagation();
    state.picker.set({ place: "popup", at: viewpoint.toRoot(event.clientX, event.clientY), flow: at, origin: null, edge });
  };
  const remove = (event: React.MouseEvent) => {
    event.stopPropagation();
    // The second click of two was meant for the line, and so was the first.
    if (event.detail > 1) return;
    state.hoveredEdge.set(null);
    actions.disconnect(edge);
  };
  return (
    <EdgeLabelRenderer>
      <div
        className="wf-line-buttons nodrag nopan" style={{ transform: `translate(-50%, calc(-100% - 3px)) translate(${at[0]}px, ${at[1]}px)` }}
        onMouseEnter={() => { state.hoveredEdge.set(edge.id); }} onMouseLeave={() => { state.hoveredEdge.set(null); }}
      >
        <div>
          <button type="button" title="Insert a node" aria-label="Insert a node into this connection" tabIndex={-1} onClick={open}><Icon icon={Plus} size={14} /></button>
          {count > 0 && <span className="wf-line-total">{short(count)}</span>}
          <button type="button" title="Remove the connection" aria-label="Remove this connection" tabIndex={-1} onClick={remove}><Icon icon={Trash2} size={14} /></button>
        </div>
      </div>
    </EdgeLabelRenderer>
  );
}

export const Line = memo(LineInner);
