/** What differs between two versions of a workflow: marks for the canvas, the fields of each node, what is gone. */
import { isEqual, isObject } from "./json";
import type { Edge, Json, JsonObject, Node, Path, Workflow } from "./types";

export type Mark = "added" | "changed" | "moved" | "removed";

export interface FieldChange {
  readonly path: Path;
  /** Undefined where it was not set. */
  readonly before: Json | undefined;
  readonly now: Json | undefined;
}

export interface NodeChange {
  readonly node: Node;
  readonly mark: Mark;
  readonly fields: readonly FieldChange[];
}

export interface Comparison {
  /** Ids of nodes and edges of the newer version that differ. */
  readonly marks: ReadonlyMap<string, Mark>;
  /** Nodes that differ, from left to right; those that are gone are as they were. */
  readonly nodes: readonly NodeChange[];
  readonly removedNodes: readonly Node[];
  readonly removedEdges: readonly Edge[];
  /** Fields of the workflow itself: its name, settings, notes, groups. */
  readonly fields: readonly FieldChange[];
}

/** Lists that differ in more entries than this are shown whole. */
const DEEPEST = 6;

export function compare(before: Workflow, now: Workflow): Comparison {
  const marks = new Map<string, Mark>();
  const nodes: NodeChange[] = [];
  for (const node of Object.values(now.nodes)) {
    const change = changeOf(before.nodes[node.id], node);
    if (change === null) continue;
    marks.set(node.id, change.mark);
    nodes.push(change);
  }
  const removedNodes = Object.values(before.nodes).filter((node) => !Object.hasOwn(now.nodes, node.id));
  for (const node of removedNodes) nodes.push({ node, mark: "removed", fields: fieldsOf(asJson(node), {}) });
  const known = new Set(before.edges.map((edge) => edge.id));
  for (const edge of now.edges) if (!known.has(edge.id)) marks.set(edge.id, "added");
  const present = new Set(now.edges.map((edge) => edge.id));
  const removedEdges = before.edges.filter((edge) => !present.has(edge.id));
  nodes.sort((a, b) => a.node.position[0] - b.node.position[0] || a.node.position[1] - b.node.position[1]);
  return { marks, nodes, removedNodes, removedEdges, fields: differences(details(before), details(now)) };
}

function changeOf(before: Node | undefined, now: Node): NodeChange | null {
  if (before === undefined) return { node: now, mark: "added", fields: fieldsOf({}, asJson(now)) };
  const fields = fieldsOf(asJson(before), asJson(now));
  if (fields.length > 0) return { node: now, mark: "changed", fields };
  return isEqual(before.position, now.position) ? null : { node: now, mark: "moved", fields: [] };
}

/** A node as its file has it, without its place; what is there by default in an added or removed one is no difference. */
function asJson(node: Node): JsonObject {
  return Object.fromEntries<Json>(Object.entries(node).filter(([name]) => name !== "id" && name !== "position"));
}

const PLAIN: Readonly<Record<string, Json>> = {
  version: 1, on_error: "stop", timeout: null, cache: false, disabled: false, always_output: false, execute_once: false, notes: "", pin: null,
};

function fieldsOf(before: JsonObject, now: JsonObject): readonly FieldChange[] {
  const isWhole = Object.keys(before).length === 0 || Object.keys(now).length === 0;
  if (!isWhole) return differences(before, now);
  // Of a node that came or went, what was set.
  const [all, side] = Object.keys(now).length > 0 ? [now, "now"] : [before, "before"];
  const set = Object.entries(all).filter(([name, value]) => !["name", "type", "parameters", "retry", "resources", "credentials"].includes(name) && !isEqual(value, PLAIN[name] ?? null));
  const parameters = Object.entries(isObject(all.parameters) ? all.parameters : {}).map(([name, value]) => [["parameters", name], value] as const);
  return [...parameters, ...set.map(([name, value]) => [[name], value] as const)].map(([path, value]) => ({ path, before: side === "before" ? value : undefined, now: side === "now" ? value : undefined }));
}

function details({ name, description, tags, settings, notes, groups }: Workflow): JsonObject {
  return { name, description, tags: [...tags], settings, notes, groups } as unknown as JsonObject;
}

/** The smallest parts that differ. */
export function differences(before: Json | undefined, now: Json | undefined, path: Path = []): readonly FieldChange[] {
  if (isEqual(before, now)) return [];
  if (path.length < DEEPEST && isObject(before) && isObject(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
    return keys.flatMap((key) => differences(before[key], now[key], [...path, key]));
  }
  if (path.length < DEEPEST && Array.isArray(before) && Array.isArray(now) && (before.some(isObject) || now.some(isObject))) {
    const count = Math.max(before.length, now.length);
    return Array.from({ length: count }, (_, index) => differences(before[index], now[index], [...path, index])).flat();
  }
  return [{ path, before, now }];
}
