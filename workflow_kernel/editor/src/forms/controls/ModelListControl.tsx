/** A list of groups of fields: small ones as rows under their titles, others as cards that fold. */
import { useState } from "react";
import { ChevronRight } from "lucide";
import type { Json, JsonObject } from "../../model/types";
import { isObject } from "../../model/json";
import { isTroubled } from "../checks";
import type { ControlProps, ShapeOf } from "../Control";
import type { Edit } from "../context";
import { useForm } from "../context";
import { FieldList } from "../FieldList";
import { FieldRow } from "../FieldRow";
import { AddButton } from "../parts/AddButton";
import { Entries } from "../parts/Entries";
import { Icon } from "../parts/Icon";
import { emptyOf, fieldsOf } from "../schema";
import type { Field } from "../schema";
import { useEdits } from "../useEdits";
import { useList } from "../useList";
import { visibleFields } from "../visible";
import { brief, optionLabel } from "../words";
import { singular } from "./ListControl";

const SMALL = new Set(["text", "number", "boolean", "choice", "any"]);
const MOST_IN_ROW = 3;

export function ModelListControl({ shape, value, edit, title, path, labelledBy, isDisabled, isRaw }: ControlProps<ShapeOf<"models">>) {
  const form = useForm();
  const list = useList(value, edit);
  const fields = fieldsOf(shape.item, form.definitions);
  const isRows = fields.length <= MOST_IN_ROW && fields.every((field) => SMALL.has(field.shape.kind) && field.hints.show === undefined);
  const name = singular(title);
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const add = () => {
    list.add(emptyOf(shape.item, form.definitions));
    const key = list.keys.all.at(-1);
    if (key !== undefined) setOpened(new Set([...opened, key]));
  };
  return (
    <div className="wf-list" data-empty={list.entries.length === 0 || undefined}>
      {isRows && list.entries.length > 0 && (
        <div className="wf-row-titles" aria-hidden="true" style={columnsOf(fields)}>
          {fields.map((field) => <span key={field.name} className="wf-ellipsis" title={field.description}>{field.title}</span>)}
        </div>
      )}
      <Entries
        keys={list.keys.all} layout={isRows ? "row" : "card"} isDisabled={isDisabled} labelledBy={labelledBy} nameOf={(index) => `${name} ${index + 1}`}
        onMove={list.move} onRemove={list.remove} onDouble={isRows ? undefined : list.double}
      >
        {(index) => {
          const key = list.keys.all[index] ?? index;
          const shared = { fields, entry: list.entries[index], edit: list.editAt(index), path: [...path, index], isRaw };
          if (isRows) return <Row {...shared} />;
          const isOpen = opened.has(key) || list.entries.length === 1 || isTroubled(form.problems, [...path, index].join("."));
          const toggle = () => { setOpened(new Set(isOpen ? [...opened].filter((each) => each !== key) : [...opened, key])); };
          return <Card {...shared} title={`${name} ${index + 1}`} isOpen={isOpen} onToggle={toggle} />;
        }}
      </Entries>
      {!isDisabled && <AddButton label={`Add ${name}`} onAdd={add} />}
    </div>
  );
}

interface EntryProps {
  readonly fields: readonly Field[];
  readonly entry: Json | undefined;
  readonly edit: Edit;
  readonly path: readonly (string | number)[];
  readonly isRaw: boolean;
}

function columnsOf(fields: readonly Field[]) {
  return { gridTemplateColumns: fields.map((field) => (field.shape.kind === "boolean" ? "minmax(64px, auto)" : "minmax(0, 1fr)")).join(" ") };
}

function Row({ fields, entry, edit, path, isRaw }: EntryProps) {
  const values = isObject(entry) ? entry : {};
  const editAt = useEdits((name: string): Edit => (part, inner = []) => { edit(part, [name, ...inner]); });
  return (
    <div className="wf-row" style={columnsOf(fields)}>
      {fields.map((field) => (
        <FieldRow
          key={field.name} field={field} value={values[field.name]} path={[...path, field.name]} isRaw={isRaw} isBare
          edit={editAt(field.name)}
        />
      ))}
    </div>
  );
}

interface CardProps extends EntryProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function Card({ fields, entry, edit, path, isRaw, title, isOpen, onToggle }: CardProps) {
  const values = isObject(entry) ? entry : {};
  return (
    <div className="wf-card" data-open={isOpen || undefined}>
      <button type="button" className="wf-card-toggle" aria-expanded={isOpen} onClick={onToggle}>
        <Icon icon={ChevronRight} size={14} />
        <span className="wf-card-title">{title.charAt(0).toUpperCase() + title.slice(1)}</span>
        {!isOpen && <span className="wf-card-summary wf-ellipsis">{summaryOf(fields, values)}</span>}
      </button>
      {isOpen && <FieldList fields={fields} values={values} edit={edit} path={path} isRaw={isRaw} />}
    </div>
  );
}

/** What is told of a folded entry: its first values. */
function summaryOf(fields: readonly Field[], values: JsonObject): string {
  return visibleFields(fields, values)
    .filter((field) => SMALL.has(field.shape.kind) && values[field.name] !== undefined && values[field.name] !== "")
    .slice(0, 3)
    .map((field) => (field.shape.kind === "choice" ? optionLabel(values[field.name] ?? null) : brief(values[field.name], 40)))
    .join(" · ");
}
