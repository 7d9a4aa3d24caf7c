/** The parameters a detailed card shows. */
import { MOST_ROWS } from "../../model/geometry";
import { summaryOf } from "../../model/summary";
import type { Node, NodeTypeInfo } from "../../model/types";

export function CardRows({ node, info }: { readonly node: Node; readonly info: NodeTypeInfo | undefined }) {
  const rows = summaryOf(node, info);
  if (rows.length === 0) return null;
  const shown = rows.length > MOST_ROWS ? rows.slice(0, MOST_ROWS - 1) : rows;
  const more = rows.length - shown.length;
  return (
    <dl className="wf-node-rows">
      {shown.map((row) => (
        <div key={row.label}>
          <dt className="wf-ellipsis" title={row.label}>{row.label}</dt>
          <dd className="wf-ellipsis" title={row.value} data-expression={row.isExpression}>{row.value}</dd>
        </div>
      ))}
      {more > 0 && <div className="wf-node-more">and {more} more</div>}
    </dl>
  );
}
