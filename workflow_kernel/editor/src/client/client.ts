/**
 * What the editor asks of the place it is shown in. Every host (JupyterLab, notebook cell, dashboard, the demo page)
 * implements `HostClient`; the editor knows no URL and no transport. A group of questions a host cannot answer is left
 * out (`versions: undefined`), and the editor shows nothing of it.
 */
import type {
  Attachment, ErrorInfo, ExecutionInfo, ExecutionState, Item, Json, JsonObject, Language, LiveEvent, NodeRunInfo,
  NodeTypeInfo, Path, Ports, Problem, JsonSchema,
} from "../model/types";
import type { Unsubscribe } from "../model/observable";

/** A workflow as a `.flow` file holds it: a JSON object with what differs from the defaults; see `model/flow.ts`. */
export type FlowDocument = JsonObject;

export interface HostClient {
  /** Every node type installed where the workflow runs. */
  loadNodeTypes(): Promise<readonly NodeTypeInfo[]>;
  /** Ports of placed nodes whose type `has_own_ports`; null where the parameters are too wrong to tell. */
  loadPorts(requests: readonly PortsRequest[]): Promise<readonly (Ports | null)[]>;
  /** Everything that is wrong with a workflow. */
  validate(workflow: FlowDocument): Promise<readonly Problem[]>;
  /** Convert a workflow of another product (n8n) to ours. Rejects with the reason where it is none. */
  importWorkflow(source: JsonObject): Promise<Imported>;

  readonly runs?: RunsClient;
  readonly expressions?: ExpressionsClient;
  readonly credentials?: CredentialsClient;
  readonly versions?: VersionsClient;
  readonly files?: FilesClient;
  /** Options of a resource picker (`ui.load`), loaded by the node type on the server. */
  loadOptions?(request: OptionsRequest): Promise<OptionsPage>;
  /** Keep the draft. Hosts that keep a shared document by themselves (JupyterLab) leave it out. */
  save?(workflow: FlowDocument): Promise<Saved>;
  /** What others save of the same workflow. */
  readonly others?: OthersClient;
}

/** Tells of what others save, and brings it here. */
export interface OthersClient {
  /** Called when there is something newer than what is here. */
  watch(call: () => void): Unsubscribe;
  /** What is newest; null where that is here already. */
  newest(): Promise<Arrived | null>;
}

/** A document that others had a part in. */
export interface Arrived {
  readonly document: FlowDocument;
  /** Paths of what both changed, e.g. `nodes.n1.parameters.url`: it is as it was here. */
  readonly conflicts: readonly string[];
  /** The version of the others. */
  readonly version: number;
  /** From now on what is here is made from this document. Not called where it cannot be shown. */
  accept(): void;
}

export interface PortsRequest {
  readonly type: string;
  readonly version: number;
  readonly parameters: JsonObject;
}

export interface Imported {
  readonly workflow: FlowDocument;
  /** What could not be carried over, one sentence each. */
  readonly warnings: readonly string[];
}

export interface Saved {
  readonly at: number;
  /** What was saved, where others had saved meanwhile and both were brought together. */
  readonly merged?: Arrived;
}

/** What a rejected promise of a client carries; anything else is shown as "Something went wrong". */
export class HostError extends Error {
  constructor(
    message: string,
    readonly code = "WF000",
    readonly mend = "",
    readonly problems: readonly Problem[] = [],
    readonly details: Json = null,
  ) {
    super(message);
    this.name = "HostError";
  }
}

// ---------------------------------------------------------------- runs

export interface RunRequest {
  readonly workflow: FlowDocument;
  /** Run only what this node (id) needs, and the node. */
  readonly to?: string;
  /** Begin at this trigger (id); the first one that is not disabled when not given. */
  readonly from?: string;
  /** Payload for the trigger instead of a real event. */
  readonly payload?: readonly JsonObject[];
  /** Take results of this execution for nodes that are not stale. */
  readonly reuse?: string;
  /** Ids of nodes whose results must not be reused. */
  readonly stale?: readonly string[];
}

export interface RunsClient {
  /** Start a manual execution of the draft; gives its id. */
  start(request: RunRequest): Promise<string>;
  stop(execution: string): Promise<void>;
  /** Live events of an execution, from its first on (those missed are told again), in order. */
  subscribe(execution: string, listener: (events: readonly LiveEvent[]) => void): Unsubscribe;
  /** Executions of this workflow, the newest first. */
  list?(query: ExecutionsQuery): Promise<ExecutionsPage>;
  load?(execution: string): Promise<ExecutionDetail>;
  /** The last executions in which a node (id) ran, the newest first. Made from `list` and `load` where this is left out. */
  history?(node: string, limit: number): Promise<readonly NodeHistory[]>;
  /** Run a failed execution again from the node that failed; gives the new execution's id. */
  retry?(execution: string): Promise<string>;
  /** End a wait: the node goes on with what it has. */
  resume?(address: NodeRunAddress): Promise<void>;
  /** Where a call, an answer or a decision ends a wait. */
  waitAddress?(address: NodeRunAddress): Promise<string | null>;
  /** Whether an execution can be retried; all can where this is left out. */
  canRetry?(execution: string): boolean;
  /** Wait for one call of a trigger's test address, then run with it. The execution is told by `onStart`. */
  listen?(request: RunRequest, onStart: (execution: string) => void): Promise<Listening>;
  /** A page of the items a node run got or sent. */
  loadItems(request: ItemsRequest): Promise<ItemsPage>;
  loadLogs(request: NodeRunAddress): Promise<readonly LogLine[]>;
  /** Address of an attachment, for previews and downloads. Same origin or a blob URL. */
  attachmentUrl(execution: string, attachment: Attachment): Promise<string>;
}

export interface TestAddress {
  /** Name of the trigger. */
  readonly node: string;
  readonly kind: "webhook" | "form";
  readonly url: string;
  readonly methods: readonly string[];
}

export interface Listening {
  readonly addresses: readonly TestAddress[];
  /** How long they wait, in seconds since the epoch. */
  readonly until: number;
  cancel(): void;
}

export interface ExecutionsQuery {
  readonly after?: string;
  readonly limit: number;
  readonly state?: ExecutionState;
}

export interface ExecutionsPage {
  readonly executions: readonly ExecutionInfo[];
  readonly next: string | null;
}

export interface ExecutionDetail {
  readonly info: ExecutionInfo;
  /** The workflow as it ran. */
  readonly workflow: FlowDocument;
  /** In the order in which they ended; events to play them one by one are made from these. */
  readonly runs: readonly NodeRunInfo[];
  readonly error?: ErrorInfo | null;
}

/** An execution as one node saw it. */
export interface NodeHistory {
  readonly info: ExecutionInfo;
  readonly runs: readonly NodeRunInfo[];
}

export interface NodeRunAddress {
  readonly execution: string;
  /** The node's id. */
  readonly node: string;
  readonly run_index: number;
}

export interface ItemsRequest extends NodeRunAddress {
  readonly side: "input" | "output";
  readonly port: string;
  readonly offset: number;
  readonly limit: number;
  /** Only items in which some value contains this text. */
  readonly search?: string;
}

export interface ItemsPage {
  readonly items: readonly Item[];
  readonly offset: number;
  readonly total: number;
  /** What the port carried: items, rows of a table, or one object. */
  readonly kind: "items" | "table" | "object";
  /** Columns of a table with their types. */
  readonly columns?: readonly { readonly name: string; readonly type: string }[];
}

export interface LogLine {
  readonly at: number;
  readonly level: "debug" | "info" | "warning" | "error";
  readonly text: string;
}

// ---------------------------------------------------------------- expressions

/** Where an expression stands; the server finds the last run's items from it. */
export interface ExpressionPlace {
  readonly workflow: FlowDocument;
  /** The node's id. */
  readonly node: string;
  readonly path: Path;
  readonly language: Language;
  readonly execution?: string;
  readonly run_index?: number;
  readonly item?: number;
}

/** One thing that can be written at the cursor; see `workflow_kernel/expressions/completion.py`. */
export interface Completion {
  readonly label: string;
  readonly insert: string;
  readonly kind: "variable" | "field" | "node" | "function" | "method";
  readonly type?: string;
  readonly detail?: string;
  readonly example?: string;
  /** How many characters before the cursor the text takes the place of. */
  readonly replace?: number;
}

export type Preview =
  | { readonly ok: true; readonly value: Json; readonly type: string }
  | { readonly ok: false; readonly message: string; readonly mend?: string; readonly position?: number };

export interface ExpressionsClient {
  complete(place: ExpressionPlace, text: string, cursor: number): Promise<readonly Completion[]>;
  /** The value of the whole parameter text (beginning with =) for one item of the last run. */
  preview(place: ExpressionPlace, text: string): Promise<Preview>;
}

// ---------------------------------------------------------------- options, credentials, files, versions

export interface OptionsRequest {
  readonly type: string;
  readonly version: number;
  /** The hint's `load`. */
  readonly load: string;
  readonly parameters: JsonObject;
  readonly credentials: JsonObject;
  readonly search?: string;
  readonly cursor?: string;
}

export interface Option {
  readonly value: Json;
  readonly title: string;
  readonly description?: string;
  readonly url?: string;
}

export interface OptionsPage {
  readonly options: readonly Option[];
  readonly cursor?: string | null;
}

export interface CredentialInfo {
  readonly id: string;
  readonly name: string;
  readonly type: string;
}

export interface CredentialTypeInfo {
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly icon?: string;
  /** Form of its values; secrets have `ui.secret`. */
  readonly fields: JsonSchema;
  /** Signing in with the provider gives the rest. */
  readonly has_sign_in?: boolean;
  readonly can_test?: boolean;
}

export interface CredentialDetail {
  /** The values that are no secret. */
  readonly public: JsonObject;
  /** Names of the secret values that are filled in. */
  readonly secrets: readonly string[];
}

export interface CredentialsClient {
  types(): Promise<readonly CredentialTypeInfo[]>;
  list(types: readonly string[]): Promise<readonly CredentialInfo[]>;
  create(type: string, name: string, values: JsonObject): Promise<CredentialInfo>;
  /** Change the values that are given; null takes one away, those left out stay as they are. */
  update?(id: string, name: string, values: JsonObject): Promise<CredentialInfo>;
  /** What may be seen of a credential. Where this is left out, a form for changing it begins empty. */
  load?(id: string): Promise<CredentialDetail>;
  test?(type: string, values: JsonObject, id?: string): Promise<{ readonly ok: boolean; readonly message: string }>;
  /** Address of the provider's sign-in page; the host tells when it is done. */
  signIn?(id: string): Promise<void>;
}

export interface FileEntry {
  readonly path: string;
  readonly name: string;
  readonly is_folder: boolean;
  readonly size?: number;
  /** Seconds since the epoch. */
  readonly changed_at?: number;
}

export interface FilesQuery {
  /** Empty for the folder that paths of nodes begin at. */
  readonly folder: string;
  /** Words in the path of what is anywhere below the folder. */
  readonly search?: string;
  readonly after?: string;
}

export interface FilesPage {
  /** Folders first. */
  readonly files: readonly FileEntry[];
  readonly next: string | null;
}

export interface UploadOptions {
  /** A file of that name gives way. */
  readonly replace: boolean;
  /** Called with the part that is there, from 0 to 1. */
  readonly onProgress: (part: number) => void;
}

/** Code of the error of an upload where a file of that name is there. */
export const FILE_EXISTS = "WF807";

/** The files nodes may read and write. */
export interface FilesClient {
  list(query: FilesQuery): Promise<FilesPage>;
  upload?(folder: string, file: File, options: UploadOptions): Promise<FileEntry>;
}

export interface VersionInfo {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly note: string;
  readonly author: string;
  readonly at: number;
  readonly is_published: boolean;
}

export interface VersionsClient {
  /** Asking takes a while: nothing is asked before somebody wants to know. */
  readonly isQuiet?: boolean;
  list(): Promise<readonly VersionInfo[]>;
  load(id: string): Promise<FlowDocument>;
  rename(id: string, name: string): Promise<VersionInfo>;
  /** Publish a draft: what triggers run from now on. */
  publish(workflow: FlowDocument, name: string): Promise<VersionInfo>;
  /** Take the workflow out of production. */
  unpublish?(): Promise<void>;
}
