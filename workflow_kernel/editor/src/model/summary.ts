/** What a card says of a node's parameters: the few that were set, in the order of the form, short. */
import { isEqual, isObject } from "./json";
import { isExpression } from "./references";
import type { Json, JsonSchema, Node, NodeTypeInfo } from "./types";

export interface SummaryRow {
  readonly label: string;
  readonly value: string;
  readonly isExpression: boolean;
}

const LONGEST = 120;
/** Lists of more entries are counted. */
const MOST_NAMES = 3;
const kept = new WeakMap<Node, { readonly info: NodeTypeInfo | undefined; readonly rows: readonly SummaryRow[] }>();

/** Parameters that differ from their defaults, those of the main part first. */
export function summaryOf(node: Node, info: NodeTypeInfo | undefined): readonly SummaryRow[] {
  const known = kept.get(node);
  if (known !== undefined && known.info === info) return known.rows;
  const rows = makeRows(node, info);
  kept.set(node, { info, rows });
  return rows;
}

function makeRows(node: Node, info: NodeTypeInfo | undefined): readonly SummaryRow[] {
  if (info === undefined) return [];
  const rows: SummaryRow[] = [];
  for (const [name, schema] of Object.entries(info.parameters.properties ?? {})) {
    const value = node.parameters[name];
    if (value === undefined || isEqual(value, schema.default ?? null) || schema.ui?.secret === true) continue;
    // The beginning of a program says little of what it does.
    if (!isShown(schema, node, info) || schema.ui?.widget === "code") continue;
    const shown = shortText(value, schema, info.parameters);
    if (shown !== "") rows.push({ label: labelOf(schema.title ?? name), value: shown, isExpression: isExpression(value) });
  }
  return rows;
}

/** A name as a label: `batch_size` and `Batch Size` are "Batch size". */
function labelOf(name: string): string {
  const words = name.replaceAll("_", " ").replace(/ ([A-Z])(?=[a-z])/g, (_all, letter: string) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function isShown(schema: JsonSchema, node: Node, info: NodeTypeInfo): boolean {
  return Object.entries(schema.ui?.show ?? {}).every(([name, wanted]) => {
    const value = node.parameters[name] ?? info.parameters.properties?.[name]?.default ?? null;
    return Array.isArray(wanted) ? wanted.some((one) => isEqual(one, value)) : isEqual(wanted, value);
  });
}

/** A value in a few words; empty when there is nothing to say. */
function shortText(value: Json, schema: JsonSchema, root: JsonSchema): string {
  if (typeof value === "string" && resolved(schema, root).enum !== undefined && !value.startsWith("=")) return value.replaceAll("_", " ");
  if (typeof value === "string") return value.startsWith("=") ? bare(value) : clip(value.trim().split("\n")[0] ?? "");
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (Array.isArray(value)) {
    const names = value.length <= MOST_NAMES ? value.map(nameOf) : [""];
    return names.includes("") ? countOf(value.length, schema.title ?? "entries") : clip(names.join(", "));
  }
  if (!isObject(value)) return "";
  const list = Object.values(value).find(Array.isArray);
  if (list !== undefined) return list.length === 0 ? "" : conditionText(value) || countOf(list.length, resolved(schema, root).title ?? "entries");
  const keys = Object.keys(value);
  return clip(keys.join(", "));
}

/** What an entry of a list is about: `sum total`, `country`; empty when that cannot be told. */
function nameOf(entry: Json): string {
  if (typeof entry === "string") return isExpression(entry) ? bare(entry) : entry;
  if (typeof entry === "number") return String(entry);
  if (!isObject(entry)) return "";
  const { name, field, aggregation } = entry;
  if (typeof name === "string" && name !== "") return name;
  if (typeof field === "string" && field !== "") return typeof aggregation === "string" ? `${aggregation} ${field}` : field;
  return "";
}

/** `a equals b`, for one condition. */
function conditionText(value: Readonly<Record<string, Json>>): string {
  const { conditions } = value;
  const [only, more] = Array.isArray(conditions) ? conditions : [];
  if (!isObject(only) || more !== undefined || typeof only.operator !== "string") return "";
  const side = (part: Json | undefined): string => (typeof part === "string" ? bare(part) : JSON.stringify(part ?? ""));
  const words = (only.operator.split(".")[1] ?? "").replaceAll("_", " ");
  const isAlone = /^(exists|not exists|empty|not empty|true|false)$/.test(words);
  return clip(`${side(only.left)} ${words}${isAlone ? "" : ` ${side(only.right)}`}`);
}

/** An expression without its braces, where it is a lone one. */
function bare(text: string): string {
  const lone = /^=\s*\{\{([\s\S]*)\}\}\s*$/.exec(text);
  const inner = lone?.[1] !== undefined && !lone[1].includes("{{") ? lone[1].trim() : text.replace(/^=/, "");
  return clip(inner.replace(/\s+/g, " "));
}

function countOf(count: number, noun: string): string {
  const lowered = noun.toLowerCase();
  return `${count} ${count === 1 ? lowered.replace(/ies$/, "y").replace(/s$/, "") : lowered}`;
}

function clip(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.split("/").at(-1) ?? "";
  return { ...root.$defs?.[name], ...schema };
}

/** The line under a node's name: what it does, or what kind of node it is. */
export function subtitleOf(node: Node, info: NodeTypeInfo | undefined): string {
  if (info === undefined) return node.type;
  const said = summaryOf(node, info).slice(0, 2).map((row) => (/^(\d+(\.\d+)?|Yes|No)$/.test(row.value) ? `${row.label}: ${row.value}` : row.value));
  if (said.length > 0) return said.join(" · ");
  return node.name === info.title ? "" : info.title;
}
