/** The graph of a notebook's cells as the Jupyter server reads it, kept in step with what is edited. */
import type { NotebookPanel } from "@jupyterlab/notebook";
import { UUID } from "@lumino/coreutils";
import type { IDisposable } from "@lumino/disposable";
import { Signal } from "@lumino/signaling";
import type { CellGraph } from "../../../../workflow_kernel/editor/src/hosts/index";
import { post } from "../service";
import type { Cells } from "./cells";
import type { CellRun, CellRuns } from "./cellRuns";
import type { KernelLink } from "./kernelLink";

type Answer = CellGraph | { readonly missing: readonly string[] };

const NOTHING: CellGraph = { cells: [], edges: [], notes: [] };

export class NotebookGraph implements IDisposable {
  /** The graph is another one, or cells stand otherwise. */
  readonly changed = new Signal<this, void>(this);
  isDisposed = false;
  shown: CellGraph = NOTHING;
  /** Why there is no graph. */
  failure = "";
  private readonly key = UUID.uuid4();
  /** Texts the server has. */
  private told = new Map<string, string>();
  private asking: Promise<void> | null = null;
  private isLate = false;
  private wasAnyOrder = false;

  constructor(
    readonly panel: NotebookPanel,
    private readonly cells: Cells,
    private readonly runs: CellRuns,
    private readonly link: KernelLink,
  ) {
    cells.changed.connect(this.ask, this);
    runs.changed.connect(this.tell, this);
    link.changed.connect(this.onLink, this);
    this.ask();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.cells.changed.disconnect(this.ask, this);
    this.runs.changed.disconnect(this.tell, this);
    this.link.changed.disconnect(this.onLink, this);
    Signal.clearData(this);
  }

  /** Cells whose results no longer hold. */
  stale(): ReadonlySet<string> {
    if (this.isAnyOrder) {
      return new Set(Object.entries(this.link.states).filter(([, state]) => state === "stale" || state === "edited").map(([id]) => id));
    }
    return staleCells(this.shown, this.runs.all, new Map(this.cells.read().map(({ id, source }) => [id, source])));
  }

  /** Cells to run so that nothing is stale: those, and what they need that never ran; in order. */
  toRun(): readonly string[] {
    const wanted = new Set(this.stale());
    const sources = new Map<string, string[]>();
    for (const { source, target } of this.shown.edges) sources.set(target, [...(sources.get(target) ?? []), source]);
    for (const { id } of [...this.shown.cells].reverse()) {
      if (!wanted.has(id)) continue;
      for (const source of sources.get(id) ?? []) if (!this.runs.all.has(source)) wanted.add(source);
    }
    return this.shown.cells.map(({ id }) => id).filter((id) => wanted.has(id));
  }

  private get isAnyOrder(): boolean {
    return this.link.isThere && this.link.mode !== "off";
  }

  /** How cells stand has changed, and perhaps the order in which they run. */
  private onLink(): void {
    if (this.isAnyOrder === this.wasAnyOrder) this.tell();
    else this.ask();
  }

  private tell(): void {
    this.changed.emit();
  }

  private ask(): void {
    if (this.asking === null) this.asking = this.read();
    else this.isLate = true;
  }

  /** Wait until the graph is that of the cells as they are now. */
  async ready(): Promise<void> {
    this.ask();
    await this.asking;
    if (this.failure !== "") throw new Error(this.failure);
  }

  private async read(): Promise<void> {
    try {
      do {
        this.isLate = false;
        await this.askOnce();
      } while (this.isLate && !this.isDisposed);
      this.failure = "";
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
      this.told.clear();
    } finally {
      this.asking = null;
    }
    if (!this.isDisposed) this.changed.emit();
  }

  private async askOnce(): Promise<void> {
    const cells = this.cells.read();
    const asked = cells.map(({ id, kind, source }) => (this.told.get(id) === source ? { id, kind } : { id, kind, source }));
    let answer = await this.send(asked);
    if ("missing" in answer) answer = await this.send(cells);
    if ("missing" in answer) return;
    this.told = new Map(cells.map(({ id, source }) => [id, source]));
    this.shown = answer;
    if (!this.isDisposed) this.changed.emit();
  }

  private send(cells: readonly object[]): Promise<Answer> {
    this.wasAnyOrder = this.isAnyOrder;
    return post<Answer>("cells", { key: this.key, cells, any_order: this.wasAnyOrder });
  }
}

/** Cells that ran and would give something else now: edited since, or what they need ran later or is stale itself. */
export function staleCells(graph: CellGraph, runs: ReadonlyMap<string, CellRun>, sources: ReadonlyMap<string, string>): ReadonlySet<string> {
  const stale = new Set<string>();
  const before = new Map<string, string[]>();
  for (const { source, target } of graph.edges) before.set(target, [...(before.get(target) ?? []), source]);
  for (const { id } of graph.cells) {
    const run = runs.get(id);
    if (run === undefined || run.state === "queued" || run.state === "running") continue;
    const isOld = (before.get(id) ?? []).some((other) => stale.has(other) || (runs.get(other)?.turn ?? 0) > run.turn);
    if (isOld || sources.get(id) !== run.source) stale.add(id);
  }
  return stale;
}
