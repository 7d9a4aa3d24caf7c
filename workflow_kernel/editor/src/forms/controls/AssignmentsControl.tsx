/** Fields to set: a name, a type, a value each. A field dragged from the data becomes one. */
import { useMemo } from "react";
import type { Json, JsonObject, Path } from "../../model/types";
import { isObject } from "../../model/json";
import type { ControlProps } from "../Control";
import type { Edit } from "../context";
import { useForm } from "../context";
import { FieldRow } from "../FieldRow";
import { AddButton } from "../parts/AddButton";
import { Entries } from "../parts/Entries";
import { Select } from "../parts/Select";
import { fieldsOf, resolve } from "../schema";
import type { Field, Shape } from "../schema";
import { useEdits } from "../useEdits";
import { useList } from "../useList";
import { optionLabel } from "../words";

const SHAPES: Readonly<Record<string, Shape>> = {
  string: { kind: "text" }, number: { kind: "number", integer: false, slider: false }, boolean: { kind: "boolean" }, array: { kind: "json" }, object: { kind: "json" },
  binary: { kind: "text" }, numeric: { kind: "text" }, truthy: { kind: "any" }, any: { kind: "any" },
};
const TYPES: Readonly<Record<string, string>> = {
  any: "Any", string: "Text", number: "Number", boolean: "Yes or no", array: "List", object: "Object", binary: "Attachment", numeric: "Number if it is one", truthy: "Truthy",
};
const PLACEHOLDERS: Readonly<Record<string, string>> = { binary: "Name of an attachment", array: "[1, 2, 3]", object: '{ "name": "value" }' };

export function AssignmentsControl({ schema, value, edit, title, path, labelledBy, isDisabled, isRaw }: ControlProps) {
  const { definitions } = useForm();
  const list = useList(value, edit);
  const item = schema.items === undefined ? {} : resolve(schema.items, definitions);
  const fields = fieldsOf(item, definitions);
  return (
    <div className="wf-list wf-assignments" data-empty={list.entries.length === 0 || undefined}>
      <Entries
        keys={list.keys.all} layout="card" isDisabled={isDisabled} labelledBy={labelledBy} nameOf={(index) => `field ${index + 1}`} onMove={list.move}
        onRemove={list.remove} onDouble={list.double}
      >
        {(index) => <Assignment entry={list.entries[index]} fields={fields} edit={list.editAt(index)} path={[...path, index]} isRaw={isRaw} isDisabled={isDisabled} />}
      </Entries>
      {!isDisabled && (
        <AddButton
          label="Add field, or drag one here" isLarge onAdd={() => { list.add({ name: "", value: "", type: "any" }); }}
          onDrop={(reference) => { list.add({ name: reference.name, value: `={{ ${reference.code} }}`, type: "any" }); }}
        />
      )}
      <span className="wf-hidden">{title}</span>
    </div>
  );
}

interface AssignmentProps {
  readonly entry: Json | undefined;
  readonly fields: readonly Field[];
  readonly edit: Edit;
  readonly path: Path;
  readonly isRaw: boolean;
  readonly isDisabled: boolean;
}

function Assignment({ entry, fields, edit, path, isRaw, isDisabled }: AssignmentProps) {
  const values: JsonObject = isObject(entry) ? entry : {};
  const type = typeof values.type === "string" ? values.type : "any";
  const name = fields.find((field) => field.name === "name");
  const types = fields.find((field) => field.name === "type")?.schema.enum ?? Object.keys(TYPES);
  const label = typeof values.name === "string" && values.name !== "" ? values.name : "the field";
  const editAt = useEdits((part: string): Edit => (set) => { edit(part === "value" ? (set ?? null) : set, [part]); });
  const nameField = useMemo(() => (name === undefined ? null : { ...name, title: "Name", hints: { placeholder: "Name, e.g. total" } }), [name]);
  const value = useMemo((): Field => ({
    name: "value", title: `Value of ${label}`, description: "", schema: {}, shape: SHAPES[type] ?? { kind: "any" }, hints: { placeholder: PLACEHOLDERS[type] ?? "Value" },
    required: false, nullable: true, default: undefined,
  }), [label, type]);
  return (
    <div className="wf-assignment">
      <div className="wf-row wf-assignment-head">
        {nameField !== null && <FieldRow field={nameField} value={values.name} edit={editAt("name")} path={[...path, "name"]} isRaw={isRaw} isBare />}
        <Select
          className="wf-narrow" label={`Type of ${label}`} value={type} isDisabled={isDisabled} onChange={(chosen) => { edit(chosen, ["type"]); }}
          options={types.filter((each) => typeof each === "string").map((each) => ({ value: each, label: TYPES[each] ?? optionLabel(each) }))}
        />
      </div>
      <FieldRow field={value} value={values.value} edit={editAt("value")} path={[...path, "value"]} isRaw={isRaw} isBare />
    </div>
  );
}
