/** The side panel: workflows and executions of the service. */
import { ILayoutRestorer } from "@jupyterlab/application";
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IThemeManager, MainAreaWidget } from "@jupyterlab/apputils";
import { ReactWidget, refreshIcon, SidePanel, ToolbarButton } from "@jupyterlab/ui-components";
import { Signal } from "@lumino/signaling";
import { Widget } from "@lumino/widgets";
import { FACTORY, FlowDocument } from "./document";
import { drivePath } from "./drive";
import { loadEditor } from "./editor";
import { flowIcon, workflowIcon } from "./icons";
import { ExecutionList, WorkflowList } from "./lists";
import { nodeActions } from "./notebooks/nodeActions";
import { ask, connection, wake } from "./service";
import type { ExecutionShown, WorkflowShown } from "./service";
import { themeOf } from "./theme";

/** Milliseconds JupyterLab gets to itself before the service starts. */
const IDLE = 1500;

export const sidePanel: JupyterFrontEndPlugin<void> = {
  id: "@workflow/jupyterlab:side-panel",
  description: "Shows workflows and executions of the service.",
  autoStart: true,
  optional: [ILayoutRestorer, IThemeManager],
  activate: (app: JupyterFrontEnd, restorer: ILayoutRestorer | null, themes: IThemeManager | null): void => {
    const open = (workflow: WorkflowShown): void => {
      void app.commands.execute("docmanager:open", { path: drivePath(workflow), factory: FACTORY });
    };
    const show = (execution: ExecutionShown, name: string): void => {
      void showExecution(app, themes, execution, name);
    };
    const panel = new Panel(open, show);
    app.shell.add(panel, "left", { rank: 350, type: "Workflow" });
    restorer?.add(panel, panel.id);
    void app.restored.then(() => { window.setTimeout(() => void wake(), IDLE); });
  },
};

/** What the lists share: whether they are seen, and that they shall be read again. */
export class Sight {
  readonly changed = new Signal<this, void>(this);
  isSeen = false;

  set(isSeen: boolean): void {
    this.isSeen = isSeen;
    this.changed.emit();
  }
}

class Panel extends SidePanel {
  private readonly sight = new Sight();

  constructor(open: (workflow: WorkflowShown) => void, show: (execution: ExecutionShown, name: string) => void) {
    super();
    this.id = "workflow-panel";
    this.title.icon = workflowIcon;
    this.title.caption = "Workflows and executions";
    this.addClass("jp-WorkflowSidePanel");
    const heading = document.createElement("div");
    heading.className = "jp-WorkflowSidePanel-heading";
    heading.textContent = "Workflow";
    this.header.addWidget(new Widget({ node: heading }));
    this.header.addWidget(new ToolbarButton({ icon: refreshIcon, tooltip: "Read the lists again", onClick: () => { this.sight.set(this.isVisible); } }));
    const workflows = ReactWidget.create(<WorkflowList sight={this.sight} onOpen={open} />);
    workflows.title.label = "Workflows";
    const executions = ReactWidget.create(<ExecutionList sight={this.sight} onShow={show} />);
    executions.title.label = "Executions";
    for (const widget of [workflows, executions]) widget.addClass("jp-WorkflowList");
    this.addWidget(workflows);
    this.addWidget(executions);
  }

  protected override onAfterShow(): void {
    this.sight.set(true);
  }

  protected override onAfterHide(): void {
    this.sight.set(false);
  }

  protected override onAfterAttach(): void {
    if (this.isVisible) this.sight.set(true);
  }
}

/** An execution of which only the id is known, in a tab of its own. */
export async function showExecutionById(app: JupyterFrontEnd, id: string): Promise<void> {
  const execution = await ask<ExecutionShown>("GET", `/executions/${id}`);
  const { name } = await ask<{ name: string }>("GET", `/executions/${id}/workflow`);
  await showExecution(app, null, execution, name);
}

/** Open the workflow of an execution, with the execution on the canvas: the document that is open, else the service's. */
async function openWith(app: JupyterFrontEnd, { id, workflow }: ExecutionShown, name: string): Promise<void> {
  if (workflow === null) return;
  const isOfIt = (widget: Widget): widget is FlowDocument => widget instanceof FlowDocument && widget.content.editor?.editor.draft.get().id === workflow;
  const known = [...app.shell.widgets("main")].find(isOfIt);
  const path = drivePath({ id: workflow, name });
  const found = known ?? ((await app.commands.execute("docmanager:open", { path, factory: FACTORY })) as FlowDocument);
  app.shell.activateById(found.id);
  const shown = await found.content.shown.promise;
  await shown.show(id);
}

/** A past execution in a tab of its own. */
async function showExecution(app: JupyterFrontEnd, themes: IThemeManager | null, execution: ExecutionShown, name: string): Promise<void> {
  const id = `workflow-execution-${execution.id}`;
  const known = [...app.shell.widgets("main")].find((widget) => widget.id === id);
  if (known !== undefined) {
    app.shell.activateById(id);
    return;
  }
  const { RestClient, showExecution: mountExecution } = await loadEditor();
  const client = new RestClient({ ...connection(), workflow: execution.workflow ?? "" });
  const detail = await client.runs.load(execution.id);
  const content = new Widget();
  content.addClass("jp-WorkflowPanel");
  const host = document.createElement("div");
  host.className = "jp-WorkflowPanel-host";
  content.node.append(host);
  const widget = new MainAreaWidget({ content });
  widget.id = id;
  widget.title.label = `${name} (${new Date(execution.created_at).toLocaleTimeString()})`;
  widget.title.icon = flowIcon;
  widget.title.closable = true;
  widget.toolbar.hide();
  app.shell.add(widget, "main");
  const handle = mountExecution(host, client, detail, themeOf(themes), {
    open: () => { void openWith(app, execution, name); },
    show: (other) => { void showExecutionById(app, other); },
  });
  handle.editor.hostActions = ({ id: node }) => nodeActions(app, handle.editor, node);
  const onTheme = (): void => { handle.setTheme(themeOf(themes)); };
  themes?.themeChanged.connect(onTheme);
  widget.disposed.connect(() => {
    themes?.themeChanged.disconnect(onTheme);
    handle.destroy();
    client.destroy();
  });
}
