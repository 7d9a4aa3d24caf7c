/** Everything that differs, as a list below the version it is compared with. */
import type { Comparison } from "../../model/compare";
import { titleOf } from "../../forms/words";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";
import { showChange } from "./CompareBar";

export function ChangeList({ found }: { readonly found: Comparison }) {
  const parts = useCanvas();
  const compared = useReadable(parts.state.compared);
  const fields = [...new Set(found.fields.map(({ path }) => String(path[0] === "settings" ? path[1] : path[0])))];
  if (found.nodes.length === 0 && fields.length === 0 && found.removedEdges.length === 0 && found.marks.size === 0) return <p className="wf-small wf-muted wf-change-none" role="status">There is no difference.</p>;
  return (
    <ul className="wf-change-list" aria-label="Differences">
      {found.nodes.map(({ node, mark, fields: changed }) => (
        <li key={node.id}>
          <button type="button" aria-current={compared === node.id || undefined} onClick={() => { showChange(parts, node.id, mark); }}>
            <span className="wf-mark" data-mark={mark}>{mark}</span>
            <span className="wf-ellipsis">{node.name}</span>
            {mark === "changed" && <span className="wf-muted wf-small">{changed.length === 1 ? "1 field" : `${changed.length} fields`}</span>}
          </button>
        </li>
      ))}
      {fields.map((name) => <li key={name} className="wf-change-field"><span className="wf-mark" data-mark="changed">changed</span><span className="wf-ellipsis">{titleOf(name, undefined)} of the workflow</span></li>)}
    </ul>
  );
}
