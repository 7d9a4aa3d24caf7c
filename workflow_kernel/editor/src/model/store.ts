/**
 * The state of one open editor, without React: what forms and canvas read and call. `Editor` is the only thing that
 * is handed around; React parts get it by `useEditor()` (src/canvas/context.ts) and read stores by `useReadable`.
 * Data keep the names they have in files and on the wire (snake_case); what the editor itself offers is camelCase.
 */
import type { Change } from "./change";
import type { Readable } from "./observable";
import type { ExecutionDetail, FlowDocument, HostClient } from "../client/client";
import type {
  ErrorInfo, ExecutionState, Json, JsonObject, Language, Node, NodeTypeInfo, Path, Ports, Problem, Workflow,
} from "./types";

export type View = "compact" | "normal" | "detailed";

/** What a node shows of the execution on the canvas. */
export interface NodeRunView {
  readonly state: "idle" | "queued" | "running" | "succeeded" | "failed" | "retrying" | "waiting" | "skipped" | "cancelled";
  /** Runs so far (loops run a node several times), of which `run_index` is the last. */
  readonly runs: number;
  readonly run_index: number;
  readonly attempt: number;
  readonly started_at: number | null;
  readonly seconds: number | null;
  /** Items sent by its last run, by output port. */
  readonly items: Readonly<Record<string, number>>;
  readonly progress: number | null;
  /** Why it waits, or how far it is. */
  readonly message: string;
  readonly error: ErrorInfo | null;
  /** When it is tried again, or goes on by itself. */
  readonly retry_at: number | null;
}

/** The execution shown on the canvas. */
export interface ExecutionView {
  readonly id: string;
  readonly state: ExecutionState;
  readonly started_at: number;
  readonly seconds: number | null;
  readonly error: ErrorInfo | null;
  readonly nodes: Readonly<Record<string, NodeRunView>>;
  /** The workflow as it ran; what differs from the draft is stale. */
  readonly workflow: Workflow | null;
  /** A past one opened from the list: the canvas shows `workflow`, nothing can be edited. */
  readonly is_past: boolean;
}

export interface Catalog {
  /** Every node type, newest versions only, by family and title. */
  readonly types: Readable<readonly NodeTypeInfo[]>;
  /** A node type in the version a node has; undefined when not installed or not yet loaded. */
  find(type: string, version?: number): NodeTypeInfo | undefined;
  readonly isLoaded: Readable<boolean>;
}

/** `shared`: the host keeps the document by itself, there is nothing to save. */
export type SaveState = "shared" | "saved" | "dirty" | "saving" | "failed";

export interface Notice {
  readonly id: number;
  readonly kind: "info" | "success" | "warning" | "error";
  readonly text: string;
  readonly mend?: string;
  /** Id of the node it is about, to open it. */
  readonly node?: string;
}

export interface Editor {
  readonly client: HostClient;
  readonly catalog: Catalog;
  /** What the canvas shows: the draft, or a past execution's workflow. */
  readonly workflow: Readable<Workflow>;
  /** What is being edited. */
  readonly draft: Readable<Workflow>;
  readonly saving: Readable<SaveState>;
  readonly isReadOnly: Readable<boolean>;
  readonly canUndo: Readable<boolean>;
  readonly canRedo: Readable<boolean>;
  /** Problems found here and by the host, newest check. */
  readonly problems: Readable<readonly Problem[]>;
  /** The execution shown on the canvas; null before the first run. */
  readonly execution: Readable<ExecutionView | null>;
  /** Ids of nodes whose results no longer hold. */
  readonly stale: Readable<ReadonlySet<string>>;
  readonly view: Readable<View>;
  /** Ids of selected nodes and notes. */
  readonly selection: Readable<ReadonlySet<string>>;
  /** The node whose panel is open. */
  readonly opened: Readable<string | null>;
  readonly notices: Readable<readonly Notice[]>;

  node(id: string): Node | undefined;
  /** Ports of a placed node, with the error port where it has one. Known at once, corrected when the host answers. */
  ports(node: Node): Ports;
  /** Notifies whenever some node's ports may have changed. */
  readonly portsVersion: Readable<number>;

  /**
   * Make an edit. A change that does not fit is refused with a notice and returns false. Edits with the same
   * `merge` key in quick succession (typing in one field) are one undo step.
   */
  apply(change: Change, options?: { readonly merge?: string }): boolean;
  setParameter(node: string, path: Path, value: Json | undefined): void;
  /** Rename a node and rewrite every expression that names it. Gives the reason when the name cannot be. */
  rename(node: string, name: string): string | null;
  undo(): void;
  redo(): void;

  select(ids: Iterable<string>): void;
  open(node: string | null): void;
  setView(view: View): void;
  notify(kind: Notice["kind"], text: string, mend?: string, node?: string): void;
  dismiss(notice: number): void;

  /** Run the draft: all of it, or up to a node. */
  run(options?: RunOptions): Promise<void>;
  stop(): Promise<void>;
  /** Show a past execution, at its end or after some of its node runs; null goes back to the draft. */
  showPast(detail: ExecutionDetail | null, after?: number): void;
  save(): Promise<void>;
  /** The draft as a `.flow` document, to send to the host. */
  toFlow(): FlowDocument;
  language(): Language;
  destroy(): void;
}

export interface RunOptions {
  /** Run only what this node (id) needs, and the node. */
  readonly to?: string;
  /** Begin at this trigger (id). */
  readonly from?: string;
  /** Payload for the trigger instead of a real event. */
  readonly payload?: readonly JsonObject[];
}
