/** The settings every node has, as the schema of a form; what they are by default stands in `model/defaults.ts`. */
import { NODE } from "../model/defaults";
import { isEqual, isObject } from "../model/json";
import type { Change } from "../model/change";
import type { Json, JsonObject, JsonSchema, Node, Path, Resources, Retry } from "../model/types";

/** Documents hold bytes, people think in megabytes. */
const MB = 1_000_000;
const seconds = { type: "number", minimum: 0 } as const;

export const SETTINGS: JsonSchema = {
  type: "object",
  properties: {
    on_error: {
      title: "When it fails", description: "What becomes of the run when the node has failed and no try is left.", default: "stop", ui: { expression: false },
      oneOf: [{ const: "stop", title: "Stop the run" }, { const: "continue", title: "Go on" }, { const: "branch", title: "Use the error output" }],
    },
    disabled: { title: "Disabled", description: "The node is left out; its input goes on unchanged.", type: "boolean", default: false, ui: { expression: false } },
    execute_once: { title: "Run once", description: "The node takes the first item only.", type: "boolean", default: false, ui: { expression: false } },
    always_output: { title: "Always send something", description: "One empty item is sent when there is nothing to send, so that what follows runs.", type: "boolean", default: false, ui: { expression: false } },
    cache: { title: "Reuse equal results", description: "The result of an equal run (same parameters, same input) is taken instead of computing it again.", type: "boolean", default: false, ui: { expression: false } },
    timeout: { title: "Timeout in seconds", description: "How long one try may take; nothing for no limit.", anyOf: [{ type: "number", exclusiveMinimum: 0 }, { type: "null" }], default: null, ui: { expression: false, placeholder: "No limit" } },
    retry: {
      title: "Retry", description: "How often and when it is tried again after a failure.", type: "object", default: {}, ui: { expression: false },
      properties: {
        tries: { title: "Tries", description: "Attempts in all; 1 means that it is not tried again.", type: "integer", minimum: 1, default: 1 },
        wait: { ...seconds, title: "Wait in seconds", description: "Before the second try.", default: 1 },
        backoff: { title: "Growth of the wait", description: "Factor the wait grows by each time; 1 keeps it.", type: "number", minimum: 1, default: 1 },
        max_wait: { ...seconds, title: "Longest wait in seconds", description: "The wait grows no further.", default: 300 },
        jitter: { title: "Random share", description: "Share of the wait that is random, so that many runs do not retry at once.", type: "number", minimum: 0, maximum: 1, multipleOf: 0.05, default: 0, ui: { widget: "slider" } },
      },
    },
    resources: {
      title: "Resources", description: "What the node needs of the machine it runs on, which decides where it is placed.", type: "object", default: {}, ui: { expression: false },
      properties: {
        cpus: { title: "CPUs", description: "Fractions are allowed.", anyOf: [{ type: "number", minimum: 0 }, { type: "null" }], default: null, ui: { placeholder: "Any" } },
        gpus: { title: "GPUs", description: "Fractions are allowed.", anyOf: [{ type: "number", minimum: 0 }, { type: "null" }], default: null, ui: { placeholder: "None" } },
        memory: { title: "Memory in MB", description: "A node that takes more is stopped.", anyOf: [{ type: "number", minimum: 0 }, { type: "null" }], default: null, ui: { placeholder: "Any" } },
        custom: { title: "Named resources", description: "Resources of a cluster by their names, with how much of each, to place the node on machines that have them.", type: "object", additionalProperties: { type: "number" }, default: {} },
        packages: { title: "Packages", description: "Python packages it needs besides, as pip names them. On a cluster they are installed for this node alone.", type: "array", items: { type: "string" }, default: [] },
        placement: { title: "Placement", description: "Near its data, or spread over the machines of a cluster.", enum: ["data", "spread"], default: "data" },
      },
    },
  },
};

type Field = "on_error" | "disabled" | "execute_once" | "always_output" | "cache" | "timeout" | "retry" | "resources";
const FIELDS: readonly Field[] = ["on_error", "disabled", "execute_once", "always_output", "cache", "timeout", "retry", "resources"];

/** What of a node's settings differs from the defaults. */
export function settingsOf(node: Node): JsonObject {
  const found: JsonObject = {};
  for (const field of FIELDS) {
    const value = field === "resources" ? { ...node.resources, memory: node.resources.memory === null ? null : node.resources.memory / MB } : plain(node[field]);
    const standard = plain(NODE[field]);
    if (isEqual(value, standard)) continue;
    found[field] = isObject(value) && isObject(standard) ? Object.fromEntries(Object.entries(value).filter(([key, part]) => !isEqual(part, standard[key]))) : value;
  }
  return found;
}

function plain(value: Node[Field]): Json {
  return typeof value === "object" && value !== null ? { ...value } : value;
}

/** The change that sets a setting, or a part of one; without a value its default. */
export function settingChange(node: Node, path: Path, value: Json | undefined): Change | null {
  const [field, part] = path;
  if (!FIELDS.some((known) => known === field)) return null;
  if (field === "retry" && typeof part === "string") {
    const retry: Retry = { ...node.retry, [part]: value ?? NODE.retry[part as keyof Retry] };
    return { type: "SetNodeField", node: node.id, field, value: retry };
  }
  if (field === "resources" && typeof part === "string") {
    const kept = part === "memory" && typeof value === "number" ? Math.round(value * MB) : value;
    const resources: Resources = { ...node.resources, [part]: kept ?? NODE.resources[part as keyof Resources] };
    return { type: "SetNodeField", node: node.id, field, value: resources };
  }
  return { type: "SetNodeField", node: node.id, field: field as Field, value: value ?? NODE[field as Field] } as Change;
}
