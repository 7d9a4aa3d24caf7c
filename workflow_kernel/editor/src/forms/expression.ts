/**
 * Texts of expressions: what is code in them, how a fixed value becomes one and back. The rules of
 * `workflow_kernel/expressions/parse.py`. Nothing is evaluated here; see `HostClient.expressions`.
 */
import type { Json, Language } from "../model/types";
import { isObject } from "../model/json";
import { isExpression, split } from "../model/references";

export { isExpression };

/** Whether a place in the text lies in code, so that a reference needs no braces of its own. */
export function isInCode(text: string, position: number): boolean {
  return split(text).some((part) => part.isCode && position >= part.start && position <= part.start + part.text.length);
}

/** The expression that gives a fixed value. */
export function toExpression(value: Json | undefined, language: Language): string {
  if (value === undefined || value === null || value === "") return "=";
  if (typeof value === "string") return value.startsWith("=") ? value : `=${value}`;
  return `={{ ${literal(value, language)} }}`;
}

/** A value as it is written in code. */
export function literal(value: Json, language: Language): string {
  if (language === "javascript") return JSON.stringify(value);
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map((each) => literal(each, language)).join(", ")}]`;
  if (isObject(value)) return `{${Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${literal(each, language)}`).join(", ")}}`;
  return JSON.stringify(value);
}

/** The fixed value an expression stands for, where that can be told without evaluating; undefined where not. */
export function toFixed(text: string): Json | undefined {
  const parts = split(text);
  const [only] = parts;
  if (parts.length === 1 && only?.isCode === true) return readLiteral(only.text);
  if (parts.some((part) => part.isCode)) return undefined;
  return text.slice(1).replaceAll("\\{{", "{{");
}

const PYTHON_WORDS = /"(?:[^"\\]|\\.)*"|\b(?:True|False|None)\b/g;
const JSON_WORD: Readonly<Record<string, string>> = { True: "true", False: "false", None: "null" };

function readLiteral(code: string): Json | undefined {
  try {
    return JSON.parse(code.replace(PYTHON_WORDS, (word) => JSON_WORD[word] ?? word)) as Json;
  } catch {
    return undefined;
  }
}

/** The text of a path from an item's JSON: `$json.a["first name"][0]`. */
export function pathText(base: string, path: readonly (string | number)[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    // A leading underscore is private in Python expressions, so such names go in brackets.
    return /^[A-Za-z$][A-Za-z0-9_$]*$/.test(step) ? `${text}.${step}` : `${text}[${JSON.stringify(step)}]`;
  }, base);
}

/** Something that code can name: a field of an item, as it is dragged from the data to a form, or a variable. */
export interface Reference {
  readonly code: string;
  /** Its last name, for naming a new field after it. */
  readonly name: string;
}

/** A field of the items of the node's own input, or (by name) of an earlier node. */
export function fieldReference(node: string | null, path: readonly (string | number)[]): Reference {
  const base = node === null ? "$json" : `$(${quoted(node)}).item.json`;
  const name = [...path].reverse().find((step) => typeof step === "string");
  return { code: pathText(base, path), name: typeof name === "string" ? name : "value" };
}

function quoted(name: string): string {
  return name.includes("'") ? JSON.stringify(name) : `'${name}'`;
}

/** A field's value with a reference put in: in place of it, or at the end of a text that stays. */
export function withReference(value: Json | undefined, reference: Reference, keepsText: boolean): string {
  const code = `{{ ${reference.code} }}`;
  if (typeof value !== "string" || value === "" || value === "=") return `=${code}`;
  if (value.startsWith("=")) return `${value}${code}`;
  return keepsText ? `=${value}${code}` : `=${code}`;
}

/** What is put into the text of an expression at a place, so that it names the reference. */
export function insertionAt(text: string, position: number, reference: Reference): string {
  return isInCode(text, position) ? reference.code : `{{ ${reference.code} }}`;
}
