/** Edges as React Flow takes them; objects of edges that did not change stay the same. */
import type { Edge as FlowEdge } from "@xyflow/react";
import type { Edge, Workflow } from "../../model/types";

export type LineEdge = FlowEdge<{ readonly edge: Edge }, "edge">;

export class FlowEdges {
  private kept = new Map<string, LineEdge>();

  build(workflow: Workflow, selected: ReadonlySet<string>, isReadOnly: boolean): LineEdge[] {
    const next = new Map<string, LineEdge>();
    for (const edge of workflow.edges) {
      const isSelected = selected.has(edge.id);
      const known = this.kept.get(edge.id);
      const label = `From ${workflow.nodes[edge.source.node]?.name ?? ""} to ${workflow.nodes[edge.target.node]?.name ?? ""}`;
      const isSame = known?.data?.edge === edge && known.selected === isSelected && known.ariaLabel === label && known.reconnectable === !isReadOnly;
      next.set(edge.id, isSame ? known : {
        id: edge.id, type: "edge", data: { edge }, selected: isSelected, ariaLabel: label, reconnectable: !isReadOnly,
        source: edge.source.node, sourceHandle: edge.source.port, target: edge.target.node, targetHandle: edge.target.port,
        zIndex: isSelected ? 2 : 1,
      });
    }
    this.kept = next;
    return [...next.values()];
  }
}
