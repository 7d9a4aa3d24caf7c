/** Small questions about JSON values that controls and views ask. */
import type { Json } from "../model/types";

/** The list with one entry moved. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.filter((_, index) => index !== from);
  const entry = list[from];
  return entry === undefined ? [...list] : [...rest.slice(0, to), entry, ...rest.slice(to)];
}

export type JsonType = "text" | "number" | "boolean" | "list" | "object" | "null";

export function typeOf(value: Json | undefined): JsonType {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "list";
  switch (typeof value) {
    case "string": return "text";
    case "number": return "number";
    case "boolean": return "boolean";
    default: return "object";
  }
}
