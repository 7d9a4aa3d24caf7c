/**
 * The words every part of the editor shares: the workflow document as a `.flow` file holds it, node types, problems,
 * executions. Field names are those of the file and of the API (`workflow_kernel/graph/model.py`, `sdk/describe.py`,
 * `wire.py`), so that nothing is translated on the way. Values are never changed in place.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
export type Point = readonly [x: number, y: number];
/** Keys and indices from a value to a part of it. */
export type Path = readonly (string | number)[];

// ---------------------------------------------------------------- workflow

export const FORMAT = "workflow/1";
export const MAIN = "main";
/** Output port for failed items of a node with `on_error: branch`. */
export const ERROR_PORT = "error";

export type OnError = "stop" | "continue" | "branch";
export type Language = "python" | "javascript";
export type Order = "canvas" | "sequential" | "breadth_first";

export interface Retry {
  readonly tries: number;
  readonly wait: number;
  readonly backoff: number;
  readonly max_wait: number;
  readonly jitter: number;
}

export interface Resources {
  readonly cpus: number | null;
  readonly gpus: number | null;
  readonly memory: number | null;
  readonly custom: Readonly<Record<string, number>>;
  readonly packages: string[];
  readonly placement: "data" | "spread";
}

export interface CredentialUse {
  readonly id: string;
  readonly name: string;
}

/** Output port > items that stand in its place in manual runs. */
export type Pin = Readonly<Record<string, readonly JsonObject[]>>;

/** One step placed in a workflow. Every field is there; a file leaves out what is as by default. */
export interface Node {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly version: number;
  readonly parameters: Readonly<JsonObject>;
  readonly position: Point;
  readonly on_error: OnError;
  readonly retry: Retry;
  readonly timeout: number | null;
  readonly resources: Resources;
  readonly cache: boolean;
  readonly disabled: boolean;
  readonly always_output: boolean;
  readonly execute_once: boolean;
  readonly notes: string;
  readonly credentials: Readonly<Record<string, CredentialUse>>;
  readonly pin: Pin | null;
}

export type NodeField = Exclude<keyof Node, "id">;

/** One end of an edge: a node's id and a port's name. */
export interface End {
  readonly node: string;
  readonly port: string;
}

/** From an output port to an input port; `id` is derived from both (see `edgeId`). */
export interface Edge {
  readonly id: string;
  readonly source: End;
  readonly target: End;
}

export interface Settings {
  readonly order: Order;
  readonly language: Language;
  readonly timezone: string;
  readonly timeout: number | null;
  readonly error_workflow: string | null;
  readonly callers: "any" | "none" | "same_owner" | readonly string[];
  readonly loop_limit: number;
}

/** A sticky note on the canvas, in Markdown. */
export interface Note {
  readonly id: string;
  readonly text: string;
  readonly position: Point;
  readonly size: Point;
  readonly color: string;
}

/** Nodes drawn together under a title. */
export interface Group {
  readonly id: string;
  readonly title: string;
  readonly nodes: readonly string[];
  readonly color: string;
}

export interface Workflow {
  readonly name: string;
  readonly id: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly settings: Settings;
  /** By id, in the order of the file. */
  readonly nodes: Readonly<Record<string, Node>>;
  readonly edges: readonly Edge[];
  readonly notes: Readonly<Record<string, Note>>;
  readonly groups: Readonly<Record<string, Group>>;
}

// ---------------------------------------------------------------- node types

export type PortKind = "items" | "table" | "object" | "any";

export interface PortInfo {
  readonly name: string;
  readonly kind: PortKind;
  readonly title: string;
}

export interface Ports {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  /** Whether the node runs when any input has data, or only when all have. */
  readonly required: "any" | "all";
}

export interface CredentialSlot {
  readonly slot: string;
  readonly types: readonly string[];
  readonly required: boolean;
}

export type Widget =
  | "text" | "multiline" | "code" | "json" | "select" | "list" | "key-value" | "assignments" | "conditions" | "file"
  | "date" | "color" | "resource" | "password" | "slider";

/** Hints for the form, under `ui` of a property's schema; see `workflow_kernel/sdk/parameters.py`. */
export interface UiHints {
  readonly section?: string;
  /** Other field > value (or list of values) it must have for this one to be shown. */
  readonly show?: Readonly<Record<string, Json>>;
  readonly secret?: boolean;
  readonly widget?: Widget;
  readonly language?: string;
  /** Name of the method that loads the options; see `HostClient.loadOptions`. */
  readonly load?: string;
  readonly placeholder?: string;
  /** False: never an expression. "whole": an expression only as the whole value. */
  readonly expression?: false | "whole";
}

/** JSON Schema as pydantic writes it. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: Json;
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly discriminator?: { readonly propertyName: string; readonly mapping?: Readonly<Record<string, string>> };
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly examples?: readonly Json[];
  readonly ui?: UiHints;
}

/** What the editor knows of a node type: `describe()` in `workflow_kernel/sdk/describe.py`. */
export interface NodeTypeInfo {
  readonly type: string;
  readonly version: number;
  readonly title: string;
  /** Markdown; its first line stands in the palette. */
  readonly description: string;
  readonly family: string;
  /** Name of a lucide icon. */
  readonly icon: string;
  readonly keywords: readonly string[];
  /** For default parameters. */
  readonly ports: Ports;
  /** Whether the ports depend on the parameters; then `HostClient.loadPorts` tells them. */
  readonly has_own_ports: boolean;
  readonly is_trigger: boolean;
  readonly is_loop: boolean;
  /** Running it twice does no harm. */
  readonly is_pure: boolean;
  readonly parameters: JsonSchema;
  readonly credentials: readonly CredentialSlot[];
}

// ---------------------------------------------------------------- problems

/** One thing that is wrong, as `workflow_kernel/base/errors.py` tells it. `node` is the node's name. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly mend: string;
  readonly node: string;
  /** Dotted path, e.g. `parameters.conditions.0.left`. */
  readonly field: string;
  readonly severity: "error" | "warning";
}

// ---------------------------------------------------------------- executions

export type ExecutionState =
  | "queued" | "running" | "suspended" | "succeeded" | "failed" | "cancelled" | "timed_out";

export type FailureKind = "error" | "expression" | "parameters" | "timeout" | "lost" | "cancelled" | "internal";

/** Why a node run failed: `ErrorInfo` in `workflow_kernel/runs/outcome.py`; defaults are left out. */
export interface ErrorInfo {
  readonly message: string;
  readonly code?: string;
  readonly kind?: FailureKind;
  readonly node?: string;
  readonly description?: string;
  readonly mend?: string;
  readonly item?: number | null;
  readonly expression?: string;
  readonly data?: JsonObject | null;
  readonly retry_after?: number | null;
}

/** The messages of `workflow_kernel/wire.py`. `at` is in seconds since the epoch; `node` is the node's id. */
export type LiveEvent =
  | { readonly event: "execution.started"; readonly execution: string; readonly at: number; readonly workflow: string }
  | {
      readonly event: "node.started"; readonly execution: string; readonly at: number; readonly node: string;
      readonly run_index: number; readonly attempt: number;
    }
  | {
      readonly event: "node.finished"; readonly execution: string; readonly at: number; readonly node: string;
      readonly run_index: number; readonly seconds: number; readonly items: Readonly<Record<string, number>>;
      readonly error?: ErrorInfo | null;
    }
  | {
      readonly event: "node.failed"; readonly execution: string; readonly at: number; readonly node: string;
      readonly run_index: number; readonly attempt: number; readonly error: ErrorInfo;
      readonly retry_at?: number | null;
    }
  | {
      readonly event: "node.waiting"; readonly execution: string; readonly at: number; readonly node: string;
      readonly run_index: number; readonly until: number | null; readonly reason?: string;
    }
  | {
      readonly event: "node.progress"; readonly execution: string; readonly at: number; readonly node: string;
      readonly run_index: number; readonly fraction: number; readonly message?: string;
    }
  | {
      readonly event: "execution.finished"; readonly execution: string; readonly at: number;
      readonly state: ExecutionState; readonly seconds: number; readonly error?: ErrorInfo | null;
    };

/** An execution in a list. Times are in seconds since the epoch. */
export interface ExecutionInfo {
  readonly id: string;
  readonly state: ExecutionState;
  readonly mode: string;
  readonly started_at: number;
  readonly seconds: number | null;
  readonly error?: ErrorInfo | null;
}

/** What is known of one run of one node. */
export interface NodeRunInfo {
  readonly node: string;
  readonly run_index: number;
  readonly state: "running" | "succeeded" | "failed" | "waiting" | "skipped" | "cancelled";
  readonly attempt: number;
  readonly started_at: number | null;
  readonly seconds: number | null;
  /** Items sent, by output port. */
  readonly items: Readonly<Record<string, number>>;
  readonly error?: ErrorInfo | null;
  /** When a wait ends by itself. */
  readonly until?: number | null;
  /** For what place it waits. */
  readonly reason?: string;
}

/** One record on its way: `json` plus attachments by reference. */
export interface Item {
  readonly json: Json;
  readonly binary?: Readonly<Record<string, Attachment>>;
  /** The items it came from; left out where that is not known. */
  readonly sources?: readonly ItemSource[];
}

export interface ItemSource {
  /** Positions of the node's input, and of the item in it. */
  readonly input: number;
  readonly item: number;
  /** The node's run whose input it was, where that was an earlier one. */
  readonly run?: number;
}

export interface Attachment {
  readonly mimeType: string;
  readonly fileName?: string;
  readonly fileSize?: number;
  readonly ref: string;
}
