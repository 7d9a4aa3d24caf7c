/** JSON values: equality, setting a part by its path without changing the value, and finding texts. */
import type { Json, JsonObject, Path } from "./types";

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether two JSON values are equal; the order of keys does not matter. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((part, index) => isEqual(part, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return a === 0 && b === 0;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]));
}

/** A change that does not fit the value or workflow it is made to. */
export class RefusedError extends Error {
  constructor(
    message: string,
    readonly mend: string,
  ) {
    super(message);
    this.name = "RefusedError";
  }
}

/**
 * A copy of a value with the part at a path set, or taken away for undefined. Untouched parts are shared.
 * Throws `RefusedError` where the path leads into something that has no such part.
 */
export function setAt(tree: Json, path: Path, value: Json | undefined): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value ?? (value === undefined ? {} : null);
  if (isObject(tree) && typeof key === "string") {
    const entries = new Map(Object.entries(tree));
    if (value === undefined && rest.length === 0) entries.delete(key);
    else if (value !== undefined || entries.has(key)) entries.set(key, setAt(entries.get(key) ?? {}, rest, value));
    return Object.fromEntries(entries);
  }
  if (Array.isArray(tree) && typeof key === "number" && key >= 0 && key < tree.length) {
    const copy = [...tree];
    if (value === undefined && rest.length === 0) copy.splice(key, 1);
    else copy[key] = setAt(tree[key] ?? null, rest, value);
    return copy;
  }
  throw new RefusedError(`There is no part '${key}' here.`, "Set the whole list or object instead.");
}

/**
 * Path and value that undo `setAt`. A key that goes away is brought back with the whole object it stood in, so that it
 * comes back in its place.
 */
export function undoAt(tree: Json, path: Path, value: Json | undefined): readonly [Path, Json | undefined] {
  let part: Json = tree;
  for (const [depth, key] of path.entries()) {
    const isLast = depth === path.length - 1;
    if (isObject(part) && !Object.hasOwn(part, key)) {
      return value === undefined ? [path.slice(0, depth), part] : [path.slice(0, depth + 1), undefined];
    }
    if (isLast && value === undefined) return [path.slice(0, depth), part];
    const next: Json | undefined = getAt(part, [key]);
    if (next === undefined) break;
    part = next;
  }
  return [path, part];
}

/** The part at a path; undefined when there is none. */
export function getAt(tree: Json | undefined, path: Path): Json | undefined {
  let part: Json | undefined = tree;
  for (const key of path) {
    if (Array.isArray(part) && typeof key === "number") part = part[key];
    else if (isObject(part) && Object.hasOwn(part, key)) part = part[key];
    else return undefined;
  }
  return part;
}

/** Every text in a value with its path. */
export function* texts(value: Json, path: Path = []): Generator<readonly [Path, string]> {
  if (typeof value === "string") yield [path, value];
  else if (Array.isArray(value)) for (const [index, part] of value.entries()) yield* texts(part, [...path, index]);
  else if (isObject(value)) for (const [key, part] of Object.entries(value)) yield* texts(part, [...path, key]);
}
