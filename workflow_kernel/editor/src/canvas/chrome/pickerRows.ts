/** What the node picker lists: recently used types, triggers, families; a family by itself; what fits a search. */
import { fittingInput, fittingOutput } from "../../model/connect";
import { search } from "../../model/search";
import type { NodeTypeInfo } from "../../model/types";
import { compareFamilies, familyTitle } from "../families";
import type { Picker } from "../state";
import type { CanvasParts } from "../useCanvas";

export type Row =
  | { readonly kind: "type"; readonly info: NodeTypeInfo }
  | { readonly kind: "family"; readonly family: string; readonly title: string; readonly count: number }
  | { readonly kind: "back" };

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** From this many types on, families are listed instead of what is in them. */
const MANY = 90;
const MOST_FOUND = 60;

const rowsOf = (types: readonly NodeTypeInfo[]): readonly Row[] => types.map((info) => ({ kind: "type", info }));

export function sectionsOf(types: readonly NodeTypeInfo[], query: string, family: string | null, recent: readonly string[], isFirst: boolean): readonly Section[] {
  if (query.trim() !== "") {
    const found = search(query, types, (info) => ({ title: info.title, keywords: [...info.keywords, info.type], description: info.description }));
    return found.length === 0 ? [] : [{ title: "Results", rows: rowsOf(found.slice(0, MOST_FOUND)) }];
  }
  const triggers = types.filter((info) => info.is_trigger);
  if (family !== null) {
    const own = family === "trigger" ? triggers : types.filter((info) => info.family === family && !info.is_trigger);
    return [{ title: family === "trigger" ? "Triggers" : familyTitle(family), rows: [{ kind: "back" }, ...rowsOf(own)] }];
  }
  const families = new Map<string, NodeTypeInfo[]>();
  for (const info of types) if (!info.is_trigger) families.set(info.family, [...(families.get(info.family) ?? []), info]);
  const used: Section = { title: "Recently used", rows: rowsOf(recent.flatMap((type) => types.find((info) => info.type === type) ?? [])) };
  const ordered = [...families].sort(([a], [b]) => compareFamilies(a, b));
  const all = types.length > MANY ? folded(ordered, triggers, isFirst) : unfolded(ordered, triggers, isFirst);
  return [used, ...all].filter((section) => section.rows.length > 0);
}

type Families = readonly (readonly [string, readonly NodeTypeInfo[]])[];

function folded(families: Families, triggers: readonly NodeTypeInfo[], isFirst: boolean): readonly Section[] {
  const rows = families.map(([family, members]): Row => ({ kind: "family", family, title: familyTitle(family), count: members.length }));
  const start: Row[] = triggers.length > 0 ? [{ kind: "family", family: "trigger", title: "Triggers", count: triggers.length }] : [];
  return [{ title: "All nodes", rows: isFirst ? [...start, ...rows] : [...rows, ...start] }];
}

function unfolded(families: Families, triggers: readonly NodeTypeInfo[], isFirst: boolean): readonly Section[] {
  const sections = families.map(([family, members]): Section => ({ title: familyTitle(family), rows: rowsOf(members) }));
  const start: Section = { title: "Triggers", rows: rowsOf(triggers) };
  return isFirst ? [start, ...sections] : [...sections, start];
}

/** Only types that can stand at the port or in the edge. */
export function fits(info: NodeTypeInfo, picker: Picker, { editor, actions }: CanvasParts): boolean {
  if (info.type === "flow.placeholder") return false;
  if (picker.place === "panel" || (picker.origin === null && picker.edge === null)) return true;
  const { origin, edge } = picker;
  if (edge !== null) return info.ports.inputs.length > 0 && info.ports.outputs.length > 0;
  const node = origin === null ? undefined : editor.node(origin.node);
  if (origin === null || node === undefined) return true;
  const ports = actions.placement.ports(node);
  const kind = (origin.side === "output" ? ports.outputs : ports.inputs).find((port) => port.name === origin.port)?.kind ?? "any";
  return (origin.side === "output" ? fittingInput(kind, info.ports) : fittingOutput(kind, info.ports)) !== undefined;
}
