/** The fields of the data with types and examples. Each can be dragged to a field, or put there by Enter. */
import { useEffect, useMemo, useState } from "react";
import type { KeyboardEvent } from "react";
import { ChevronRight } from "lucide";
import { startDrag } from "../forms/drag";
import { Icon } from "../forms/parts/Icon";
import { TypeMark } from "../forms/parts/TypeMark";
import { counted } from "../forms/words";
import { describeFields } from "./fields";
import type { DataField } from "./fields";
import { Marked } from "./Marked";
import { firstItems } from "./pages";
import type { ViewProps } from "./view";

const SAMPLED = 100;

export function SchemaView({ pages, state, search, label, refer, onInsert, total, current }: ViewProps) {
  const items = firstItems(state, SAMPLED);
  useEffect(() => {
    if (current !== null) pages.want(current, current + 1);
  }, [pages, current]);
  const chosen = current === null ? undefined : pages.item(current);
  // The values are those of the chosen item.
  // eslint-disable-next-line react-hooks/exhaustive-deps -- items are those of the state
  const fields = useMemo(() => describeFields(chosen === undefined ? items : [chosen, ...items.filter((item) => item !== chosen)]), [state, chosen]);
  const shown = search === "" ? fields : fields.map((field) => filtered(field, search.toLowerCase())).filter((field) => field !== null);
  return (
    <div className="wf-schema-box wf-scroll">
      {shown.length === 0 ? <p className="wf-empty-line">{search === "" ? "These items have no fields." : "No field has this name."}</p> : <div className="wf-schema" role="tree" aria-label={label} onKeyDown={onKeyDown}>
        {shown.map((field, index) => <SchemaRow key={field.name} field={field} depth={0} sampled={items.length} search={search} refer={refer} onInsert={onInsert} isFirst={index === 0} />)}
      </div>}
      {total > items.length && <p className="wf-data-note">Fields of the first {counted(items.length, "item")}.</p>}
    </div>
  );
}

interface SchemaRowProps {
  readonly field: DataField;
  readonly depth: number;
  readonly sampled: number;
  readonly search: string;
  readonly refer: ViewProps["refer"];
  readonly onInsert?: ViewProps["onInsert"];
  readonly isFirst: boolean;
}

function SchemaRow({ field, depth, sampled, search, refer, onInsert, isFirst }: SchemaRowProps) {
  const [isOpen, setOpen] = useState(depth < 1);
  const hasMore = field.fields.length > 0;
  const reference = refer?.(field.path);
  const insert = () => { if (reference !== undefined) onInsert?.(reference); };
  return (
    <>
      <div
        className="wf-schema-row" role="treeitem" aria-level={depth + 1} aria-expanded={hasMore ? isOpen : undefined} aria-selected={false} tabIndex={isFirst ? 0 : -1}
        data-draggable={reference !== undefined || undefined} draggable={reference !== undefined} style={{ paddingInlineStart: 6 + depth * 16 }}
        title={reference === undefined ? undefined : "Drag to a field, or press Enter to insert into the field used last"}
        onDragStart={(event) => { if (reference !== undefined) startDrag(event.dataTransfer, reference); }} onDoubleClick={insert}
        onKeyDown={(event) => {
          if (event.target !== event.currentTarget) return;
          if (event.key === "Enter") insert();
          else if (event.key === "ArrowRight" && hasMore) setOpen(true);
          else if (event.key === "ArrowLeft" && hasMore && isOpen) setOpen(false);
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      >
        {hasMore ? (
          <button type="button" tabIndex={-1} className="wf-schema-fold" aria-label={isOpen ? `Fold ${field.name}` : `Unfold ${field.name}`} data-open={isOpen || undefined} onClick={() => { setOpen(!isOpen); }}>
            <Icon icon={ChevronRight} size={13} />
          </button>
        ) : <span className="wf-schema-fold" />}
        <span className="wf-schema-chip"><TypeMark type={field.type} /><Marked text={field.name} search={search} /></span>
        {field.count < sampled && depth === 0 && <span className="wf-schema-count" title={`In ${field.count} of ${sampled} items`}>{Math.round((field.count / sampled) * 100)}%</span>}
        <span className="wf-schema-example wf-ellipsis">{hasMore ? (field.type === "list" ? "list of" : "") : field.example}</span>
      </div>
      {hasMore && isOpen && (
        <div role="group">
          {field.fields.map((inner) => <SchemaRow key={inner.name} field={inner} depth={depth + 1} sampled={sampled} search={search} refer={refer} onInsert={onInsert} isFirst={false} />)}
        </div>
      )}
    </>
  );
}

/** The field with those inside that have the text in their name. */
function filtered(field: DataField, wanted: string): DataField | null {
  if (field.name.toLowerCase().includes(wanted)) return field;
  const fields = field.fields.map((inner) => filtered(inner, wanted)).filter((inner) => inner !== null);
  return fields.length > 0 ? { ...field, fields } : null;
}

/** Up and down go from row to row, whatever their depth. */
function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=treeitem]")];
  const index = rows.findIndex((row) => row === event.target);
  event.preventDefault();
  event.stopPropagation();
  rows[Math.min(Math.max(index + step, 0), rows.length - 1)]?.focus();
}
