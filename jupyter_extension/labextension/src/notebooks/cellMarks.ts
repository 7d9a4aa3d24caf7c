/** Marks beside cells that the Workflow kernel runs: which are stale or define a name twice. JupyterLab marks edited ones. */
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { IDisposable } from "@lumino/disposable";
import type { CellRuns } from "./cellRuns";
import { cellOf } from "./cells";
import type { KernelLink } from "./kernelLink";

const HELP = "Something it depends on changed since it ran. Run it, or what needs it.";

export class CellMarks implements IDisposable {
  isDisposed = false;
  private frame: number | null = null;

  constructor(
    private readonly panel: NotebookPanel,
    private readonly link: KernelLink,
    private readonly runs: CellRuns,
  ) {
    link.changed.connect(this.soon, this);
    runs.changed.connect(this.soon, this);
    this.soon();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.link.changed.disconnect(this.soon, this);
    this.runs.changed.disconnect(this.soon, this);
  }

  private soon(): void {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  private draw(): void {
    const isOn = this.link.isThere && this.link.mode !== "off";
    for (const { node, model } of this.panel.content.widgets) {
      const isStale = isOn && this.link.states[model.id] === "stale";
      node.toggleAttribute("data-workflow-stale", isStale);
      mark(node, "jp-WorkflowMark", isStale ? "stale" : "", HELP);
      mark(node, "jp-WorkflowTwice", isOn ? this.twiceOf(model.id) : "", "");
    }
  }

  /** Which names a cell defines that others define too. */
  private twiceOf(id: string): string {
    const found = Object.entries(this.link.twice[id] ?? {}).map(([name, others]) => `‘${name}’ is also defined by ${others.map((other) => this.nameOf(other)).join(", ")}`);
    return found.length === 0 ? "" : `${found.join("; ")}. Cells that use it get what ran last.`;
  }

  private nameOf(id: string): string {
    const model = cellOf(this.panel.content, id)?.model;
    const count = model?.sharedModel.toJSON().execution_count;
    if (typeof count === "number") return `[${String(count)}]`;
    const [line] = (model?.sharedModel.getSource() ?? "").split("\n");
    return line === undefined || line === "" ? "a cell that is gone" : `‘${line.slice(0, 40)}’`;
  }
}

/** Show a mark in a cell, with words of its own; take it away where there are none. */
function mark(cell: HTMLElement, className: string, text: string, title: string): void {
  const known = cell.querySelector<HTMLElement>(`:scope > .${className}`);
  if (text === "") {
    known?.remove();
    return;
  }
  const element = known ?? document.createElement("div");
  element.className = className;
  if (element.textContent !== text) element.textContent = text;
  element.title = title;
  if (known === null) cell.append(element);
}
