/** What is compared, a legend with counts, and a way from one difference to the next. */
import { useEffect } from "react";
import { ChevronDown, ChevronUp, X } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import type { Comparison, Mark } from "../../model/compare";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";
import type { CanvasParts } from "../useCanvas";
import { NodeChanges } from "./NodeChanges";
import { useComparison } from "./useComparison";

export const MARKS: readonly Mark[] = ["added", "changed", "moved", "removed"];

export function CompareBar() {
  const parts = useCanvas();
  const { state } = parts;
  useComparison();
  const comparison = useReadable(state.comparison);
  const compared = useReadable(state.compared);
  const isDrawerOpen = useReadable(state.dialog) === "versions";
  useEffect(() => {
    if (comparison === null) state.compared.set(null);
  }, [comparison, state]);
  if (comparison === null) return null;
  const { found } = comparison;
  const change = found.nodes.find(({ node }) => node.id === compared);
  return (
    <div className="wf-compare" data-beside={isDrawerOpen || undefined}>
      <div className="wf-compare-bar wf-surface" role="group" aria-label="Comparison">
        <span className="wf-compare-title wf-ellipsis" title={`${comparison.beforeTitle} → ${comparison.title}`}>{comparison.beforeTitle} → <b>{comparison.title}</b></span>
        <Legend found={found} />
        <span className="wf-header-group">
          <button type="button" className="wf-icon-button" aria-label="Difference before" title="Difference before" disabled={found.nodes.length === 0} onClick={() => { step(parts, found, -1); }}><Icon icon={ChevronUp} /></button>
          <button type="button" className="wf-icon-button" aria-label="Next difference" title="Next difference" disabled={found.nodes.length === 0} onClick={() => { step(parts, found, 1); }}><Icon icon={ChevronDown} /></button>
        </span>
        <button type="button" className="wf-icon-button" aria-label="End the comparison" title="End the comparison" onClick={() => { state.comparison.set(null); }}><Icon icon={X} /></button>
      </div>
      {change !== undefined && <NodeChanges key={change.node.id} change={change} beforeTitle={comparison.beforeTitle} title={comparison.title} />}
    </div>
  );
}

function Legend({ found }: { readonly found: Comparison }) {
  const count = (mark: Mark): number => found.nodes.filter((one) => one.mark === mark).length;
  const edges = found.removedEdges.length + [...found.marks.keys()].filter((id) => !found.nodes.some(({ node }) => node.id === id)).length;
  const isSame = found.nodes.length === 0 && edges === 0 && found.fields.length === 0;
  if (isSame) return <span className="wf-muted" role="status">No difference</span>;
  return (
    <span className="wf-legend" role="status">
      {MARKS.filter((mark) => count(mark) > 0).map((mark) => <span key={mark} className="wf-mark" data-mark={mark}>{count(mark)} {mark}</span>)}
      {edges > 0 && <span className="wf-muted wf-small">{edges} {edges === 1 ? "connection" : "connections"}</span>}
      {found.fields.length > 0 && <span className="wf-muted wf-small">{found.fields.length} of the workflow</span>}
    </span>
  );
}

/** Go to the difference after or before the one that is looked at. */
function step(parts: CanvasParts, found: Comparison, by: 1 | -1): void {
  const at = found.nodes.findIndex(({ node }) => node.id === parts.state.compared.get());
  const next = found.nodes[(at < 0 ? (by > 0 ? 0 : found.nodes.length - 1) : at + by + found.nodes.length) % found.nodes.length];
  if (next !== undefined) showChange(parts, next.node.id, next.mark);
}

/** Bring a node that differs into view and show its fields. */
export function showChange({ editor, actions, state, viewpoint }: CanvasParts, id: string, mark: Mark): void {
  editor.select(mark === "removed" ? [] : [id]);
  state.compared.set(id);
  const gone = state.comparison.get()?.found.removedNodes.find((node) => node.id === id);
  if (gone === undefined) viewpoint.goTo(id);
  else viewpoint.show(actions.placement.box(gone));
}
