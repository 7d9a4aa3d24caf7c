/**
 * The text of a `.flow` file, laid out for people and for git: one node per block, one field per line, small lists and
 * edges on one line; the same as `workflow_kernel/graph/layout_text.py` writes.
 */
import { isObject } from "./json";
import type { Json, JsonObject } from "./types";

const WIDTH = 100;

export function writeText(document: JsonObject): string {
  return `${lines(document, 0)}\n`;
}

/** The document in a text; null where it is none. An empty file is an empty workflow. */
export function readText(text: string): JsonObject | null {
  if (text.trim() === "") return {};
  try {
    const value = JSON.parse(text) as Json;
    const isFlow = isObject(value) && typeof value.format === "string" && value.format.startsWith("workflow/");
    return isFlow ? value : null;
  } catch {
    return null;
  }
}

function lines(value: Json, depth: number): string {
  const line = oneLine(value, WIDTH - 2 * depth);
  if (line !== null) return line;
  const pad = "  ".repeat(depth + 1);
  const end = "  ".repeat(depth);
  if (Array.isArray(value)) {
    return `[\n${value.map((child) => pad + lines(child, depth + 1)).join(",\n")}\n${end}]`;
  }
  const entries = Object.entries(value as JsonObject).map(([key, child]) => `${pad}${JSON.stringify(key)}: ${lines(child ?? null, depth + 1)}`);
  return `{\n${entries.join(",\n")}\n${end}}`;
}

/** The value on one line, where it reads well there. */
function oneLine(value: Json, width: number): string | null {
  if (isObject(value)) {
    if (isEdge(value)) return `{"source": ${list(value.source as Json[])}, "target": ${list(value.target as Json[])}}`;
    return Object.keys(value).length === 0 ? "{}" : null;
  }
  if (!Array.isArray(value)) return JSON.stringify(value);
  if (value.some((child) => typeof child === "object" && child !== null)) return null;
  const line = list(value);
  return Array.from(line).length <= width || value.length === 0 ? line : null;
}

const list = (values: readonly Json[]): string => `[${values.map((child) => JSON.stringify(child)).join(", ")}]`;

function isEdge(value: JsonObject): boolean {
  const [first, second, ...more] = Object.entries(value);
  const isEnd = (end: Json | undefined): boolean => Array.isArray(end) && end.length === 2 && end.every((part) => typeof part === "string");
  return first?.[0] === "source" && second?.[0] === "target" && more.length === 0 && isEnd(first[1]) && isEnd(second[1]);
}
