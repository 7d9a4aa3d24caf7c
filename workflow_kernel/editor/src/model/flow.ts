/**
 * Between the document of a `.flow` file and the model. Reading fills in every default and never fails on a missing or
 * odd field (a shared document may hold half an edit); writing leaves out what is as by default, in the order of the
 * file, as `workflow_kernel/graph/plain.py` does.
 */
import { makeEdge, NODE, NOTE, RESOURCES, RETRY, SETTINGS } from "./defaults";
import { isEqual, isObject, RefusedError } from "./json";
import { FORMAT } from "./types";
import type {
  CredentialUse, Edge, End, Group, Json, JsonObject, Node, Note, Point, Resources, Retry, Settings, Workflow,
} from "./types";

type Raw = Readonly<Record<string, unknown>>;

const NODE_FIELDS = [
  "name", "type", "version", "parameters", "position", "on_error", "retry", "timeout", "resources", "cache", "disabled",
  "always_output", "execute_once", "notes", "credentials", "pin",
] as const;

const text = (value: unknown, standard: string): string => (typeof value === "string" ? value : standard);
const flag = (value: unknown, standard: boolean): boolean => (typeof value === "boolean" ? value : standard);
const number = (value: unknown, standard: number): number =>
  typeof value === "number" && Number.isFinite(value) ? value : standard;
const maybeNumber = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
const oneOf = <T extends string>(value: unknown, known: readonly T[], standard: T): T =>
  known.find((one) => one === value) ?? standard;
const point = (value: unknown, standard: Point): Point =>
  Array.isArray(value) && value.length === 2 ? [number(value[0], standard[0]), number(value[1], standard[1])] : standard;
const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
const record = (value: unknown): Raw => (isObject(value) ? value : {});

export function readNode(id: string, raw: Raw): Node {
  return {
    id,
    name: text(raw.name, id),
    type: text(raw.type, ""),
    version: number(raw.version, NODE.version),
    parameters: isObject(raw.parameters) ? raw.parameters : NODE.parameters,
    position: point(raw.position, NODE.position),
    on_error: oneOf(raw.on_error, ["stop", "continue", "branch"], NODE.on_error),
    retry: readRetry(raw.retry),
    timeout: maybeNumber(raw.timeout),
    resources: readResources(raw.resources),
    cache: flag(raw.cache, NODE.cache),
    disabled: flag(raw.disabled, NODE.disabled),
    always_output: flag(raw.always_output, NODE.always_output),
    execute_once: flag(raw.execute_once, NODE.execute_once),
    notes: text(raw.notes, NODE.notes),
    credentials: readCredentials(raw.credentials),
    pin: readPin(raw.pin),
  };
}

function readRetry(value: unknown): Retry {
  if (!isObject(value)) return RETRY;
  return {
    tries: number(value.tries, RETRY.tries),
    wait: number(value.wait, RETRY.wait),
    backoff: number(value.backoff, RETRY.backoff),
    max_wait: number(value.max_wait, RETRY.max_wait),
    jitter: number(value.jitter, RETRY.jitter),
  };
}

function readResources(value: unknown): Resources {
  if (!isObject(value)) return RESOURCES;
  const custom = Object.entries(record(value.custom)).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  return {
    cpus: maybeNumber(value.cpus),
    gpus: maybeNumber(value.gpus),
    memory: maybeNumber(value.memory),
    custom: Object.fromEntries(custom),
    packages: (Array.isArray(value.packages) ? value.packages : []).filter((name): name is string => typeof name === "string"),
    placement: value.placement === "spread" ? "spread" : "data",
  };
}

function readCredentials(value: unknown): Readonly<Record<string, CredentialUse>> {
  if (!isObject(value)) return NODE.credentials;
  return Object.fromEntries(
    Object.entries(value).map(([slot, use]) => [slot, { id: text(record(use).id, ""), name: text(record(use).name, "") }]),
  );
}

function readPin(value: unknown): Node["pin"] {
  if (!isObject(value)) return null;
  return Object.fromEntries(
    Object.entries(value).map(([port, items]) => [port, Array.isArray(items) ? items.filter(isObject) : []]),
  );
}

function readEnd(value: unknown): End | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [node, port] = value as unknown[];
  return typeof node === "string" && typeof port === "string" ? { node, port } : null;
}

export function readEdge(raw: unknown): Edge | null {
  const source = readEnd(record(raw).source);
  const target = readEnd(record(raw).target);
  return source !== null && target !== null ? makeEdge(source, target) : null;
}

export function readNote(id: string, raw: Raw): Note {
  return {
    id,
    text: text(raw.text, NOTE.text),
    position: point(raw.position, NOTE.position),
    size: point(raw.size, NOTE.size),
    color: text(raw.color, NOTE.color),
  };
}

export function readGroup(id: string, raw: Raw): Group {
  return { id, title: text(raw.title, ""), nodes: textsOf(raw.nodes), color: text(raw.color, "") };
}

export function readSettings(raw: Raw): Settings {
  const callers = raw.callers;
  return {
    order: oneOf(raw.order, ["canvas", "sequential", "breadth_first"], SETTINGS.order),
    language: oneOf(raw.language, ["python", "javascript"], SETTINGS.language),
    timezone: text(raw.timezone, SETTINGS.timezone),
    timeout: maybeNumber(raw.timeout),
    error_workflow: typeof raw.error_workflow === "string" ? raw.error_workflow : null,
    callers: Array.isArray(callers) ? textsOf(callers) : oneOf<"any" | "none" | "same_owner">(callers, ["any", "none", "same_owner"], "same_owner"),
    loop_limit: number(raw.loop_limit, SETTINGS.loop_limit),
  };
}

/** The workflow of a document. Throws `RefusedError` only where it is none at all. */
export function fromFlow(document: unknown): Workflow {
  if (!isObject(document)) throw new RefusedError("This is no workflow.", "Give a JSON object as a .flow file holds.");
  if ("format" in document && document.format !== FORMAT) {
    throw new RefusedError(`The format ${JSON.stringify(document.format)} is not known here.`, `This editor reads '${FORMAT}'.`);
  }
  const parts = <T>(value: unknown, read: (id: string, raw: Raw) => T): Record<string, T> =>
    Object.fromEntries(Object.entries(record(value)).map(([id, raw]) => [id, read(id, record(raw))]));
  const nodes = parts(document.nodes, readNode);
  const edges = new Map<string, Edge>();
  for (const raw of Array.isArray(document.edges) ? document.edges : []) {
    const edge = readEdge(raw);
    if (edge !== null) edges.set(edge.id, edge);
  }
  return {
    name: text(document.name, "Workflow"),
    id: text(document.id, ""),
    description: text(document.description, ""),
    tags: textsOf(document.tags),
    settings: readSettings(record(document.settings)),
    nodes,
    edges: [...edges.values()].filter((edge) => hasEnds(edge, nodes)),
    notes: parts(document.notes, readNote),
    groups: parts(document.groups, readGroup),
  };
}

export function hasEnds(edge: Edge, nodes: Readonly<Record<string, Node>>): boolean {
  return Object.hasOwn(nodes, edge.source.node) && Object.hasOwn(nodes, edge.target.node);
}

/** The fields of a part that differ from their defaults, as JSON. */
function differing(part: object, standard: object, names: readonly string[]): JsonObject {
  const values = part as Record<string, Json>;
  const standards = standard as Record<string, Json | undefined>;
  return Object.fromEntries(
    names.filter((name) => !isEqual(values[name], standards[name])).map((name) => [name, values[name] ?? null]),
  );
}

export function writeNode(node: Node): JsonObject {
  const found = differing(node, { ...NODE, name: undefined, type: undefined }, NODE_FIELDS);
  if ("retry" in found) found.retry = differing(node.retry, RETRY, Object.keys(RETRY));
  if ("resources" in found) found.resources = differing(node.resources, RESOURCES, Object.keys(RESOURCES));
  return found;
}

export function writeEdge(edge: Edge): JsonObject {
  return { source: [edge.source.node, edge.source.port], target: [edge.target.node, edge.target.port] };
}

export function writeNote(note: Note): JsonObject {
  return { text: note.text, ...differing(note, NOTE, ["position", "size", "color"]) };
}

export function writeGroup(group: Group): JsonObject {
  return { title: group.title, ...differing(group, { nodes: [], color: "" }, ["nodes", "color"]) };
}

/** The document of a workflow. Reading it gives an equal workflow. */
export function toFlow(workflow: Workflow): JsonObject {
  const parts = <T>(values: Readonly<Record<string, T>>, write: (part: T) => JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(values).map(([id, part]) => [id, write(part)]));
  const settings = differing(workflow.settings, SETTINGS, Object.keys(SETTINGS));
  return {
    format: FORMAT,
    name: workflow.name,
    ...(workflow.id === "" ? {} : { id: workflow.id }),
    ...(workflow.description === "" ? {} : { description: workflow.description }),
    ...(workflow.tags.length === 0 ? {} : { tags: [...workflow.tags] }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
    nodes: parts(workflow.nodes, writeNode),
    edges: workflow.edges.map(writeEdge),
    ...(Object.keys(workflow.notes).length === 0 ? {} : { notes: parts(workflow.notes, writeNote) }),
    ...(Object.keys(workflow.groups).length === 0 ? {} : { groups: parts(workflow.groups, writeGroup) }),
  };
}
