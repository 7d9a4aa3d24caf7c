/** The edge that is being drawn, and why it cannot end where the pointer is. */
import { useStore } from "@xyflow/react";
import type { ConnectionLineComponentProps } from "@xyflow/react";
import { useCanvas } from "../useCanvas";
import type { AnyFlowNode } from "../flow/flowNodes";
import { courseOf } from "../flow/paths";

export function DrawnLine({ fromX, fromY, toX, toY, fromHandle, toHandle, connectionStatus }: ConnectionLineComponentProps<AnyFlowNode>) {
  const { actions } = useCanvas();
  const zoom = useStore((state) => state.transform[2]);
  const isFromOutput = fromHandle.type === "source";
  const course = isFromOutput ? courseOf([fromX, fromY], [toX, toY]) : courseOf([toX, toY], [fromX, fromY]);
  const reason = connectionStatus === "invalid" && toHandle !== null ? reasonFor() : null;
  function reasonFor(): string | null {
    if (toHandle === null) return null;
    if (toHandle.type === fromHandle.type) return isFromOutput ? "End at an input, on a node's left side." : "Begin at an output, on a node's right side.";
    const [from, to] = isFromOutput ? [fromHandle, toHandle] : [toHandle, fromHandle];
    return actions.reason({ node: from.nodeId, port: from.id ?? "main" }, { node: to.nodeId, port: to.id ?? "main" });
  }
  const width = Math.min(320, 24 + (reason?.length ?? 0) * 6.4);
  return (
    <g>
      <path className="wf-drawn-line" d={course.path} fill="none" data-status={connectionStatus ?? "open"} />
      {connectionStatus === null && <circle className="wf-drawn-end" cx={toX} cy={toY} r={4} />}
      {reason !== null && (
        <foreignObject transform={`translate(${toX} ${toY}) scale(${1 / zoom})`} x={14} y={14} width={width} height={72}>
          <div className="wf-refusal" role="alert">{reason}</div>
        </foreignObject>
      )}
    </g>
  );
}
