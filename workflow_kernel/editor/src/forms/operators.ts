/** The operators of conditions in words, by the type they compare; see `sdk/conditions_operations.py`. */
import type { Shape } from "./schema";
import { optionLabel } from "./words";

const TYPES: Readonly<Record<string, string>> = {
  any: "Anything", string: "Text", number: "Number", date: "Date", boolean: "Yes or no", array: "List", object: "Object",
};

const WORDS: Readonly<Record<string, string>> = {
  exists: "exists", not_exists: "does not exist", empty: "is empty", not_empty: "is not empty", equals: "is equal to", not_equals: "is not equal to",
  contains: "contains", not_contains: "does not contain", starts_with: "starts with", not_starts_with: "does not start with", ends_with: "ends with",
  not_ends_with: "does not end with", matches: "matches the pattern", not_matches: "does not match the pattern", larger: "is larger than",
  smaller: "is smaller than", larger_or_equal: "is at least", smaller_or_equal: "is at most", after: "is after", before: "is before",
  after_or_equal: "is at or after", before_or_equal: "is at or before", true: "is true", false: "is false", length_equals: "has the length",
  length_not_equals: "has not the length", length_larger: "is longer than", length_smaller: "is shorter than", length_larger_or_equal: "has at least the length",
  length_smaller_or_equal: "has at most the length",
};

const UNARY = new Set(["exists", "not_exists", "empty", "not_empty", "true", "false"]);

export interface Operator {
  readonly name: string;
  readonly type: string;
  readonly typeLabel: string;
  readonly label: string;
}

export function operatorOf(name: string): Operator {
  const [type = "any", comparison = ""] = name.split(/\.(.*)/);
  return { name, type, typeLabel: TYPES[type] ?? optionLabel(type), label: WORDS[comparison] ?? optionLabel(comparison).toLowerCase() };
}

/** Whether an operator looks at its left side alone. */
export function isUnary(name: string): boolean {
  return UNARY.has(name.slice(name.indexOf(".") + 1));
}

/** The same comparison for another type, else that type's first one that is often wanted. */
export function operatorFor(type: string, name: string, known: readonly string[]): string {
  const same = `${type}.${name.slice(name.indexOf(".") + 1)}`;
  if (known.includes(same)) return same;
  return known.find((each) => each === `${type}.equals`) ?? known.find((each) => each.startsWith(`${type}.`)) ?? name;
}

/** How the right side is edited. */
export function rightShape(name: string): Shape {
  const { type } = operatorOf(name);
  if (type === "number" || name.startsWith("array.length")) return { kind: "number", integer: false, slider: false };
  if (type === "boolean") return { kind: "choice", choices: [{ value: true, label: "Yes" }, { value: false, label: "No" }] };
  if (type === "date") return { kind: "date" };
  return type === "string" ? { kind: "text" } : { kind: "any" };
}
