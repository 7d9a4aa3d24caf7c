/** How the cells of a notebook ran in its kernel, from the messages that go there and come back. */
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import type { IDisposable } from "@lumino/disposable";
import { Signal } from "@lumino/signaling";

export interface CellRun {
  readonly state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  /** Seconds since the epoch. */
  readonly started_at: number | null;
  readonly seconds: number | null;
  readonly error: { readonly message: string } | null;
  /** What the cell held when it ran. */
  readonly source: string;
  /** Grows with every run: a later one has the larger number. */
  readonly turn: number;
}

const now = (): number => Date.now() / 1000;
const MOST_KEPT = 2000;

export class CellRuns implements IDisposable {
  readonly changed = new Signal<this, void>(this);
  isDisposed = false;
  private runs = new Map<string, CellRun>();
  /** The cell of each request, by its id. */
  private readonly cells = new Map<string, string>();
  private kernel: Kernel.IKernelConnection | null = null;
  private turn = 0;

  constructor(private readonly panel: NotebookPanel) {
    panel.sessionContext.kernelChanged.connect(this.onKernel, this);
    this.onKernel();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.leave();
    Signal.clearData(this);
  }

  get all(): ReadonlyMap<string, CellRun> {
    return this.runs;
  }

  /** A cell runs elsewhere than in answer to a request of its own: for another cell, or in a workflow. */
  begin(cell: string, source: string): void {
    this.turn += 1;
    this.put(cell, { state: "running", started_at: now(), seconds: null, error: null, source, turn: this.turn });
  }

  end(cell: string, state: CellRun["state"], message = "", seconds?: number): void {
    const run = this.runs.get(cell);
    if (run === undefined) return;
    const took = seconds ?? (run.started_at === null ? null : now() - run.started_at);
    this.put(cell, { ...run, state, seconds: took, error: message === "" ? run.error : { message } });
  }

  /** Nothing has run: the kernel is another one. */
  clear(): void {
    this.runs = new Map();
    this.cells.clear();
    this.changed.emit();
  }

  private put(cell: string, run: CellRun): void {
    this.runs.set(cell, run);
    this.changed.emit();
  }

  private onKernel(): void {
    this.leave();
    this.kernel = this.panel.sessionContext.session?.kernel ?? null;
    this.kernel?.anyMessage.connect(this.onMessage, this);
    this.kernel?.statusChanged.connect(this.onStatus, this);
    this.clear();
  }

  private leave(): void {
    this.kernel?.anyMessage.disconnect(this.onMessage, this);
    this.kernel?.statusChanged.disconnect(this.onStatus, this);
  }

  private onStatus(_kernel: Kernel.IKernelConnection, status: Kernel.Status): void {
    if (status === "restarting" || status === "autorestarting") this.clear();
  }

  private onMessage(_kernel: Kernel.IKernelConnection, { msg, direction }: Kernel.IAnyMessageArgs): void {
    if (direction === "send") {
      if (msg.header.msg_type === "execute_request") this.onRequest(msg as KernelMessage.IExecuteRequestMsg);
      return;
    }
    const cell = this.cells.get((msg.parent_header as { readonly msg_id?: string }).msg_id ?? "");
    if (cell === undefined) return;
    if (msg.header.msg_type === "status") this.onBusy(cell, (msg as KernelMessage.IStatusMsg).content.execution_state);
    else if (msg.header.msg_type === "error") this.onError(cell, msg as KernelMessage.IErrorMsg);
    else if (msg.header.msg_type === "execute_reply") this.onReply(cell, msg as KernelMessage.IExecuteReplyMsg);
  }

  private onRequest(msg: KernelMessage.IExecuteRequestMsg): void {
    const { cellId } = msg.metadata;
    if (typeof cellId !== "string" || msg.content.silent === true) return;
    const [oldest] = this.cells.keys();
    if (this.cells.size > MOST_KEPT && oldest !== undefined) this.cells.delete(oldest);
    this.cells.set(msg.header.msg_id, cellId);
    this.turn += 1;
    this.put(cellId, { state: "queued", started_at: null, seconds: null, error: null, source: msg.content.code, turn: this.turn });
  }

  private onBusy(cell: string, state: string): void {
    const run = this.runs.get(cell);
    if (state === "busy" && run?.state === "queued") this.put(cell, { ...run, state: "running", started_at: now() });
  }

  private onError(cell: string, { content }: KernelMessage.IErrorMsg): void {
    const run = this.runs.get(cell);
    if (run !== undefined) this.put(cell, { ...run, error: { message: `${content.ename}: ${content.evalue}` } });
  }

  /** Channels keep no order among each other: what is said of the request may come before the kernel is said to be busy. */
  private onReply(cell: string, { content, metadata, header }: KernelMessage.IExecuteReplyMsg): void {
    const took = (Date.parse(header.date) - Date.parse(String(metadata.started))) / 1000;
    const state = { ok: "succeeded", error: "failed" } as const;
    // An aborted request is one that another's failure took along.
    if (content.status === "ok" || content.status === "error") this.end(cell, state[content.status], "", took >= 0 ? took : undefined);
    else if (this.runs.get(cell)?.state === "queued" || this.runs.get(cell)?.state === "running") this.forget(cell);
  }

  private forget(cell: string): void {
    this.runs.delete(cell);
    this.changed.emit();
  }
}
