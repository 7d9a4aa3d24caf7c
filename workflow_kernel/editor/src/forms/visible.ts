/** Which fields of a model are shown, by what stands in the others. */
import type { Json, JsonObject } from "../model/types";
import { isExpression } from "./expression";
import type { Field } from "./schema";
import { isEqual } from "../model/json";

/** What a field holds: its value, else its default. */
export function valueOf(field: Field, values: Readonly<JsonObject>): Json | undefined {
  return Object.hasOwn(values, field.name) ? values[field.name] : field.default;
}

/** The fields to show. What an expression will give is not known here, so a field that hangs on one is shown. */
export function visibleFields(fields: readonly Field[], values: Readonly<JsonObject>): Field[] {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const shown = new Map<string, boolean>();
  const isShown = (field: Field): boolean => {
    const known = shown.get(field.name);
    if (known !== undefined) return known;
    shown.set(field.name, true); // two fields that hang on each other are both shown
    const result = Object.entries(field.hints.show ?? {}).every(([name, wanted]) => {
      const other = byName.get(name);
      return other !== undefined && isShown(other) && matches(valueOf(other, values), wanted);
    });
    shown.set(field.name, result);
    return result;
  };
  return fields.filter(isShown);
}

function matches(value: Json | undefined, wanted: Json): boolean {
  if (isExpression(value)) return true;
  return Array.isArray(wanted) ? wanted.some((each) => isEqual(each, value ?? null)) : isEqual(wanted, value ?? null);
}
