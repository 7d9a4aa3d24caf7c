/** Runs a notebook as a workflow at the service: independent cells at the same time. What cells show lands in them. */
import { Notification } from "@jupyterlab/apputils";
import type { ICodeCellModel } from "@jupyterlab/cells";
import { PathExt } from "@jupyterlab/coreutils";
import type { INotebookContent, IOutput } from "@jupyterlab/nbformat";
import type { INotebookModel } from "@jupyterlab/notebook";
import type { JSONObject } from "@lumino/coreutils";
import type { RestClient as Client } from "../../../../workflow_kernel/editor/src/hosts/index";
import type { FlowDocument } from "../../../../workflow_kernel/editor/src/client/client";
import type { ErrorInfo, LiveEvent } from "../../../../workflow_kernel/editor/src/model/types";
import { loadEditor } from "../editor";
import { ask, connection, post } from "../service";
import type { WorkflowShown } from "../service";
import { cellOf } from "./cells";
import type { Followed } from "./followed";
import { METADATA } from "./kernelLink";

/** Run it; resolved when the execution is over. */
export async function runAsWorkflow(followed: Followed, show: (execution: string) => void): Promise<void> {
  const { panel } = followed;
  const { model } = panel.content;
  if (model === null) return;
  const path = panel.context.path;
  const { RestClient } = await loadEditor();
  const client = new RestClient({ ...connection(), workflow: { id: () => null, ensure: (document) => ensure(followed, document) } });
  followed.setStop(() => Promise.resolve());
  try {
    const workflow = await post<FlowDocument>("notebook", { notebook: bare(model), path, kind: "run" });
    const execution = await client.runs.start({ workflow });
    followed.execution = execution;
    followed.setStop(() => client.runs.stop(execution));
    const state = await new NotebookRun(followed, client, execution).over();
    tell(followed, state, PathExt.basename(path), () => { show(execution); });
  } finally {
    followed.setStop(null);
    client.destroy();
  }
}

/** The notebook without what its cells show, each with the id it has here. */
function bare(model: INotebookModel): JSONObject {
  const notebook = model.toJSON() as INotebookContent;
  const cells = notebook.cells.map((cell, index) => ({ ...cell, id: model.cells.get(index).id, ...(cell.cell_type === "code" ? { outputs: [] } : {}) }));
  return { ...notebook, cells, nbformat_minor: Math.max(notebook.nbformat_minor, 5) } as unknown as JSONObject;
}

/** The workflow at the service that runs of this notebook belong to, with what ran last as its draft; its id is kept in the notebook. */
async function ensure({ panel }: Followed, document: FlowDocument): Promise<string> {
  const { model } = panel.content;
  const kept = (model?.getMetadata(METADATA) ?? {}) as JSONObject;
  const id = typeof kept.workflow === "string" && (await keepVersion(kept.workflow, document)) ? kept.workflow : null;
  if (id !== null) return id;
  const made = await ask<{ workflow: WorkflowShown }>("POST", "/workflows", { document });
  model?.setMetadata(METADATA, { ...kept, workflow: made.workflow.id });
  return made.workflow.id;
}

interface Draft {
  readonly version: { readonly number: number };
  readonly document: FlowDocument;
}

/** Make a document the newest version of a workflow, where it is another one. False where the service does not know it. */
async function keepVersion(id: string, document: FlowDocument): Promise<boolean> {
  const draft = await ask<Draft>("GET", `/workflows/${id}/versions/draft`).catch(() => null);
  if (draft === null) return false;
  const made_from = draft.version.number;
  if (codeOf(draft.document) !== codeOf(document)) await ask("POST", `/workflows/${id}/versions`, { document: { ...document, id }, made_from });
  return true;
}

/** What stands in the cells of a workflow. */
function codeOf({ nodes }: FlowDocument): string {
  const entries = Object.entries((nodes ?? {}) as Record<string, { readonly parameters?: { readonly code?: string } }>);
  return JSON.stringify(entries.map(([id, node]) => [id, node.parameters?.code ?? ""]));
}

/** Milliseconds between two looks for what cells showed: the first, and the longest. */
const PAUSES = { first: 150, longest: 2000, growth: 1.6 };

class NotebookRun {
  private count = 0;
  private state = "";
  private resolve: () => void = () => undefined;
  private readonly begun = new Set<string>();
  private readonly ended = new Set<string>();
  /** Cells that ran, of which it is not known yet what they showed. */
  private readonly unread = new Map<string, number>();
  private collecting: Promise<void> | null = null;

  constructor(
    private readonly followed: Followed,
    private readonly client: Client,
    private readonly execution: string,
  ) {}

  /** Wait for its end; gives the state it ended in. */
  async over(): Promise<string> {
    const ended = new Promise<void>((resolve) => { this.resolve = resolve; });
    const leave = this.client.runs.subscribe(this.execution, (events) => { for (const event of events) this.take(event); });
    await ended;
    leave();
    await this.collecting;
    for (const cell of this.begun) if (!this.ended.has(cell)) this.end(cell, "cancelled");
    return this.state;
  }

  private take(event: LiveEvent): void {
    switch (event.event) {
      case "node.started":
        this.begin(event.node);
        break;
      case "node.finished":
        if (!this.isOver(event.node)) this.finish(event.node, event.run_index, event.seconds);
        break;
      case "node.failed":
        if (event.retry_at == null && !this.isOver(event.node)) this.fail(event.node, event.error);
        break;
      case "execution.finished":
        this.state = event.state;
        this.resolve();
        break;
      default:
        break;
    }
  }

  private isOver(cell: string): boolean {
    return this.ended.has(cell) || this.model(cell) === undefined;
  }

  private model(cell: string): ICodeCellModel | undefined {
    const { content } = this.followed.panel;
    const model = content.isDisposed ? undefined : cellOf(content, cell)?.model;
    return model?.type === "code" ? (model as ICodeCellModel) : undefined;
  }

  private begin(cell: string): void {
    const model = this.model(cell);
    if (model === undefined || this.begun.has(cell)) return;
    this.begun.add(cell);
    model.clearExecution();
    model.executionState = "running";
    this.followed.runs.begin(cell, model.sharedModel.getSource());
  }

  private finish(cell: string, index: number, seconds: number): void {
    this.begin(cell);
    this.end(cell, "succeeded", "", seconds);
    this.unread.set(cell, index);
    this.collecting ??= this.collect();
  }

  private fail(cell: string, { data, message, kind }: ErrorInfo): void {
    this.begin(cell);
    if (kind === "cancelled") {
      // Another one failed.
      this.end(cell, "cancelled");
      return;
    }
    const outputs = (data?.outputs ?? []) as unknown as readonly IOutput[];
    this.show(cell, outputs.length > 0 ? outputs : [errorOutput(message)]);
    this.end(cell, "failed", message);
  }

  /** Read what cells showed. The service may know it a little later than that they ran, at the end at the latest. */
  private async collect(): Promise<void> {
    let pause = PAUSES.first;
    while (this.unread.size > 0) {
      await new Promise((resolve) => { setTimeout(resolve, pause); });
      const isLast = this.state !== "";
      const { items } = await ask<{ items: readonly { node: string; index: number; state: string }[] }>("GET", `/executions/${this.execution}/nodes`);
      for (const { node, index, state } of items) {
        if (state === "succeeded" && this.unread.get(node) === index) await this.read(node, index);
      }
      pause = Math.min(pause * PAUSES.growth, PAUSES.longest);
      if (isLast) this.unread.clear();
    }
    this.collecting = null;
  }

  private async read(node: string, run_index: number): Promise<void> {
    this.unread.delete(node);
    const page = await this.client.runs.loadItems({ execution: this.execution, node, run_index, side: "output", port: "main", offset: 0, limit: 1 });
    const shown = (page.items[0]?.json ?? {}) as JSONObject;
    this.show(node, (shown.outputs ?? []) as unknown as readonly IOutput[]);
  }

  private show(cell: string, outputs: readonly IOutput[]): void {
    const model = this.model(cell);
    if (model === undefined) return;
    this.count += 1;
    const count = this.count;
    model.trusted = true;
    model.outputs.fromJSON(outputs.map((output) => (output.output_type === "execute_result" ? { ...output, execution_count: count } : output)));
    model.executionCount = count;
  }

  private end(cell: string, state: "succeeded" | "failed" | "cancelled", message = "", seconds?: number): void {
    this.ended.add(cell);
    const model = this.model(cell);
    if (model !== undefined) model.executionState = "idle";
    this.followed.runs.end(cell, state, message, seconds);
  }
}

const errorOutput = (message: string): IOutput => ({ output_type: "error", ename: "Error", evalue: message, traceback: [message] });

function tell({ runs, graph }: Followed, state: string, name: string, show: () => void): void {
  const failed = graph.shown.cells.filter(({ id }) => runs.all.get(id)?.state === "failed").map((cell) => cell.name);
  const actions = [{ label: "Show the execution", callback: show }];
  if (state === "succeeded") Notification.success(`‘${name}’ ran as a workflow. The kernel's variables are as they were.`, { actions });
  else if (failed.length > 0) Notification.error(`‘${name}’ ran as a workflow: ‘${failed.join("’, ‘")}’ failed.`, { actions, autoClose: false });
  else Notification.error(`‘${name}’ ran as a workflow: it ${state.replace("_", " ")}.`, { actions, autoClose: false });
}
