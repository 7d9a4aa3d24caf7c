/** An edge of an execution in a notebook: opened from a node, changed there, put back; executions forked and compared. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, IToolbarWidgetRegistry, Notification } from "@jupyterlab/apputils";
import { PathExt } from "@jupyterlab/coreutils";
import { IDefaultFileBrowser } from "@jupyterlab/filebrowser";
import { INotebookTracker, NotebookActions } from "@jupyterlab/notebook";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import { ToolbarButton } from "@jupyterlab/ui-components";
import type { JSONValue, ReadonlyPartialJSONObject } from "@lumino/coreutils";
import { Panel } from "@lumino/widgets";
import { FACTORY } from "../document";
import { DRIVE, drivePath } from "../drive";
import { IFlowTracker } from "../plugin";
import { ask } from "../service";
import type { ExecutionShown, WorkflowShown } from "../service";
import { cellOf, goTo } from "./cells";
import { openNotebook } from "./files";
import { METADATA as KERNEL } from "./kernelLink";
import { EdgeCommands, nodeActions } from "./nodeActions";
import { INotebooks } from "./plugin";

/** Where a notebook tells what edge it is about; `workflow_kernel/interchange/edge_notebook.py` writes it. */
const METADATA = "workflow_edge";
/** Cells that have to have run before the node is there, and the node's. */
const BEFORE = ["edge-begin", "edge-input"] as const;
const NODE = "edge-node";
const FORK = "edge-fork";

interface About {
  readonly execution: string;
  readonly node: string;
  /** The expression that stands for the changed node. */
  readonly change: string;
}

export const edges: JupyterFrontEndPlugin<void> = {
  id: "@workflow/jupyterlab:edges",
  description: "Opens edges of executions in notebooks, and puts what was changed back.",
  autoStart: true,
  requires: [INotebookTracker, IFlowTracker, INotebooks],
  optional: [ICommandPalette, IDefaultFileBrowser, IToolbarWidgetRegistry],
  activate: (
    app: JupyterFrontEnd, notebooks: INotebookTracker, flows: IFlowTracker, followed: INotebooks, palette: ICommandPalette | null, browser: IDefaultFileBrowser | null,
    toolbars: IToolbarWidgetRegistry | null,
  ): void => {
    const folder = (): string => (notebooks.currentWidget === null ? (browser?.model.path ?? "") : PathExt.dirname(notebooks.currentWidget.context.localPath));
    addCommands(app, { notebooks, flows, followed, folder });
    palette?.addItem({ command: EdgeCommands.putBack, category: "Workflow" });
    palette?.addItem({ command: EdgeCommands.forkEdge, category: "Workflow" });
    flows.widgetAdded.connect((_sender, widget) => {
      void widget.content.shown.promise.then(({ editor }) => { editor.hostActions = ({ id }) => nodeActions(app, editor, id); }, () => undefined);
    });
    toolbars?.addFactory<NotebookPanel>("Notebook", "workflowEdge", (panel) => new EdgeButtons(app, panel));
  },
};

interface Parts {
  readonly notebooks: INotebookTracker;
  readonly flows: IFlowTracker;
  readonly followed: INotebooks;
  readonly folder: () => string;
}

function addCommands(app: JupyterFrontEnd, parts: Parts): void {
  const { notebooks, followed, folder } = parts;
  const told = async (work: Promise<void>): Promise<void> => {
    await work.catch((error: unknown) => { Notification.error(error instanceof Error ? error.message : String(error)); });
  };
  app.commands.addCommand(EdgeCommands.open, {
    label: "Open a Node's Input in a Notebook",
    execute: async (args) => {
      const [execution, node] = [String(args.execution), String(args.node)];
      await told(ask<Notebook>("GET", `/executions/${execution}/nodes/${encodeURIComponent(node)}/notebook`).then((content) => openNotebook(app, PathExt.join(folder(), stemOf(content)), content)));
    },
  });
  app.commands.addCommand(EdgeCommands.compare, {
    label: "Compare Two Executions in a Notebook",
    execute: async (args) => { await told(openNotebook(app, PathExt.join(folder(), "comparison"), comparison(String(args.first), String(args.second)))); },
  });
  const isEdge = (): boolean => aboutOf(notebooks.currentWidget) !== null;
  const onEdge = (work: (panel: NotebookPanel, about: About) => Promise<void>) => async (args: ReadonlyPartialJSONObject): Promise<void> => {
    const panel = (typeof args.notebook === "string" ? notebooks.find(({ id }) => id === args.notebook) : null) ?? notebooks.currentWidget;
    const about = aboutOf(panel);
    if (panel !== null && about !== null) await told(prepare(followed, panel).then(() => work(panel, about)));
  };
  app.commands.addCommand(EdgeCommands.putBack, {
    label: "Put the Node Back", caption: "Make what stands in the notebook the next version of the workflow", isEnabled: isEdge,
    execute: onEdge((panel, about) => putBack(app, parts, panel, about)),
  });
  app.commands.addCommand(EdgeCommands.forkEdge, {
    label: "Fork and Compare", caption: "Run the execution again from this node on with what stands in the notebook, and compare both", isEnabled: isEdge,
    execute: onEdge(async (panel) => { await runCells(panel, [FORK]); }),
  });
}

interface Notebook {
  readonly metadata: { readonly workflow_edge: About };
}

const stemOf = ({ metadata }: Notebook): string => metadata.workflow_edge.node.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 40) || "node";

function aboutOf(panel: NotebookPanel | null): About | null {
  const found = panel?.content.model?.getMetadata(METADATA) as About | undefined;
  return found ?? null;
}

/** The buttons of a notebook that is about an edge; nothing in others. */
class EdgeButtons extends Panel {
  constructor(app: JupyterFrontEnd, panel: NotebookPanel) {
    super();
    this.addClass("jp-WorkflowEdge");
    this.hide();
    void panel.context.ready.then(() => {
      if (this.isDisposed || aboutOf(panel) === null) return;
      this.addButton(app, panel, EdgeCommands.forkEdge, "Fork and compare");
      this.addButton(app, panel, EdgeCommands.putBack, "Put it back");
      this.show();
    });
  }

  private addButton({ commands }: JupyterFrontEnd, { id }: NotebookPanel, command: string, label: string): void {
    const button = new ToolbarButton({ label, tooltip: commands.caption(command), onClick: () => { void commands.execute(command, { notebook: id }); } });
    this.addWidget(button);
  }
}

async function runCells(panel: NotebookPanel, ids: readonly string[]): Promise<void> {
  const cells = ids.map((id) => cellOf(panel.content, id)).filter((cell) => cell !== undefined);
  if (cells.length > 0) await NotebookActions.runCells(panel.content, cells, panel.sessionContext);
}

/** Run what has to have run: the input once, and the node's cell unless it ran as it stands. */
async function prepare(notebooks: INotebooks, panel: NotebookPanel): Promise<void> {
  const { runs } = notebooks.of(panel);
  await panel.sessionContext.ready;
  await panel.sessionContext.session?.kernel?.info;
  const wanted: string[] = BEFORE.filter((id) => runs.all.get(id)?.state !== "succeeded");
  const source = cellOf(panel.content, NODE)?.model.sharedModel.getSource();
  const node = runs.all.get(NODE);
  if (wanted.length > 0 || node?.state !== "succeeded" || node.source !== source) wanted.push(NODE);
  await runCells(panel, wanted);
  if (runs.all.get(NODE)?.state !== "succeeded") throw new Error("The cell of the node did not run well: mend it first, or run the last cell of the notebook by hand.");
}

async function putBack(app: JupyterFrontEnd, { flows, notebooks }: Parts, panel: NotebookPanel, about: About): Promise<void> {
  const execution = await ask<ExecutionShown>("GET", `/executions/${about.execution}`);
  const home = notebooks.find(({ content }) => (content.model?.getMetadata(KERNEL) as { workflow?: unknown } | undefined)?.workflow === execution.workflow);
  if (home !== undefined && (await intoNotebook(app, home, panel, about))) return;
  const { kernel } = panel.sessionContext.session ?? {};
  if (kernel == null) throw new Error("The notebook has no kernel.");
  const version = await evaluated(kernel, `edge.put_back(${about.change})`);
  const workflow = await ask<WorkflowShown>("GET", `/workflows/${execution.workflow ?? ""}`);
  const path = (await intoFiles(flows, workflow.id, about.node)) ?? drivePath(workflow);
  const open = (): void => { void app.commands.execute("docmanager:open", { path, factory: FACTORY }); };
  Notification.success(`‘${about.node}’ is put back: version ${version} of ‘${workflow.name}’.`, { actions: [{ label: "Open the workflow", callback: open }], autoClose: 12_000 });
}

/** Bring a cell back into the notebook that ran as a workflow; false where it has no such cell any more. */
async function intoNotebook(app: JupyterFrontEnd, home: NotebookPanel, { content }: NotebookPanel, { execution, node }: About): Promise<boolean> {
  const { nodes } = await ask<{ nodes: Readonly<Record<string, { readonly name: string }>> }>("GET", `/executions/${execution}/workflow`);
  const [id] = Object.entries(nodes).find(([, one]) => one.name === node) ?? [];
  const cell = id === undefined ? undefined : cellOf(home.content, id);
  const source = cellOf(content, NODE)?.model.sharedModel.getSource();
  if (id === undefined || cell === undefined || source === undefined) return false;
  cell.model.sharedModel.setSource(source.replace(/^%%node.*\n/, ""));
  const open = (): void => {
    app.shell.activateById(home.id);
    void goTo(home.content, id);
  };
  Notification.success(`‘${node}’ is put back into ‘${home.title.label}’.`, { actions: [{ label: "Go to the cell", callback: open }], autoClose: 12_000 });
  return true;
}

interface Draft {
  readonly document: { readonly nodes: Readonly<Record<string, { readonly name: string; readonly parameters?: Readonly<Record<string, JSONValue>> }>> };
}

/** Bring a node that was put back into the files of its workflow that are open; gives the path of one. */
async function intoFiles(flows: IFlowTracker, workflow: string, name: string): Promise<string | null> {
  const { document } = await ask<Draft>("GET", `/workflows/${workflow}/versions/draft`);
  const [id, node] = Object.entries(document.nodes).find(([, one]) => one.name === name) ?? [];
  let found: string | null = null;
  flows.forEach(({ content, context }) => {
    const editor = content.editor?.editor;
    // Those of the service learn of its new version by themselves.
    if (id === undefined || editor?.draft.get().id !== workflow || context.path.startsWith(`${DRIVE}:`)) return;
    found = context.path;
    for (const [field, value] of Object.entries(node?.parameters ?? {})) editor.setParameter(id, [field], value as never);
  });
  return found;
}

/** The value of an expression in a kernel, as text. */
async function evaluated(kernel: Kernel.IKernelConnection, expression: string): Promise<string> {
  const { content } = await kernel.requestExecute({ code: "", silent: true, store_history: false, user_expressions: { value: expression } }).done;
  const found = (content as { readonly user_expressions?: Record<string, Evaluated | undefined> }).user_expressions?.value;
  if (found?.status !== "ok") throw new Error(found === undefined ? "The kernel did not answer." : `${found.ename ?? "Error"}: ${found.evalue ?? ""}`);
  return found.data?.["text/plain"] ?? "";
}

interface Evaluated {
  readonly status: "ok" | "error";
  readonly data?: Readonly<Record<string, string>>;
  readonly ename?: string;
  readonly evalue?: string;
}

function comparison(first: string, second: string): object {
  const source = `from workflow_kernel.remote import connect\n\nclient = connect()\nfirst, second = client.execution("${first}"), client.execution("${second}")\nfirst.compare(second.wait())`;
  const kernelspec = { name: "python3", display_name: "Python 3", language: "python" };
  return { cells: [{ cell_type: "code", id: "comparison", metadata: {}, source, execution_count: null, outputs: [] }], metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
}
