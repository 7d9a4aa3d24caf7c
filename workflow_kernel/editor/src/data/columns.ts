/** The columns of a table view: from the table's own, or from the fields of the items seen so far. */
import type { Item, Json } from "../model/types";
import { isObject } from "../model/json";
import type { PagesState } from "./pages";
import { typesOf } from "./fields";

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly width: number;
}

/** Stands for the whole value where items are no objects. */
export const VALUE = "value";
const SAMPLED = 60;
const LETTER = 7.2;
const LEAST = 84;
const MOST = 300;

export function columnsOf(state: PagesState): Column[] {
  const pages = [...state.pages.values()];
  const sample = (pages[0] ?? []).slice(0, SAMPLED);
  const names = new Set(state.columns?.map((column) => column.name));
  for (const page of pages) for (const item of page) for (const name of namesIn(item.json)) names.add(name);
  return [...names].map((name) => {
    const values = sample.map((item) => cellOf(item, name)).filter((value) => value !== undefined);
    const type = state.columns?.find((column) => column.name === name)?.type ?? typesOf(values);
    return { name, type, width: widthOf(name, values) };
  });
}

function namesIn(json: Json): readonly string[] {
  return isObject(json) ? Object.keys(json) : [VALUE];
}

export function cellOf(item: Item, name: string): Json | undefined {
  if (isObject(item.json)) return Object.hasOwn(item.json, name) ? item.json[name] : undefined;
  return name === VALUE ? item.json : undefined;
}

function widthOf(name: string, values: readonly Json[]): number {
  const longest = values.reduce<number>((most, value) => Math.max(most, cellText(value).length), 0);
  return Math.round(Math.min(Math.max(name.length * LETTER + 44, longest * LETTER + 22, LEAST), MOST));
}

/** What a cell shows of a value. */
export function cellText(value: Json | undefined): string {
  if (value === undefined) return "";
  if (value === null) return "null";
  if (typeof value === "string") return value.replaceAll("\n", " ↵ ");
  return JSON.stringify(value);
}
