/** What stands in the cells of a notebook, told a moment after it changed. */
import type { Cell } from "@jupyterlab/cells";
import type { Notebook, NotebookPanel } from "@jupyterlab/notebook";
import type { IDisposable } from "@lumino/disposable";
import { Signal } from "@lumino/signaling";

export interface CellText {
  readonly id: string;
  readonly kind: "code" | "markdown" | "raw";
  readonly source: string;
}

/** Milliseconds without an edit after which it is told. */
const PAUSE = 120;

export class Cells implements IDisposable {
  /** Something stands in the cells that did not before, or they are in another order. */
  readonly changed = new Signal<this, void>(this);
  isDisposed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private last: readonly CellText[] = [];

  constructor(private readonly panel: NotebookPanel) {
    panel.content.modelContentChanged.connect(this.onChange, this);
    this.last = this.read();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    clearTimeout(this.timer);
    this.panel.content.modelContentChanged.disconnect(this.onChange, this);
    Signal.clearData(this);
  }

  /** All cells, in order. */
  read(): readonly CellText[] {
    const cells = this.panel.content.model?.cells;
    return cells === undefined ? [] : [...cells].map(({ id, type, sharedModel }) => ({ id, kind: type as CellText["kind"], source: sharedModel.getSource() }));
  }

  private onChange(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.tell(); }, PAUSE);
  }

  private tell(): void {
    const found = this.read();
    const isSame = found.length === this.last.length && found.every((cell, index) => isEqual(cell, this.last[index]));
    this.last = found;
    if (!isSame) this.changed.emit();
  }
}

const isEqual = (one: CellText, other: CellText | undefined): boolean => one.id === other?.id && one.source === other.source && one.kind === other.kind;

/** The widget of a cell. */
export function cellOf(notebook: Notebook, id: string): Cell | undefined {
  return notebook.widgets.find((cell) => cell.model.id === id);
}

/** Make a cell the active one, and bring it into sight. */
export async function goTo(notebook: Notebook, id: string): Promise<void> {
  const index = notebook.widgets.findIndex((cell) => cell.model.id === id);
  if (index < 0) return;
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  await notebook.scrollToItem(index, "smart");
}
