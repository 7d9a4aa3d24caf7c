/**
 * Names and values, as an object; as a list of pairs where names repeat and the schema has such a list. Rows whose name
 * is not written yet are kept here until it is.
 */
import { useState } from "react";
import type { Json, JsonObject, Path } from "../../model/types";
import { isEqual, isObject } from "../../model/json";
import type { ControlProps, ShapeOf } from "../Control";
import { useForm } from "../context";
import { FieldRow } from "../FieldRow";
import { AddButton } from "../parts/AddButton";
import { Entries } from "../parts/Entries";
import type { Definitions, Field, Shape } from "../schema";
import { fieldsOf, shapeOf } from "../schema";
import { useKeys } from "../useKeys";
import { moved } from "../values";
import { JsonControl } from "./JsonControl";
import { singular } from "./ListControl";

interface Pair {
  readonly name: string;
  readonly value: Json;
  /** What a pair has besides. */
  readonly rest: JsonObject;
}

type KeyValue = ShapeOf<"key-value">;

export function KeyValueControl(props: ControlProps<KeyValue>) {
  // A text holds the JSON of an object; it is edited as what it is.
  return typeof props.value === "string" && props.value !== "" ? <JsonControl {...props} schema={{}} /> : <Pairs {...props} />;
}

function Pairs({ shape, schema, value, edit, title, path, labelledBy, isDisabled, isRaw }: ControlProps<KeyValue>) {
  const { definitions } = useForm();
  const [rows, setRows] = useState<readonly Pair[]>(() => pairsIn(value, shape));
  const [seen, setSeen] = useState(value);
  // Something else has changed the value: undo, somebody else, a reset.
  if (!isEqual(seen, value)) {
    setSeen(value);
    if (!isEqual(written(rows, shape, value), value)) setRows(pairsIn(value, shape));
  }
  const keys = useKeys(rows.length);
  const change = (next: readonly Pair[]) => {
    setRows(next);
    const made = written(next, shape, value);
    // Nothing at all is the default again, where that says something else than an empty object.
    const isNothing = Object.keys(made).length === 0 && (value === undefined || schema.default === null);
    setSeen(isNothing ? (schema.default ?? undefined) : made);
    if (isNothing ? value !== undefined && value !== null : !isEqual(made, value)) edit(isNothing ? undefined : made);
  };
  const set = (index: number, part: Partial<Pair>) => { change(rows.map((row, position) => (position === index ? { ...row, ...part } : row))); };
  const add = (pair: Pair) => {
    keys.insert(rows.length);
    change([...rows, pair]);
  };
  const extra = extraField(shape, definitions);
  return (
    <div className="wf-list" data-empty={rows.length === 0 || undefined}>
      <Entries
        keys={keys.all} layout="row" isDisabled={isDisabled} labelledBy={labelledBy} nameOf={(index) => rows[index]?.name ?? ""}
        onMove={(from, to) => { keys.move(from, to); change(moved(rows, from, to)); }}
        onRemove={(index) => { keys.remove(index); change(rows.filter((_, position) => position !== index)); }}
      >
        {(index) => {
          const row = rows[index];
          if (row === undefined) return null;
          const isTwice = shape.pairs === null && rows.some((other, position) => position < index && other.name === row.name && row.name !== "");
          return (
            <div className="wf-row wf-pair">
              <div className="wf-field" data-bare="true">
                <input
                  className="wf-input" value={row.name} placeholder="Name" aria-label={`Name ${index + 1} of ${title}`} disabled={isDisabled} spellCheck={false}
                  aria-invalid={isTwice || undefined} onChange={(event) => { set(index, { name: event.target.value }); }}
                />
                {isTwice && <p className="wf-field-problem" data-severity="error">This name is used twice; the last one holds.</p>}
              </div>
              <FieldRow
                field={valueField(row.name, title, shape.value)} value={row.value} path={[...path, ...stepTo(value, index, row.name, shape)]} isRaw={isRaw} isBare
                edit={(part) => { set(index, { value: part ?? "" }); }}
              />
              {extra !== null && row.rest[extra.name] !== undefined && row.rest[extra.name] !== null && (
                <FieldRow field={extra} value={row.rest[extra.name]} path={[...path, index, extra.name]} isRaw={isRaw} isBare edit={(part) => { set(index, { rest: { ...row.rest, [extra.name]: part ?? null } }); }} />
              )}
            </div>
          );
        }}
      </Entries>
      {!isDisabled && (
        <AddButton
          label={`Add ${singular(title)}`} onAdd={() => { add({ name: "", value: "", rest: {} }); }}
          onDrop={isRaw ? undefined : (reference) => { add({ name: reference.name, value: `={{ ${reference.code} }}`, rest: {} }); }}
        />
      )}
    </div>
  );
}

function valueField(name: string, title: string, shape: Shape): Field {
  const schema = shape.kind === "any" ? {} : { type: shape.kind === "number" ? "number" : "string" };
  return { name, title: name === "" ? `Value of ${title}` : `Value of ${name}`, description: "", schema, shape, hints: { placeholder: "Value" }, required: false, nullable: false, default: undefined };
}

/** The first field of a pair besides its name and value, such as the attachment of a multipart body. */
function extraField(shape: KeyValue, definitions: Definitions): Field | null {
  const { pairs } = shape;
  if (pairs === null) return null;
  const found = fieldsOf(pairs.model, definitions).find((field) => field.name !== pairs.name && field.name !== pairs.value);
  return found === undefined ? null : { ...found, shape: shapeOf(found.schema, definitions), hints: { ...found.hints, placeholder: found.title } };
}

function stepTo(value: Json | undefined, index: number, name: string, shape: KeyValue): Path {
  return Array.isArray(value) ? [index, shape.pairs?.value ?? "value"] : [name];
}

function pairsIn(value: Json | undefined, { pairs }: KeyValue): Pair[] {
  if (Array.isArray(value)) {
    const [nameKey, valueKey] = [pairs?.name ?? "name", pairs?.value ?? "value"];
    return value.filter(isObject).map(({ [nameKey]: name, [valueKey]: inner, ...rest }) => ({ name: typeof name === "string" ? name : "", value: inner ?? "", rest }));
  }
  return isObject(value) ? Object.entries(value).map(([name, inner]) => ({ name, value: inner, rest: {} })) : [];
}

/** The rows as a value: an object where that can hold them, in the form it had before. */
function written(rows: readonly Pair[], shape: KeyValue, before: Json | undefined): JsonObject | JsonObject[] {
  const named = rows.filter((row) => row.name !== "");
  const names = new Set(named.map((row) => row.name));
  const { pairs } = shape;
  const needsPairs = !shape.isObject || Array.isArray(before) || names.size < named.length || named.some((row) => Object.keys(row.rest).length > 0);
  if (pairs !== null && needsPairs) return named.map((row) => ({ [pairs.name]: row.name, [pairs.value]: row.value, ...row.rest }));
  return Object.fromEntries(named.map((row) => [row.name, row.value]));
}
