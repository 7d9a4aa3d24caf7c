/**
 * What can be told to be wrong with a value before the host has looked at it. The host's own check knows more and comes
 * later; where both tell of the same place, the host's words are shown.
 */
import type { Json, JsonSchema, Problem } from "../model/types";
import { isExpression } from "./expression";
import type { Field } from "./schema";
import { isEqual, isObject } from "../model/json";
import { brief } from "./words";

/** What is wrong with a field's own value, not with what is inside it; null when nothing is. */
export function checkField(field: Field, value: Json | undefined): string | null {
  if (value === undefined) return field.required ? `${field.title} is needed.` : null;
  if (isExpression(value)) return value === "=" && field.required ? `${field.title} is needed.` : null;
  if (field.required && field.schema.type === "string" && isEqual(value, "")) return `${field.title} is needed.`;
  return checkValue(field.schema, value);
}

export function checkValue(schema: JsonSchema, value: Json): string | null {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) {
    const found = branches.map((branch) => checkValue(branch, value));
    return found.includes(null) ? null : (found.find((message) => message !== null) ?? null);
  }
  if (schema.const !== undefined) return isEqual(schema.const, value) ? null : `'${brief(value)}' is none of the choices.`;
  if (schema.enum !== undefined && !schema.enum.includes(value)) return `'${brief(value)}' is none of the choices.`;
  switch (schema.type) {
    case "integer":
    case "number":
      return checkNumber(schema, value);
    case "string":
      return typeof value === "string" ? checkText(schema, value) : "This takes a text.";
    case "boolean":
      return typeof value === "boolean" ? null : "This takes yes or no.";
    case "array":
      return Array.isArray(value) ? null : "This takes a list.";
    case "object":
      return isObject(value) ? null : "This takes an object.";
    case "null":
      return value === null ? null : "This takes nothing.";
    default:
      return null;
  }
}

function checkNumber(schema: JsonSchema, value: Json): string | null {
  if (typeof value !== "number") return "This takes a number.";
  if (schema.type === "integer" && !Number.isInteger(value)) return "This takes a whole number.";
  if (schema.minimum !== undefined && value < schema.minimum) return `This must be at least ${schema.minimum}.`;
  if (schema.maximum !== undefined && value > schema.maximum) return `This must be at most ${schema.maximum}.`;
  if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum) return `This must be more than ${schema.exclusiveMinimum}.`;
  if (schema.exclusiveMaximum !== undefined && value >= schema.exclusiveMaximum) return `This must be less than ${schema.exclusiveMaximum}.`;
  return null;
}

function checkText(schema: JsonSchema, value: string): string | null {
  if (schema.minLength !== undefined && value.length < schema.minLength) return value === "" ? "This must not be empty." : `This must have at least ${schema.minLength} characters.`;
  if (schema.maxLength !== undefined && value.length > schema.maxLength) return `This must have at most ${schema.maxLength} characters.`;
  if (schema.pattern !== undefined && !fits(schema.pattern, value)) return `'${value}' has not the form that is needed here.`;
  return null;
}

function fits(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true; // a pattern of another language; the host checks it
  }
}

/** The problems of one node by the path of their field below its parameters. */
export type ProblemsByPath = ReadonlyMap<string, readonly Problem[]>;

export function byPath(problems: readonly Problem[], node: string): ProblemsByPath {
  const found = new Map<string, Problem[]>();
  for (const problem of problems) {
    if (problem.node !== node) continue;
    const path = problem.field.replace(/^parameters\.?/, "");
    found.set(path, [...(found.get(path) ?? []), problem]);
  }
  return found;
}

/** Whether something is wrong at a path or below it. */
export function isTroubled(problems: ProblemsByPath, path: string): boolean {
  return [...problems.keys()].some((key) => key === path || key.startsWith(`${path}.`));
}
