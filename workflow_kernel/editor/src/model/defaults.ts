/** What a field is when a document leaves it out. The same as in `workflow_kernel/graph/model.py`. */
import type { Edge, End, Group, Node, Note, Resources, Retry, Settings, Workflow } from "./types";

export const RETRY: Retry = { tries: 1, wait: 1, backoff: 1, max_wait: 300, jitter: 0 };

export const RESOURCES: Resources = { cpus: null, gpus: null, memory: null, custom: {}, packages: [], placement: "data" };

export const SETTINGS: Settings = {
  order: "canvas",
  language: "python",
  timezone: "UTC",
  timeout: null,
  error_workflow: null,
  callers: "same_owner",
  loop_limit: 10_000,
};

export const NODE: Omit<Node, "id" | "name" | "type"> = {
  version: 1,
  parameters: {},
  position: [0, 0],
  on_error: "stop",
  retry: RETRY,
  timeout: null,
  resources: RESOURCES,
  cache: false,
  disabled: false,
  always_output: false,
  execute_once: false,
  notes: "",
  credentials: {},
  pin: null,
};

export const NOTE: Omit<Note, "id"> = { text: "", position: [0, 0], size: [240, 160], color: "" };

export const GROUP: Omit<Group, "id"> = { title: "", nodes: [], color: "" };

export const EMPTY: Workflow = {
  name: "Workflow",
  id: "",
  description: "",
  tags: [],
  settings: SETTINGS,
  nodes: {},
  edges: [],
  notes: {},
  groups: {},
};

/** A node with every field. */
export function makeNode(given: Pick<Node, "id" | "name" | "type"> & Partial<Node>): Node {
  return { ...NODE, ...given };
}

/** Derived from both ends, so that the same edge drawn twice is one. */
export function edgeId(source: End, target: End): string {
  return `${source.node}.${source.port}>${target.node}.${target.port}`;
}

/** An edge with its derived id. */
export function makeEdge(source: End, target: End): Edge {
  return { id: edgeId(source, target), source, target };
}
