/** One open editor: the document, what is selected and shown, and what can be done. Implements the contract of `store.ts`. */
import * as Y from "yjs";
import type { Arrived, ExecutionDetail, FlowDocument, HostClient } from "../client/client";
import { arrivalText } from "./arrival";
import { NodeCatalog } from "./catalog";
import type { Change } from "./change";
import { Checker } from "./checker";
import { HOST, SharedDocument } from "./document";
import { fromFlow, toFlow } from "./flow";
import { RefusedError } from "./json";
import { Observable } from "./observable";
import type { Readable, Unsubscribe } from "./observable";
import { PortBook } from "./portBook";
import { renameChanges } from "./references";
import { reasonOf, Runner } from "./runner";
import { failureOf } from "./runs";
import { Saver } from "./saver";
import type { Editor, ExecutionView, Notice, RunOptions, SaveState, View } from "./store";
import { staleNodes } from "./topology";
import { triggerToCall } from "./waiting";
import type { Json, Language, Node, NodeTypeInfo, Path, Ports, Problem, Workflow } from "./types";

export interface EditorOptions {
  /** A document shared with others; one of its own when not given. */
  readonly doc?: Y.Doc;
  /** What to show first, where `doc` is not given. */
  readonly workflow?: FlowDocument;
  readonly isReadOnly?: boolean;
  readonly view?: View;
}

/** An earlier version on the canvas. */
export interface ShownVersion {
  readonly id: string;
  readonly title: string;
  readonly document: FlowDocument;
  readonly workflow: Workflow;
  /** Whether it may become the draft. */
  readonly canRestore: boolean;
}

/** Where only a past execution is shown: what the host does to lead on from it. */
export interface Alone {
  /** Open the workflow it is of, with this execution. */
  open(): void;
  /** Show another execution. */
  show(execution: string): void;
}

/** An entry that a host adds to the menu of a node. */
export interface HostAction {
  readonly title: string;
  readonly isDisabled?: boolean;
  run(): void;
}

export class WorkflowEditor implements Editor {
  readonly client: HostClient;
  readonly catalog = new NodeCatalog();
  readonly document: SharedDocument;
  readonly workflow: Readable<Workflow>;
  readonly draft: Readable<Workflow>;
  readonly execution: Readable<ExecutionView | null>;
  readonly isReadOnly: Readable<boolean>;
  readonly canUndo: Readable<boolean>;
  readonly canRedo: Readable<boolean>;
  readonly problems: Readable<readonly Problem[]>;
  readonly saving: Readable<SaveState>;
  readonly portsVersion: Readable<number>;
  readonly stale = new Observable<ReadonlySet<string>>(new Set());
  readonly view: Observable<View>;
  readonly selection = new Observable<ReadonlySet<string>>(new Set());
  readonly opened = new Observable<string | null>(null);
  readonly notices = new Observable<readonly Notice[]>([]);
  /** The past execution on the canvas. */
  readonly past = new Observable<ExecutionDetail | null>(null);
  /** The version on the canvas, instead of the draft. */
  readonly version = new Observable<ShownVersion | null>(null);
  /** A run that waits for a call of its trigger. */
  readonly listening = new Observable<RunOptions | null>(null);
  /** What the host wants brought into view. */
  readonly revealed = new Observable<{ readonly id: string } | null>(null);
  /** What the host adds to the menu of a node. */
  hostActions: (node: Node) => readonly HostAction[] = () => [];
  /** Set where nothing but a past execution is shown. */
  alone: Alone | null = null;
  /** Starts and follows executions; null where the host runs nothing. */
  readonly runner: Runner | null;

  private readonly shown: Observable<Workflow>;
  private readonly locked: Observable<boolean>;
  private readonly isAlwaysLocked: Observable<boolean>;
  private readonly book: PortBook;
  private readonly checker: Checker;
  private readonly saver: Saver;
  private readonly leave: Unsubscribe[] = [];
  private noticeCount = 0;
  private lastSeen: ExecutionView | null = null;
  private toldStale: ReadonlySet<string> | null = null;

  constructor(client: HostClient, options: EditorOptions = {}) {
    this.client = client;
    this.document = new SharedDocument(options.doc ?? new Y.Doc());
    if (options.doc === undefined && options.workflow !== undefined) this.document.set(fromFlow(options.workflow));
    this.draft = this.document.workflow;
    this.canUndo = this.document.canUndo;
    this.canRedo = this.document.canRedo;
    this.shown = new Observable(this.draft.get());
    this.workflow = this.shown;
    this.isAlwaysLocked = new Observable(options.isReadOnly ?? false);
    this.locked = new Observable(options.isReadOnly ?? false);
    this.isReadOnly = this.locked;
    this.view = new Observable(options.view ?? "normal");
    this.book = new PortBook(client, (node) => this.infoOf(node));
    this.portsVersion = this.book.version;
    this.checker = new Checker(client);
    this.problems = this.checker.problems;
    this.saver = new Saver(client, {
      current: () => this.draft.get(), onFail: (error) => { this.tell(error); }, onArrived: (arrived, isMerged) => { this.showArrived(arrived, isMerged); },
    });
    this.saving = this.saver.state;
    this.runner = client.runs === undefined ? null : new Runner(client.runs);
    this.execution = this.runner?.execution ?? new Observable<ExecutionView | null>(null);
    this.leave.push(this.draft.subscribe(this.onDraft), this.execution.subscribe(this.onExecution));
    this.checker.changed(this.draft.get());
    void this.loadCatalog();
  }

  destroy(): void {
    for (const leave of this.leave) leave();
    this.saver.destroy();
    this.checker.destroy();
    this.runner?.destroy();
    this.document.destroy();
  }

  node(id: string): Node | undefined {
    return this.shown.get().nodes[id];
  }

  infoOf(node: Node): NodeTypeInfo | undefined {
    return this.catalog.find(node.type, node.version);
  }

  ports = (node: Node): Ports => this.book.of(node);

  apply(change: Change, options: { readonly merge?: string } = {}): boolean {
    if (this.locked.get()) {
      this.notify("info", this.lockedText());
      return false;
    }
    try {
      this.document.apply(change, options.merge);
      this.saver.changed();
      return true;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.notify("warning", error.message, error.mend);
      return false;
    }
  }

  setParameter(node: string, path: Path, value: Json | undefined): void {
    const change: Change = { type: "SetParameter", node, path, ...(value === undefined ? {} : { value }) };
    this.apply(change, { merge: `${node}.${path.join(".")}` });
  }

  rename(id: string, wanted: string): string | null {
    const workflow = this.draft.get();
    const node = workflow.nodes[id];
    const name = wanted.trim();
    if (node === undefined) return "The node is gone.";
    if (name === "") return "A node needs a name.";
    if (name === node.name) return null;
    if (Object.values(workflow.nodes).some((other) => other.id !== id && other.name === name)) {
      return "Another node has this name; expressions find nodes by name.";
    }
    this.apply({ type: "Changes", changes: renameChanges(workflow, node, name, (other) => this.infoOf(other)) });
    return null;
  }

  undo(): void {
    if (this.locked.get()) return;
    this.document.undo();
    this.saver.changed();
  }

  redo(): void {
    if (this.locked.get()) return;
    this.document.redo();
    this.saver.changed();
  }

  /** Show what the host holds now: merged into the draft, not undoable. */
  setFromHost(workflow: FlowDocument): void {
    this.document.set(fromFlow(workflow), HOST);
  }

  /** Make the draft another workflow (an earlier version, a past execution's); one undo takes it back. */
  replaceDraft(document: FlowDocument): void {
    if (this.locked.get()) return;
    const { id, name } = this.draft.get();
    this.document.replace({ ...fromFlow(document), id, name });
    this.saver.changed();
  }

  setReadOnly(isReadOnly: boolean): void {
    this.isAlwaysLocked.set(isReadOnly);
    this.lock();
  }

  select(ids: Iterable<string>): void {
    const next = new Set(ids);
    const now = this.selection.get();
    if (next.size !== now.size || [...next].some((id) => !now.has(id))) this.selection.set(next);
  }

  open(node: string | null): void {
    // Who looks at a node need not be told any more that one failed; what is told would lie over its data.
    if (node !== null) this.forgetFailure();
    this.opened.set(node);
  }

  /** Bring a node or note into view. */
  reveal(id: string): void {
    this.revealed.set({ id });
  }

  /** The host knows which results no longer hold; else they are found by comparing what ran with the draft. */
  setStale(ids: ReadonlySet<string>): void {
    this.toldStale = ids;
    this.updateStale();
  }

  setView(view: View): void {
    this.view.set(view);
  }

  notify(kind: Notice["kind"], text: string, mend?: string, node?: string): void {
    this.noticeCount += 1;
    const notice = { id: this.noticeCount, kind, text, ...(mend === undefined || mend === "" ? {} : { mend }), ...(node === undefined ? {} : { node }) };
    this.notices.update((notices) => [...notices.filter((one) => one.text !== text), notice].slice(-4));
  }

  dismiss(id: number): void {
    this.notices.update((notices) => notices.filter((notice) => notice.id !== id));
  }

  /** Tell a person that a call to the host failed. */
  tell(error: unknown): void {
    const { text, mend } = reasonOf(error);
    this.notify("error", text, mend);
  }

  async run(options: RunOptions = {}): Promise<void> {
    if (this.runner === null || this.runner.isBusy) return;
    const called = this.client.runs?.listen === undefined ? null : triggerToCall(this.draft.get(), options, (node) => this.infoOf(node)?.is_trigger === true, this.execution.get(), this.stale.get());
    if (called !== null) {
      this.listening.set({ ...options, from: called.id });
      return;
    }
    // What the last run failed of is history now.
    this.forgetFailure();
    try {
      await this.runner.start(this.draft.get(), options);
    } catch (error) {
      this.tell(error);
    }
  }

  async stop(): Promise<void> {
    try {
      await this.runner?.stop();
    } catch (error) {
      this.tell(error);
    }
  }

  /** Show an execution: one that goes on is followed, one that is over shown as it was. */
  showExecution(detail: ExecutionDetail): void {
    const { state } = detail.info;
    if (this.runner !== null && (state === "queued" || state === "running" || state === "suspended")) this.runner.join(detail);
    else this.showPast(detail);
  }

  showPast(detail: ExecutionDetail | null, after?: number): void {
    if (detail !== null) this.version.set(null);
    this.forgetFailure();
    this.past.set(detail);
    this.runner?.showPast(detail, after);
  }

  /** Show a version instead of the draft; null goes back to it. */
  showVersion(version: Pick<ShownVersion, "id" | "title" | "document"> | null): void {
    if (version !== null && this.past.get() !== null) this.showPast(null);
    this.version.set(version === null ? null : { ...version, workflow: fromFlow(version.document), canRestore: !this.isAlwaysLocked.get() });
    this.opened.set(null);
    this.onExecution();
  }

  save(): Promise<void> {
    return this.saver.save();
  }

  toFlow(): FlowDocument {
    return toFlow(this.draft.get());
  }

  language(): Language {
    return this.shown.get().settings.language;
  }

  /** Show what others had a part in, and say so. */
  private showArrived({ document, conflicts, version }: Arrived, isMerged: boolean): void {
    this.setFromHost(document);
    const { text, mend } = arrivalText(this.draft.get(), { conflicts, version, isMerged });
    this.notify(conflicts.length > 0 ? "warning" : "info", text, mend);
  }

  private async loadCatalog(): Promise<void> {
    try {
      await this.catalog.load(this.client);
      this.book.refresh();
    } catch (error) {
      this.tell(error);
    }
  }

  private forgetFailure(): void {
    if (this.notices.get().some((notice) => notice.node !== undefined)) this.notices.update((notices) => notices.filter((notice) => notice.node === undefined));
  }

  private readonly onDraft = (): void => {
    const workflow = this.draft.get();
    if (this.execution.get()?.is_past !== true && this.version.get() === null) this.shown.set(workflow);
    this.checker.changed(workflow);
    this.updateStale();
    this.forgetGone(workflow);
  };

  private readonly onExecution = (): void => {
    const view = this.execution.get();
    const failure = failureOf(this.lastSeen, view);
    this.lastSeen = view;
    // The panel of the node tells it already.
    const isSeen = failure?.node !== undefined && failure.node === this.opened.get();
    if (failure !== null && !isSeen) this.notify("error", failure.text, failure.mend, failure.node);
    const before = view?.is_past === true ? view.workflow : this.version.get()?.workflow;
    this.shown.set(before ?? this.draft.get());
    this.lock();
    this.updateStale();
  };

  private lock(): void {
    this.locked.set(this.isAlwaysLocked.get() || this.execution.get()?.is_past === true || this.version.get() !== null);
  }

  private lockedText(): string {
    if (this.execution.get()?.is_past === true) return "A past execution cannot be edited.";
    return this.version.get() === null ? "This workflow is read-only." : "An earlier version cannot be edited. Restore it, or go back to the draft.";
  }

  private updateStale(): void {
    if (this.toldStale !== null) {
      this.stale.set(this.toldStale);
      return;
    }
    const view = this.execution.get();
    if (view === null || view.is_past || view.workflow === null || view.workflow === this.draft.get()) {
      if (this.stale.get().size > 0) this.stale.set(new Set());
      return;
    }
    const stale = staleNodes(view.workflow, this.draft.get());
    this.stale.set(new Set([...stale].filter((id) => view.nodes[id] !== undefined)));
  }

  /** A selected or opened node may be removed, by this person or another. */
  private forgetGone(workflow: Workflow): void {
    const isThere = (id: string): boolean => Object.hasOwn(workflow.nodes, id) || Object.hasOwn(workflow.notes, id) || Object.hasOwn(workflow.groups, id);
    const selection = [...this.selection.get()];
    if (!selection.every(isThere)) this.select(selection.filter(isThere));
    const opened = this.opened.get();
    if (opened !== null && !Object.hasOwn(workflow.nodes, opened)) this.opened.set(null);
  }
}
