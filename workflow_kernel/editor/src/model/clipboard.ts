/**
 * Copying parts of a workflow as text and putting them in again. The text is a `.flow` document of the parts, so it may
 * be pasted into another host, a file or a chat. Text of n8n is told apart here and converted by the host.
 */
import type { Change } from "./change";
import { makeEdge } from "./defaults";
import { fromFlow, toFlow } from "./flow";
import { around, GRID } from "./geometry";
import { freeName, newId } from "./names";
import { isExpression, rawParameters, renameInCode, renameInExpression } from "./references";
import { isObject, setAt, texts } from "./json";
import { FORMAT } from "./types";
import type { JsonObject, Node, NodeTypeInfo, Point, Workflow } from "./types";

/** The chosen nodes and notes with the edges between them and the groups that lie within; null when there are none. */
export function copyText(workflow: Workflow, ids: ReadonlySet<string>): string | null {
  const chosen = <T>(parts: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(parts).filter(([id]) => ids.has(id)));
  const nodes = chosen(workflow.nodes);
  const notes = chosen(workflow.notes);
  if (Object.keys(nodes).length + Object.keys(notes).length === 0) return null;
  const groups = Object.entries(workflow.groups).filter(([, group]) => group.nodes.length > 0 && group.nodes.every((id) => ids.has(id)));
  const part: Workflow = {
    name: workflow.name, id: "", description: "", tags: [], settings: workflow.settings, nodes, notes,
    edges: workflow.edges.filter((edge) => ids.has(edge.source.node) && ids.has(edge.target.node)),
    groups: Object.fromEntries(groups),
  };
  return JSON.stringify(toFlow(part), null, 2);
}

export type Clip =
  | { readonly kind: "flow"; readonly workflow: Workflow }
  | { readonly kind: "foreign"; readonly source: JsonObject }
  | { readonly kind: "none" };

/** What a pasted text is: parts of a workflow, a workflow of another product, or neither. */
export function readClip(text: string): Clip {
  if (!text.trimStart().startsWith("{")) return { kind: "none" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "none" };
  }
  if (!isObject(value)) return { kind: "none" };
  if (value.format === FORMAT) return { kind: "flow", workflow: fromFlow(value) };
  return Array.isArray(value.nodes) ? { kind: "foreign", source: { connections: {}, ...value } } : { kind: "none" };
}

export interface Pasted {
  readonly changes: readonly Change[];
  /** Ids of the new nodes and notes. */
  readonly ids: readonly string[];
}

/**
 * The changes that put copied parts into a workflow with new ids and free names, expressions among them following the
 * new names.
 *
 * `at`: where the middle of the parts goes; without it they stand a little beside where they were.
 */
export function paste(
  workflow: Workflow,
  clip: Workflow,
  at: Point | null,
  infoOf: (node: Node) => NodeTypeInfo | undefined,
): Pasted {
  const shift = shiftOf(clip, at);
  const moved = (position: Point): Point => [position[0] + shift[0], position[1] + shift[1]];
  const names = new Set(Object.values(workflow.nodes).map((node) => node.name));
  const taken = new Set([...Object.keys(workflow.nodes), ...Object.keys(workflow.notes), ...Object.keys(workflow.groups)]);
  const ids = new Map<string, string>();
  const renamed: (readonly [string, string])[] = [];
  const reserve = (old: string, stem: string): string => {
    const id = newId(stem, (one) => taken.has(one));
    taken.add(id);
    ids.set(old, id);
    return id;
  };
  const nodes = Object.values(clip.nodes).map((node) => {
    const name = freeName(node.name, (one) => names.has(one));
    names.add(name);
    if (name !== node.name) renamed.push([node.name, name]);
    return { ...node, id: reserve(node.id, node.type.split(".").at(-1) ?? node.name), name, position: moved(node.position) };
  });
  const notes = Object.values(clip.notes).map((note) => ({ ...note, id: reserve(note.id, "note"), position: moved(note.position) }));
  const changes: Change[] = nodes.map((node) => ({ type: "AddNode", node: followed(node, renamed, infoOf(node)) }));
  for (const edge of clip.edges) {
    const [from, to] = [ids.get(edge.source.node), ids.get(edge.target.node)];
    if (from === undefined || to === undefined) continue;
    changes.push({ type: "Connect", edge: makeEdge({ ...edge.source, node: from }, { ...edge.target, node: to }) });
  }
  changes.push(...notes.map((note): Change => ({ type: "PutNote", note })));
  for (const group of Object.values(clip.groups)) {
    const members = group.nodes.flatMap((id) => ids.get(id) ?? []);
    changes.push({ type: "PutGroup", group: { ...group, id: newId("group", (id) => taken.has(id)), nodes: members } });
  }
  return { changes, ids: [...nodes, ...notes].map((part) => part.id) };
}

/** How far copied parts move, in document pixels. */
function shiftOf(clip: Workflow, at: Point | null): Point {
  if (at === null) return [2 * GRID, 2 * GRID];
  const cards = Object.values(clip.nodes).map((node) => ({ x: node.position[0], y: node.position[1], width: 170, height: 64 }));
  const notes = Object.values(clip.notes).map((note) => ({ x: note.position[0], y: note.position[1], width: note.size[0], height: note.size[1] }));
  const frame = around([...cards, ...notes]);
  if (frame === null) return [0, 0];
  const snap = (value: number): number => Math.round(value / GRID) * GRID;
  return [snap(at[0] - frame.x - frame.width / 2), snap(at[1] - frame.y - frame.height / 2)];
}

/** A node whose expressions name the copies where their originals' names were taken. */
function followed(node: Node, renamed: readonly (readonly [string, string])[], info: NodeTypeInfo | undefined): Node {
  const raw = rawParameters(info);
  let parameters = node.parameters as JsonObject;
  for (const [path, text] of texts(parameters)) {
    if (!text.includes("$")) continue;
    const isRaw = raw.has(String(path[0]));
    if (!isRaw && !isExpression(text)) continue;
    const value = renamedAll(text, renamed, isRaw ? renameInCode : renameInExpression);
    if (value !== text) parameters = setAt(parameters, path, value) as JsonObject;
  }
  return { ...node, parameters };
}

/** All names exchanged at once: a new name may be another one's old name. */
function renamedAll(text: string, renamed: readonly (readonly [string, string])[], rename: typeof renameInCode): string {
  const marked = renamed.reduce((now, [before], index) => rename(now, before, `\u0001${index}\u0001`), text);
  return renamed.reduce((now, [, after], index) => rename(now, `\u0001${index}\u0001`, after), marked);
}
