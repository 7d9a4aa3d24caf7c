/**
 * The line to the Workflow kernel: it is told what stands in the cells and in which way to run those that depend on
 * others; it tells how they stand, and what cells show that it runs for others. `workflow_kernel/notebook/front.py` is
 * the other end.
 */
import type { ICodeCellModel } from "@jupyterlab/cells";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import type { JSONObject } from "@lumino/coreutils";
import type { IDisposable } from "@lumino/disposable";
import { Signal } from "@lumino/signaling";
import { cellOf } from "./cells";
import type { Cells } from "./cells";
import type { CellRuns } from "./cellRuns";
import { OutputPlace } from "./outputs";

export const MODES = ["lazy", "automatic", "off"] as const;
export type Mode = (typeof MODES)[number];
export type CellState = "new" | "edited" | "stale" | "fresh";

const TARGET = "workflow.cells";
const IMPLEMENTATION = "workflow";
/** Where the notebook keeps what was chosen for it. */
export const METADATA = "workflow_kernel";

interface Told {
  readonly type: "cells";
  readonly mode: Mode;
  readonly states: Readonly<Record<string, CellState>>;
  readonly twice: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly ran?: { readonly cell: string; readonly status: string; readonly count: number };
}

export class KernelLink implements IDisposable {
  readonly changed = new Signal<this, void>(this);
  isDisposed = false;
  states: Told["states"] = {};
  twice: Told["twice"] = {};
  private kernel: Kernel.IKernelConnection | null = null;
  private comm: Kernel.IComm | null = null;
  private isGone = false;
  private readonly places = new Map<string, OutputPlace>();

  constructor(
    private readonly panel: NotebookPanel,
    private readonly cells: Cells,
    private readonly runs: CellRuns,
  ) {
    panel.sessionContext.kernelChanged.connect(this.onKernel, this);
    cells.changed.connect(this.tell, this);
    this.onKernel();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.leave();
    Signal.clearData(this);
  }

  /** Whether the notebook's kernel is the Workflow kernel. */
  get isThere(): boolean {
    return this.comm !== null;
  }

  get mode(): Mode {
    const chosen = (this.panel.content.model?.getMetadata(METADATA) as { mode?: unknown } | undefined)?.mode;
    return MODES.find((mode) => mode === chosen) ?? "lazy";
  }

  set mode(mode: Mode) {
    if (mode === this.mode) return;
    this.keepMode(mode);
    this.send({ mode });
  }

  private keepMode(mode: Mode): void {
    const { model } = this.panel.content;
    const kept = (model?.getMetadata(METADATA) ?? {}) as JSONObject;
    model?.setMetadata(METADATA, { ...kept, mode });
    this.changed.emit();
  }

  private onKernel(): void {
    this.leave();
    this.kernel = this.panel.sessionContext.session?.kernel ?? null;
    this.kernel?.statusChanged.connect(this.onStatus, this);
    void this.open();
  }

  private leave(): void {
    this.kernel?.statusChanged.disconnect(this.onStatus, this);
    this.kernel?.iopubMessage.disconnect(this.onMessage, this);
    this.forget();
  }

  private forget(): void {
    this.comm = null;
    this.states = {};
    this.twice = {};
    for (const place of this.places.values()) place.end(null);
    this.places.clear();
    if (!this.isDisposed) this.changed.emit();
  }

  /** A kernel that was started anew knows nothing of the line. */
  private onStatus(_kernel: Kernel.IKernelConnection, status: Kernel.Status): void {
    if (status === "restarting" || status === "autorestarting") {
      this.isGone = true;
      this.kernel?.iopubMessage.disconnect(this.onMessage, this);
      this.forget();
    } else if (this.isGone && status === "idle") {
      this.isGone = false;
      void this.open();
    }
  }

  private async open(): Promise<void> {
    const { kernel } = this;
    if (kernel === null) return;
    const { implementation } = await kernel.info;
    if (implementation !== IMPLEMENTATION || this.isDisposed || kernel !== this.kernel || this.comm !== null) return;
    await this.panel.context.ready;
    kernel.iopubMessage.connect(this.onMessage, this);
    this.comm = kernel.createComm(TARGET);
    this.comm.onMsg = ({ content }) => { this.take(content.data as unknown as Told); };
    this.comm.open({ cells: this.sources(), mode: this.mode });
    this.changed.emit();
  }

  private sources(): JSONObject {
    return Object.fromEntries(this.cells.read().filter(({ kind }) => kind === "code").map(({ id, source }) => [id, source]));
  }

  private tell(): void {
    this.send({ cells: this.sources() });
  }

  private send(data: JSONObject): void {
    this.comm?.send(data);
  }

  private take(told: Told): void {
    if (told.mode !== this.mode) this.keepMode(told.mode);
    this.states = told.states;
    this.twice = told.twice;
    if (told.ran !== undefined) {
      this.places.get(told.ran.cell)?.end(told.ran.count);
      this.places.delete(told.ran.cell);
      this.runs.end(told.ran.cell, told.ran.status === "ok" ? "succeeded" : "failed");
    }
    this.changed.emit();
  }

  /** What a cell shows that runs for another one has its id in the parent's header. */
  private onMessage(_kernel: Kernel.IKernelConnection, msg: KernelMessage.IIOPubMessage): void {
    const { workflow_cell: id } = msg.parent_header as { readonly workflow_cell?: string };
    const model = id === undefined ? undefined : cellOf(this.panel.content, id)?.model;
    if (id === undefined || model?.type !== "code") return;
    if (msg.header.msg_type === "execute_input") {
      const place = new OutputPlace(model as ICodeCellModel);
      this.places.set(id, place);
      place.begin();
      this.runs.begin(id, (msg as KernelMessage.IExecuteInputMsg).content.code);
    }
    this.places.get(id)?.take(msg);
  }
}
