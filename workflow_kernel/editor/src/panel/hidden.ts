/** Parameters that are set but that no field of the form shows: unknown ones, and those whose condition does not hold. */
import { fieldsOf } from "../forms/schema";
import { visibleFields } from "../forms/visible";
import type { JsonObject, JsonSchema, Problem } from "../model/types";

export type Drawn = ReadonlySet<string> | null;

/** Names of the parameters that have a field in the form. */
export function drawnParameters(schema: JsonSchema, parameters: Readonly<JsonObject>): Drawn {
  return new Set(visibleFields(fieldsOf(schema, schema.$defs ?? {}), parameters).map((field) => field.name));
}

/** The parameter a problem is about, where no field can show it; else null. */
export function hiddenParameter(problem: Problem, drawn: Drawn): string | null {
  const name = /^parameters\.([^.]+)/.exec(problem.field)?.[1];
  return name === undefined || drawn === null || drawn.has(name) ? null : name;
}
