/** Items as text for the clipboard and for files. */
import type { Item, Json } from "../model/types";
import { cellOf } from "./columns";

export function asJson(items: readonly Item[]): string {
  return JSON.stringify(items.map((item) => item.json), null, 2);
}

/** Rows of a table, separated by commas or (as spreadsheets paste them) tabs. */
export function asTable(items: readonly Item[], columns: readonly string[], separator: "," | "\t"): string {
  const line = (cells: readonly (Json | undefined)[]) => cells.map((cell) => quoted(plain(cell), separator)).join(separator);
  return [line([...columns]), ...items.map((item) => line(columns.map((name) => cellOf(item, name))))].join("\n");
}

/** A value as it is copied out of a cell. */
export function plain(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function quoted(text: string, separator: string): string {
  return text.includes(separator) || text.includes("\n") || text.includes('"') ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Puts a text on the clipboard; gives false where the browser does not allow it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // pages without TLS have no clipboard of their own
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.cssText = "position:fixed;opacity:0";
  document.body.append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is no other way on pages without TLS
  const isDone = document.execCommand("copy");
  area.remove();
  return isDone;
}

export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
