/**
 * Differences between two documents, as small as they can be sent: for each part that differs, what is there now by
 * id; null where it is gone. `workflow_kernel/notebook/patch.py` makes and takes the same ones.
 */
import { isEqual, isObject } from "./json";
import type { Json, JsonObject } from "./types";

export type Patch = Record<string, Record<string, Json>>;

const PARTS: readonly string[] = ["nodes", "edges", "notes", "groups"];
const ALL: readonly string[] = ["details", ...PARTS];

/** What turns one document into another; empty where they are equal. */
export function difference(before: JsonObject, after: JsonObject): Patch {
  const patch: Patch = {};
  for (const name of ALL) {
    const [old, now] = [partOf(before, name), partOf(after, name)];
    const changes: Record<string, Json> = {};
    for (const [key, value] of Object.entries(now)) {
      if (!Object.hasOwn(old, key) || !isEqual(old[key], value)) changes[key] = value ?? null;
    }
    for (const key of Object.keys(old)) {
      if (!Object.hasOwn(now, key)) changes[key] = null;
    }
    if (Object.keys(changes).length > 0) patch[name] = changes;
  }
  return patch;
}

/** A document with a patch; what the patch does not name stays, and edges without ends go. */
export function merged(document: JsonObject, patch: Patch): JsonObject {
  const parts = Object.fromEntries(ALL.map((name) => [name, applied(partOf(document, name), patch[name] ?? {})]));
  const nodes = parts.nodes ?? {};
  const hasNode = (end: Json | undefined): boolean => Array.isArray(end) && typeof end[0] === "string" && Object.hasOwn(nodes, end[0]);
  const edges = Object.values(parts.edges ?? {}).filter((edge) => isObject(edge) && hasNode(edge.source) && hasNode(edge.target));
  return { ...parts.details, nodes, edges, notes: parts.notes ?? {}, groups: parts.groups ?? {} };
}

function applied(part: JsonObject, changes: JsonObject): JsonObject {
  const found = new Map(Object.entries(part));
  for (const [key, value] of Object.entries(changes)) {
    if ((value ?? null) === null) found.delete(key);
    else found.set(key, value ?? null);
  }
  return Object.fromEntries(found);
}

/** A part by id. Edges have none: their ends stand for one, written as Python's json does. */
function partOf(document: JsonObject, name: string): JsonObject {
  if (name === "details") return Object.fromEntries(Object.entries(document).filter(([key]) => !PARTS.includes(key)));
  const part = document[name];
  if (name !== "edges") return isObject(part) ? part : {};
  const edges = Array.isArray(part) ? part.filter(isObject) : [];
  return Object.fromEntries(edges.map((edge) => [edgeKey(edge), edge]));
}

function edgeKey({ source, target }: JsonObject): string {
  const end = (value: Json | undefined): string => `[${(Array.isArray(value) ? value : []).map((part) => ascii(JSON.stringify(part))).join(", ")}]`;
  return `[${end(source)}, ${end(target)}]`;
}

const ascii = (text: string): string => text.replace(/[\u007f-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
