/** What changed of one node, field by field, before and now side by side. */
import { ExternalLink, X } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { titleOf } from "../../forms/words";
import type { FieldChange, NodeChange } from "../../model/compare";
import { compareLines } from "../../model/lines";
import type { Line } from "../../model/lines";
import type { Json, NodeTypeInfo, Path } from "../../model/types";
import { useCanvas } from "../useCanvas";

interface NodeChangesProps {
  readonly change: NodeChange;
  readonly beforeTitle: string;
  readonly title: string;
}

export function NodeChanges({ change, beforeTitle, title }: NodeChangesProps) {
  const { editor, state } = useCanvas();
  const { node, mark, fields } = change;
  const info = editor.infoOf(node);
  return (
    <section className="wf-changes wf-surface" aria-label={`What changed of ${node.name}`}>
      <header>
        <span className="wf-mark" data-mark={mark}>{mark}</span>
        <h3 className="wf-ellipsis">{node.name}</h3>
        <span className="wf-muted wf-small wf-ellipsis">{info?.title ?? node.type}</span>
        {mark !== "removed" && <button type="button" className="wf-icon-button" aria-label={`Open ${node.name}`} title="Open the node" onClick={() => { editor.open(node.id); }}><Icon icon={ExternalLink} size={15} /></button>}
        <button type="button" className="wf-icon-button" aria-label="Close what changed" title="Close" onClick={() => { state.compared.set(null); }}><Icon icon={X} size={15} /></button>
      </header>
      {fields.length === 0 ? <p className="wf-muted">{mark === "moved" ? "Only its place on the canvas is another." : "Nothing was set."}</p> : (
        <div className="wf-changes-body wf-scroll" tabIndex={0} role="group" aria-label="Fields">
          <table>
            <thead><tr><th scope="col">Field</th>{mark !== "added" && <th scope="col">{beforeTitle}</th>}{mark !== "removed" && <th scope="col">{title}</th>}</tr></thead>
            <tbody>
              {fields.map((field) => <Field key={field.path.join(".")} field={field} label={labelOf(field.path, info)} hasBefore={mark !== "added"} hasNow={mark !== "removed"} />)}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

interface FieldProps {
  readonly field: FieldChange;
  readonly label: string;
  readonly hasBefore: boolean;
  readonly hasNow: boolean;
}

function Field({ field: { before, now }, label, hasBefore, hasNow }: FieldProps) {
  const isText = hasBefore && hasNow && before !== undefined && now !== undefined && (textOf(before).includes("\n") || textOf(now).includes("\n"));
  const lines = isText ? compareLines(textOf(before), textOf(now)) : null;
  return (
    <tr>
      <th scope="row">{label}</th>
      {hasBefore && <td data-side="before">{lines === null ? <Value value={before} /> : <Lines lines={lines.before} />}</td>}
      {hasNow && <td data-side="now">{lines === null ? <Value value={now} /> : <Lines lines={lines.now} />}</td>}
    </tr>
  );
}

function Value({ value }: { readonly value: Json | undefined }) {
  if (value === undefined) return <span className="wf-muted">not set</span>;
  if (value === "") return <span className="wf-muted">empty</span>;
  return <pre>{textOf(value)}</pre>;
}

function Lines({ lines }: { readonly lines: readonly Line[] }) {
  return <pre>{lines.map((line, index) => <span key={index} data-same={line.isSame || undefined}>{line.text === "" ? " " : line.text}</span>)}</pre>;
}

const textOf = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** "Conditions › 1 › Left" for the path of a parameter. */
function labelOf(path: Path, info: NodeTypeInfo | undefined): string {
  const [first, ...rest] = path;
  const parts = first === "parameters" ? rest : path;
  if (parts.length === 0) return "Parameters";
  return parts.map((part, index) => {
    if (typeof part === "number") return String(part + 1);
    return titleOf(part, index === 0 && first === "parameters" ? info?.parameters.properties?.[part]?.title : undefined);
  }).join(" › ");
}
