/** All that is kept of a notebook that is open: its cells, how they ran, its line to the Workflow kernel, its graph. */
import type { NotebookPanel } from "@jupyterlab/notebook";
import { Signal } from "@lumino/signaling";
import { Cells } from "./cells";
import { CellMarks } from "./cellMarks";
import { CellRuns } from "./cellRuns";
import { NotebookGraph } from "./graph";
import { KernelLink } from "./kernelLink";

export class Followed {
  readonly cells: Cells;
  readonly runs: CellRuns;
  readonly link: KernelLink;
  /** The last execution of the notebook as a workflow. */
  execution: string | null = null;
  /** It runs as a workflow, or does no longer. */
  readonly running = new Signal<this, void>(this);
  /** Ends the execution of it as a workflow that runs; null when none does. */
  stop: (() => Promise<void>) | null = null;
  private known: NotebookGraph | null = null;
  private readonly marks: CellMarks;

  constructor(readonly panel: NotebookPanel) {
    this.cells = new Cells(panel);
    this.runs = new CellRuns(panel);
    this.link = new KernelLink(panel, this.cells, this.runs);
    this.marks = new CellMarks(panel, this.link, this.runs);
    panel.disposed.connect(() => { this.dispose(); });
  }

  setStop(stop: (() => Promise<void>) | null): void {
    this.stop = stop;
    this.running.emit();
  }

  /** The graph; it is read from when it is first asked for. */
  get graph(): NotebookGraph {
    this.known ??= new NotebookGraph(this.panel, this.cells, this.runs, this.link);
    return this.known;
  }

  /** The graph of the cells as they are now. */
  async graphNow(): Promise<NotebookGraph> {
    const { graph } = this;
    await graph.ready();
    return graph;
  }

  private dispose(): void {
    for (const one of [this.known, this.marks, this.link, this.runs, this.cells]) one?.dispose();
    Signal.clearData(this);
  }
}
