/** The fields sample items have, with types and examples; as `describe_fields` in `expressions/completion.py` does. */
import type { Item, Json } from "../model/types";
import { isObject } from "../model/json";
import type { ReferenceEntry } from "../forms";
import { fieldReference } from "../forms/expression";
import { brief } from "../forms/words";

const MOST_FIELDS = 300;
const MOST_LEVELS = 6;
const SAMPLED = 100;
const EXAMPLE = 60;
const DATE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

export interface DataField {
  readonly name: string;
  /** From the item's object to it; into a list, its first entry. */
  readonly path: readonly (string | number)[];
  /** Joined by " or " where there are several. */
  readonly type: string;
  readonly example: string;
  /** How many of the sampled items have it. */
  readonly count: number;
  readonly fields: readonly DataField[];
}

export function describeFields(items: readonly Item[]): DataField[] {
  return fieldsIn(items.slice(0, SAMPLED).map((item) => item.json), [], 0);
}

function fieldsIn(objects: readonly Json[], path: readonly (string | number)[], level: number): DataField[] {
  const values = new Map<string, Json[]>();
  for (const object of objects) {
    if (!isObject(object)) continue;
    for (const [name, value] of Object.entries(object)) {
      const found = values.get(name);
      if (found !== undefined) found.push(value);
      else if (values.size < MOST_FIELDS) values.set(name, [value]);
    }
  }
  return [...values].map(([name, parts]) => fieldOf(name, [...path, name], parts, level));
}

function fieldOf(name: string, path: readonly (string | number)[], parts: readonly Json[], level: number): DataField {
  const objects = parts.filter(isObject);
  const listed = parts.flatMap((part) => (Array.isArray(part) ? part.slice(0, SAMPLED) : [])).filter(isObject);
  const inner = objects.length > 0 ? fieldsIn(objects, path, level + 1) : fieldsIn(listed, [...path, 0], level + 1);
  return { name, path, type: typesOf(parts), example: exampleOf(parts), count: parts.length, fields: level < MOST_LEVELS ? inner : [] };
}

export function typeName(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return DATE.test(value) ? "date" : "text";
  return typeof value === "object" ? "object" : typeof value;
}

/** The types of values; null only when there is nothing else. */
export function typesOf(values: readonly Json[]): string {
  const names = new Set(values.map(typeName));
  if (names.size > 1) names.delete("null");
  // A text that looks like a date among others that do not is a text.
  if (names.has("text")) names.delete("date");
  return [...names].join(" or ");
}

function exampleOf(values: readonly Json[]): string {
  const isFull = (value: Json) => value !== null && value !== "" && !(Array.isArray(value) && value.length === 0) && !(isObject(value) && Object.keys(value).length === 0);
  return brief(values.find(isFull) ?? values[0], EXAMPLE);
}

/** The fields as entries of a reference picker. `node` is the earlier node they are of; null for the own input. */
export function entriesOf(fields: readonly DataField[], node: string | null): ReferenceEntry[] {
  return fields.map((field) => ({
    reference: fieldReference(node, field.path), type: field.type, example: field.example, fields: entriesOf(field.fields, node),
  }));
}
