/**
 * JSON values as Yjs types and back. Objects become maps and texts of several lines become shared texts, so that two
 * people's edits merge; lists and everything else are one value, of which the last one set wins. Writing a value over
 * another one touches only what differs, so that peers' cursors and undo steps survive.
 */
import * as Y from "yjs";
import { isEqual, isObject } from "./json";
import type { Json, JsonObject } from "./types";

export type SharedMap = Y.Map<unknown>;

/** A value as it is put into a map of the document. */
export function toShared(value: Json): unknown {
  if (typeof value === "string" && value.includes("\n")) return new Y.Text(value);
  if (!isObject(value)) return value;
  const map = new Y.Map<unknown>();
  for (const [key, part] of Object.entries(value)) map.set(key, toShared(part));
  return map;
}

/** The plain value of what a map of the document holds. */
export function fromShared(value: unknown): Json {
  if (value instanceof Y.Text) return value.toJSON();
  if (value instanceof Y.Map) return readMap(value);
  if (value instanceof Y.Array) return value.toArray().map(fromShared);
  return value === undefined ? null : (value as Json);
}

export function readMap(map: SharedMap): JsonObject {
  return Object.fromEntries([...map.entries()].map(([key, part]) => [key, fromShared(part)]));
}

/** Make a key of a map hold a value; undefined takes it away. Nothing is written where it holds that value already. */
export function put(map: SharedMap, key: string, value: Json | undefined): void {
  if (value === undefined) {
    if (map.has(key)) map.delete(key);
    return;
  }
  const present = map.get(key);
  if (present instanceof Y.Map && isObject(value)) putAll(present, value);
  else if (present instanceof Y.Text && typeof value === "string") putText(present, value);
  else if (!map.has(key) || !isEqual(fromShared(present), value)) map.set(key, toShared(value));
}

/** Make a map hold exactly the keys and values of an object. */
export function putAll(map: SharedMap, value: JsonObject): void {
  for (const key of [...map.keys()]) if (!Object.hasOwn(value, key)) map.delete(key);
  for (const [key, part] of Object.entries(value)) put(map, key, part);
}

/** Make a shared text read as a text, by one deletion and one insertion between what they have in common. */
export function putText(shared: Y.Text, text: string): void {
  const present = shared.toJSON();
  if (present === text) return;
  const most = Math.min(present.length, text.length);
  let before = 0;
  while (before < most && present[before] === text[before]) before += 1;
  let after = 0;
  while (after < most - before && present[present.length - 1 - after] === text[text.length - 1 - after]) after += 1;
  // Half of a surrogate pair must not be left alone.
  if (before > 0 && isHighSurrogate(present.charCodeAt(before - 1))) before -= 1;
  if (after > 0 && isLowSurrogate(present.charCodeAt(present.length - after))) after -= 1;
  const removed = present.length - before - after;
  if (removed > 0) shared.delete(before, removed);
  const added = text.slice(before, text.length - after);
  if (added !== "") shared.insert(before, added);
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;
