/** Notebooks as graphs: the graph beside a notebook, stale cells, runs as a workflow, conversion. */
import { ILayoutRestorer } from "@jupyterlab/application";
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, IThemeManager, IToolbarWidgetRegistry, Notification, WidgetTracker } from "@jupyterlab/apputils";
import { IFileBrowserFactory } from "@jupyterlab/filebrowser";
import { INotebookTracker, NotebookActions } from "@jupyterlab/notebook";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { ToolbarButton } from "@jupyterlab/ui-components";
import { Token } from "@lumino/coreutils";
import { FACTORY } from "../document";
import { SUFFIX } from "../drive";
import { workflowIcon } from "../icons";
import { postText } from "../service";
import { showExecutionById } from "../sidePanel";
import { cellOf } from "./cells";
import { freePath } from "./files";
import { Followed } from "./followed";
import { makeGraphPanel } from "./graphPanel";
import type { GraphPanel } from "./graphPanel";
import { runAsWorkflow } from "./notebookRun";
import { ModeSwitch } from "./modeSwitch";

export const NotebookCommands = {
  graph: "workflow:show-graph",
  runStale: "workflow:run-stale",
  runWorkflow: "workflow:run-notebook",
  stopWorkflow: "workflow:stop-notebook",
  convert: "workflow:convert-notebook",
  automatic: "workflow:toggle-automatic",
} as const;

export interface INotebooks {
  /** What is kept of a notebook that is open. */
  of(panel: NotebookPanel): Followed;
}

export const INotebooks = new Token<INotebooks>("@workflow/jupyterlab:INotebooks", "What is kept of notebooks that are open.");

const PLUGIN = "@workflow/jupyterlab:notebooks";
const CATEGORY = "Workflow";
const CELL = ".jp-Notebook .jp-Cell";
const FILE = ".jp-DirListing-item[data-file-type='notebook']";
const NOTEBOOK = ".ipynb";

export const notebooks: JupyterFrontEndPlugin<INotebooks> = {
  id: PLUGIN,
  description: "The graph of a notebook's cells beside it, stale cells, and runs as a workflow.",
  autoStart: true,
  provides: INotebooks,
  requires: [INotebookTracker],
  optional: [ICommandPalette, IThemeManager, IFileBrowserFactory, IToolbarWidgetRegistry, ISettingRegistry, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd, tracker: INotebookTracker, palette: ICommandPalette | null, themes: IThemeManager | null, browser: IFileBrowserFactory | null,
    toolbars: IToolbarWidgetRegistry | null, settings: ISettingRegistry | null, restorer: ILayoutRestorer | null,
  ): INotebooks => {
    const parts = new Parts(app, tracker, themes, browser);
    tracker.widgetAdded.connect((_sender, panel) => { parts.of(panel); });
    if (toolbars !== null) addToToolbar(parts, toolbars);
    void settings?.load(PLUGIN).catch(() => undefined);
    addCommands(parts);
    if (restorer !== null) {
      void restorer.restore(parts.graphs, {
        command: NotebookCommands.graph, args: (panel) => ({ path: panel.content.path }), name: (panel) => panel.content.path, when: tracker.restored,
      });
    }
    for (const command of Object.values(NotebookCommands)) palette?.addItem({ command, category: CATEGORY });
    [NotebookCommands.graph, NotebookCommands.runStale, NotebookCommands.runWorkflow].forEach((command, index) => {
      app.contextMenu.addItem({ command, selector: CELL, rank: 8 + index / 10 });
    });
    app.contextMenu.addItem({ command: NotebookCommands.convert, selector: FILE, rank: 2, args: { isFile: true } });
    return parts;
  },
};

class Parts implements INotebooks {
  private readonly known = new WeakMap<NotebookPanel, Followed>();
  readonly graphs = new WidgetTracker<GraphPanel>({ namespace: "workflow-graph" });

  constructor(
    readonly app: JupyterFrontEnd,
    readonly tracker: INotebookTracker,
    private readonly themes: IThemeManager | null,
    readonly browser: IFileBrowserFactory | null,
  ) {}

  of(panel: NotebookPanel): Followed {
    const found = this.known.get(panel) ?? new Followed(panel);
    this.known.set(panel, found);
    return found;
  }

  /** The notebook that is meant: the one named, or the one at hand. */
  meant(id: unknown): Followed | null {
    const panel = typeof id === "string" ? this.tracker.find((one) => one.id === id) : this.tracker.currentWidget;
    return panel == null ? null : this.of(panel);
  }

  /** The notebook of a path, opened where it is not. */
  async opened(path: string): Promise<Followed | null> {
    const widget = (await this.app.commands.execute("docmanager:open", { path })) as NotebookPanel | undefined;
    return widget !== undefined && this.tracker.has(widget) ? this.of(widget) : null;
  }

  showGraph(followed: Followed): void {
    const { app } = this;
    const { id } = followed.panel;
    const known = this.graphs.find((panel) => panel.content.notebook === followed.panel.content);
    if (known !== undefined) {
      app.shell.activateById(known.id);
      return;
    }
    const names = { runStale: NotebookCommands.runStale, runWorkflow: NotebookCommands.runWorkflow, stopWorkflow: NotebookCommands.stopWorkflow, openEdge: "workflow:open-edge" };
    const panel = makeGraphPanel(followed, this.themes, app.commands, names);
    followed.panel.context.pathChanged.connect(() => { void this.graphs.save(panel); });
    void this.graphs.add(panel);
    app.shell.add(panel, "main", { ref: id, mode: "split-right", activate: false });
  }
}

/** What stands in the toolbar of notebooks; where, is in `schema/notebooks.json`. */
function addToToolbar(parts: Parts, toolbars: IToolbarWidgetRegistry): void {
  const { commands } = parts.app;
  toolbars.addFactory<NotebookPanel>("Notebook", "workflowGraph", (panel) => new ToolbarButton({
    icon: workflowIcon, tooltip: "Show the graph of the cells", onClick: () => { void commands.execute(NotebookCommands.graph, { notebook: panel.id }); },
  }));
  toolbars.addFactory<NotebookPanel>("Notebook", "workflowMode", (panel) => new ModeSwitch(parts.of(panel).link));
}

function addCommands(parts: Parts): void {
  const { app } = parts;
  const add = (id: string, label: string, caption: string, work: (followed: Followed) => Promise<void> | void): void => {
    app.commands.addCommand(id, {
      label, caption, icon: (args) => (args.isPalette === true ? undefined : workflowIcon), isEnabled: (args) => typeof args.path === "string" || parts.meant(args.notebook) !== null,
      execute: async (args) => {
        const followed = typeof args.path === "string" ? await parts.opened(args.path) : parts.meant(args.notebook);
        if (followed !== null) await told(async () => { await work(followed); });
      },
    });
  };
  add(NotebookCommands.graph, "Show Cell Graph", "Show which cells of the notebook depend on which", (followed) => { parts.showGraph(followed); });
  add(NotebookCommands.runStale, "Run Stale Cells", "Run the cells whose results no longer hold, in order", runStale);
  add(NotebookCommands.runWorkflow, "Run Notebook as a Workflow", "Run all cells by the graph, those at the same time that need nothing of each other", async (followed) => {
    if (followed.stop !== null) return;
    await followed.graphNow();
    await runAsWorkflow(followed, (execution) => { void showExecutionById(app, execution); });
  });
  add(NotebookCommands.stopWorkflow, "Stop the Notebook's Execution", "Stop the execution of the notebook as a workflow", async (followed) => { await followed.stop?.(); });
  app.commands.addCommand(NotebookCommands.automatic, {
    label: "Run Dependent Cells Automatically", isToggleable: true,
    isToggled: () => parts.meant(null)?.link.mode === "automatic",
    isEnabled: () => parts.meant(null)?.link.isThere === true,
    execute: () => {
      const link = parts.meant(null)?.link;
      if (link !== undefined) link.mode = link.mode === "automatic" ? "lazy" : "automatic";
    },
  });
  app.commands.addCommand(NotebookCommands.convert, {
    label: "Convert Notebook to Workflow", caption: "Make a workflow whose nodes are the cells, beside the notebook", icon: (args) => (args.isPalette === true ? undefined : workflowIcon),
    isEnabled: (args) => args.isFile === true || parts.tracker.currentWidget !== null,
    execute: async (args) => { await told(() => convert(parts, args.isFile === true)); },
  });
}

async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    Notification.error(error instanceof Error ? error.message : String(error), { autoClose: false });
  }
}

async function runStale(followed: Followed): Promise<void> {
  const { content, sessionContext } = followed.panel;
  const graph = await followed.graphNow();
  const cells = graph.toRun().map((id) => cellOf(content, id)).filter((cell) => cell !== undefined);
  if (cells.length === 0) Notification.info("No cell is stale.", { autoClose: 3000 });
  else await NotebookActions.runCells(content, cells, sessionContext);
}

async function convert({ app, tracker, browser }: Parts, isFile: boolean): Promise<void> {
  for (const [path, notebook] of await chosen(isFile ? browser : null, tracker.currentWidget, app)) {
    const text = await postText("notebook", { notebook, path, kind: "flow" });
    const made = await freePath(app, path.slice(0, -NOTEBOOK.length), SUFFIX);
    await app.serviceManager.contents.save(made, { type: "file", format: "text", content: text });
    await app.commands.execute("docmanager:open", { path: made, factory: FACTORY });
  }
}

/** The notebooks chosen in the file browser, or the one that is open; with their paths. */
async function chosen(browser: IFileBrowserFactory | null, open: NotebookPanel | null, app: JupyterFrontEnd): Promise<readonly (readonly [string, unknown])[]> {
  const items = [...(browser?.tracker.currentWidget?.selectedItems() ?? [])].filter(({ path }) => path.endsWith(NOTEBOOK));
  if (browser === null) return open?.content.model == null ? [] : [[open.context.localPath, open.content.model.toJSON()]];
  return await Promise.all(items.map(async ({ path }): Promise<readonly [string, unknown]> => [path, (await app.serviceManager.contents.get(path, { type: "notebook", content: true })).content as unknown]));
}
