/** JSON values as lines that fold, for a view that draws only those in sight. */
import type { Json, Path } from "../model/types";
import { isObject } from "../model/json";

export interface JsonLine {
  readonly key: string;
  readonly path: Path;
  readonly depth: number;
  /** The name or index before the value; null for the value as a whole and for closing brackets. */
  readonly name: string | number | null;
  readonly kind: "open" | "closed" | "close" | "leaf";
  readonly value: Json;
  /** Which bracket. */
  readonly bracket: string;
  /** Of entries inside. */
  readonly count: number;
  readonly isLast: boolean;
}

export type Folds = ReadonlyMap<string, boolean>;

const OPEN_DEPTH = 3;
const MOST_OPEN = 200;

export function keyOf(path: Path): string {
  return path.map((step) => (typeof step === "number" ? `#${step}` : `.${step}`)).join("");
}

/** The lines of a value. `folds` says what has been opened (true) or folded (false) by hand. */
export function linesOf(value: Json, folds: Folds, path: Path = [], name: string | number | null = null): JsonLine[] {
  const lines: JsonLine[] = [];
  add(lines, value, folds, path, name, 0, true);
  return lines;
}

function add(lines: JsonLine[], value: Json, folds: Folds, path: Path, name: string | number | null, depth: number, isLast: boolean): void {
  const key = keyOf(path);
  const isList = Array.isArray(value);
  if (!isList && !isObject(value)) {
    lines.push({ key, path, depth, name, kind: "leaf", value, bracket: "", count: 0, isLast });
    return;
  }
  const entries: readonly (readonly [string | number, Json])[] = isList ? value.map((each, index) => [index, each] as const) : Object.entries(value);
  const shared = { path, depth, name, value, count: entries.length };
  const isOpen = folds.get(key) ?? (depth < OPEN_DEPTH && entries.length <= MOST_OPEN);
  if (!isOpen || entries.length === 0) {
    lines.push({ ...shared, key, kind: "closed", bracket: isList ? "[]" : "{}", isLast });
    return;
  }
  lines.push({ ...shared, key, kind: "open", bracket: isList ? "[" : "{", isLast });
  for (const [index, [inner, part]] of entries.entries()) add(lines, part, folds, [...path, inner], inner, depth + 1, index === entries.length - 1);
  lines.push({ ...shared, key: `${key}/`, kind: "close", name: null, bracket: isList ? "]" : "}", isLast });
}
