/** The graph beside a notebook: the editor, with what is chosen and how cells stand in step with the notebook. */
import type { IThemeManager } from "@jupyterlab/apputils";
import { MainAreaWidget } from "@jupyterlab/apputils";
import { NotebookActions } from "@jupyterlab/notebook";
import type { Cell } from "@jupyterlab/cells";
import type { Notebook } from "@jupyterlab/notebook";
import { ToolbarButton } from "@jupyterlab/ui-components";
import type { CommandRegistry } from "@lumino/commands";
import { Widget } from "@lumino/widgets";
import type { CellRun as ShownRun, CellsView, HostAction } from "../../../../workflow_kernel/editor/src/hosts/index";
import { loadEditor } from "../editor";
import { workflowIcon } from "../icons";
import { themeOf } from "../theme";
import { cellOf, goTo } from "./cells";
import type { Followed } from "./followed";

export interface GraphCommands {
  readonly runStale: string;
  readonly runWorkflow: string;
  readonly stopWorkflow: string;
  readonly openEdge: string;
}

class GraphContent extends Widget {
  private view: CellsView | null = null;
  private readonly host = document.createElement("div");
  private readonly note = document.createElement("p");
  private shown = { hasImports: false, hasNotes: true };

  constructor(
    private readonly followed: Followed,
    private readonly themes: IThemeManager | null,
    private readonly commands: CommandRegistry,
    private readonly names: GraphCommands,
  ) {
    super();
    this.addClass("jp-WorkflowPanel");
    this.host.className = "jp-WorkflowPanel-host";
    this.note.className = "jp-WorkflowGraph-note";
    this.note.setAttribute("role", "status");
    this.node.append(this.host, this.note);
    void this.start();
  }

  get notebook(): Notebook {
    return this.followed.panel.content;
  }

  /** Of the notebook. */
  get path(): string {
    return this.followed.panel.context.path;
  }

  toggle(what: "hasImports" | "hasNotes"): void {
    this.shown = { ...this.shown, [what]: !this.shown[what] };
    this.draw();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.followed.graph.changed.disconnect(this.draw, this);
    this.themes?.themeChanged.disconnect(this.onTheme, this);
    if (!this.notebook.isDisposed) this.notebook.activeCellChanged.disconnect(this.onActive, this);
    this.view?.destroy();
    super.dispose();
  }

  private async start(): Promise<void> {
    const { panel, graph } = this.followed;
    // Begun with the cells, the graph is drawn close enough to read.
    await panel.context.ready;
    const [{ CellsView: View }] = await Promise.all([loadEditor(), graph.ready().catch(() => undefined)]);
    if (this.isDisposed) return;
    this.view = new View(this.host, graph.shown, this.shown, {
      theme: themeOf(this.themes), name: panel.title.label,
      onSelect: (id) => { void goTo(this.notebook, id); },
      onOpen: (id) => { void this.edit(id); },
      actions: (id) => this.actions(id),
    });
    graph.changed.connect(this.draw, this);
    this.notebook.activeCellChanged.connect(this.onActive, this);
    this.themes?.themeChanged.connect(this.onTheme, this);
    this.draw();
    this.onActive(this.notebook, this.notebook.activeCell);
  }

  private draw(): void {
    const { graph, runs } = this.followed;
    if (this.view === null || this.notebook.isDisposed) return;
    this.view.set(graph.shown, this.shown);
    const states = new Map([...runs.all].map(([id, { state, started_at, seconds, error }]): [string, ShownRun] => [id, { state, started_at, seconds, error, runs: 1 }]));
    const stale = graph.stale();
    this.view.setRuns(states, stale);
    this.note.textContent = graph.failure !== "" ? `The graph could not be read: ${graph.failure}` : "";
  }

  private onActive(_notebook: Notebook, cell: Cell | null): void {
    this.view?.select(cell?.model.id ?? null);
  }

  private onTheme(): void {
    this.view?.setTheme(themeOf(this.themes));
  }

  private async edit(id: string): Promise<void> {
    await goTo(this.notebook, id);
    this.notebook.mode = "edit";
    this.notebook.activate();
  }

  private actions(id: string): readonly HostAction[] {
    const { panel, execution } = this.followed;
    const cell = cellOf(this.notebook, id);
    if (cell === undefined) return [];
    const run = () => {
      void NotebookActions.runCells(this.notebook, [cell], panel.sessionContext);
    };
    return [
      { title: "Go to the cell", run: () => { void this.edit(id); } },
      { title: "Run the cell", run },
      { title: "Open its input in a notebook", isDisabled: execution === null, run: () => { void this.commands.execute(this.names.openEdge, { execution, node: id }); } },
    ];
  }
}

export type GraphPanel = MainAreaWidget<GraphContent>;

/** A tab with the graph of a notebook. */
export function makeGraphPanel(followed: Followed, themes: IThemeManager | null, commands: CommandRegistry, names: GraphCommands): GraphPanel {
  const content = new GraphContent(followed, themes, commands, names);
  const panel = new MainAreaWidget({ content });
  const { title } = followed.panel;
  panel.id = `workflow-graph-${followed.panel.id}`;
  panel.title.label = `Graph of ${title.label}`;
  panel.title.icon = workflowIcon;
  panel.title.closable = true;
  const execute = (name: string) => () => { void commands.execute(name, { notebook: followed.panel.id }); };
  panel.toolbar.addItem("stale", new ToolbarButton({ label: "Run stale cells", tooltip: "Run the cells whose results no longer hold, in order", onClick: execute(names.runStale) }));
  const start = new ToolbarButton({ label: "Run as a workflow", tooltip: "Run all cells by the graph, those at the same time that need nothing of each other", onClick: execute(names.runWorkflow) });
  const stop = new ToolbarButton({ label: "Stop", tooltip: "Stop the execution of the notebook as a workflow", onClick: execute(names.stopWorkflow) });
  panel.toolbar.addItem("workflow", start);
  panel.toolbar.addItem("stop", stop);
  const onRunning = (): void => {
    start.setHidden(followed.stop !== null);
    stop.setHidden(followed.stop === null);
  };
  followed.running.connect(onRunning);
  panel.disposed.connect(() => { followed.running.disconnect(onRunning); });
  onRunning();
  for (const [what, label, tooltip] of [["hasImports", "Imports", "Show edges of imported modules"], ["hasNotes", "Notes", "Show Markdown cells"]] as const) {
    const button = new ToolbarButton({
      label, tooltip,
      onClick: () => {
        content.toggle(what);
        button.pressed = !button.pressed;
      },
    });
    button.pressed = what === "hasNotes";
    panel.toolbar.addItem(what, button);
  }
  followed.panel.disposed.connect(() => { panel.dispose(); });
  return panel;
}
