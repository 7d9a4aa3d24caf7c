/**
 * The editor of a document of JupyterLab: keeps a text (of a `.flow` file) and the editor in step. What is Lab's own
 * (documents, commands, panels) is in `jupyter_extension/labextension`.
 */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { EditorContext, useReadable } from "../canvas/context";
import type { Theme } from "../canvas/EditorApp";
import { HostError } from "../client/client";
import type { ExecutionDetail, FlowDocument } from "../client/client";
import { RestClient } from "../client/rest";
import type { WorkflowSaved } from "../client/restViews";
import { arrivalText } from "../model/arrival";
import type { Arrival } from "../model/arrival";
import { readText, writeText } from "../model/flowText";
import type { Alone, WorkflowEditor } from "../model/editor";
import type { Unsubscribe } from "../model/observable";
import { PanelBody } from "../panel/PanelBody";
import "../panel/panel.css";
import "./lab.css";
import { mount } from "./standalone";
import type { EditorHandle } from "./standalone";

export interface LabOptions {
  /** Where the service is mounted, e.g. `/user/ann/workflow`. */
  readonly url: string;
  /** Jupyter's token, where its pages know it. */
  readonly token: string;
  readonly text: string;
  /** What an empty file's workflow is called. */
  readonly name: string;
  readonly isReadOnly: boolean;
  readonly theme: Theme;
  /** The text is another one now; asked for by `text()` when it is needed. */
  readonly onEdit: () => void;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export class LabDocument {
  readonly client: RestClient;
  private readonly handle: EditorHandle;
  private readonly leave: Unsubscribe;
  private others: Unsubscribe = () => undefined;
  private last: string;
  private isEdited = false;
  private isTaking = false;
  /** Ids of workflows the service is known to have. */
  private readonly known = new Set<string>();

  constructor(element: HTMLElement, private readonly options: LabOptions) {
    this.last = options.text;
    const workflow = { id: () => this.serviceId(), ensure: (document: FlowDocument) => this.ensure(document) };
    this.client = new RestClient({ url: options.url, token: options.token, workflow });
    this.handle = mount(element, this.client, {
      workflow: this.read(options.text), isReadOnly: options.isReadOnly, theme: options.theme, isInJupyter: true,
    });
    this.leave = this.editor.draft.subscribe(() => {
      if (this.isTaking) return;
      this.isEdited = true;
      options.onEdit();
    });
  }

  get editor(): WorkflowEditor {
    return this.handle.editor;
  }

  /** The text of the file as it should be now. A text nobody edited stays as it is, to the letter. */
  text(): string {
    if (this.isEdited) this.last = writeText(this.editor.toFlow());
    this.isEdited = false;
    return this.last;
  }

  /** Show what the file holds now, merged into what is shown. False where it is no workflow. */
  setText(text: string): boolean {
    if (text === this.last) return true;
    const document = readText(text);
    if (document === null) return false;
    this.isTaking = true;
    this.editor.setFromHost(this.read(text));
    this.isTaking = false;
    this.isEdited = false;
    this.last = text;
    return true;
  }

  /** Whether something was edited since the text was asked for. */
  get hasEdits(): boolean {
    return this.isEdited;
  }

  /** Call when somebody saved this workflow at the service. */
  watchOthers(call: () => void): void {
    const id = this.serviceId();
    if (id !== null) this.others = this.client.live.listen(`workflow:${id}`, { onEvent: call, onLost: call });
  }

  /** Say that what is shown is not only this person's. */
  tellArrived(arrival: Arrival): void {
    const { text, mend } = arrivalText(this.editor.draft.get(), arrival);
    this.editor.notify(arrival.conflicts.length > 0 ? "warning" : "info", text, mend);
  }

  setReadOnly(isReadOnly: boolean): void {
    this.editor.setReadOnly(isReadOnly);
  }

  setTheme(theme: Theme): void {
    this.handle.setTheme(theme);
  }

  /** Forget which workflow of the service this is; the next run makes a new one. */
  detach(): void {
    this.editor.setFromHost({ ...this.editor.toFlow(), id: "" });
  }

  /** Show an execution in place of the draft. */
  async show(execution: string): Promise<void> {
    this.editor.showPast(await this.client.runs.load(execution));
  }

  destroy(): void {
    this.leave();
    this.others();
    this.handle.destroy();
    this.client.destroy();
  }

  private read(text: string): FlowDocument {
    const document = readText(text) ?? {};
    return typeof document.name === "string" ? document : { ...document, name: this.options.name };
  }

  private serviceId(): string | null {
    const { id } = this.editor.draft.get();
    return UUID.test(id) ? id : null;
  }

  /** The workflow at the service that runs of this file belong to; made with the first run, its id stays in the file. */
  private async ensure(document: FlowDocument): Promise<string> {
    const id = this.serviceId();
    if (id !== null && (this.known.has(id) || (await this.isKnown(id)))) return id;
    const rest = Object.fromEntries(Object.entries(document).filter(([key]) => key !== "id"));
    const made = await this.client.http.post<WorkflowSaved>("/workflows", { document: rest });
    this.known.add(made.workflow.id);
    this.editor.setFromHost({ ...this.editor.toFlow(), id: made.workflow.id });
    return made.workflow.id;
  }

  private async isKnown(id: string): Promise<boolean> {
    try {
      await this.client.http.get(`/workflows/${id}`);
      this.known.add(id);
      return true;
    } catch (error) {
      if (error instanceof HostError && error.code !== "WF000") return false;
      throw error;
    }
  }
}

/** A past execution by itself, to look at. */
export function showExecution(element: HTMLElement, client: RestClient, detail: ExecutionDetail, theme: Theme, alone: Alone): EditorHandle {
  const handle = mount(element, client, { workflow: detail.workflow, isReadOnly: true, theme, isInJupyter: true });
  handle.editor.alone = alone;
  handle.editor.showPast(detail);
  return handle;
}

/** What is set for the selected node of an editor, for a panel beside it. Gives what takes it away. */
export function mountInspector(element: HTMLElement, editor: WorkflowEditor, theme: Theme): { setTheme: (theme: Theme) => void; destroy: () => void } {
  const root = createRoot(element);
  const setTheme = (shown: Theme) => {
    root.render(
      <StrictMode>
        <EditorContext.Provider value={editor}>
          <div className="wf-root wf-in-jupyter wf-inspector" data-wf-theme={shown} onKeyDown={(event) => { event.stopPropagation(); }}><Inspector editor={editor} /></div>
        </EditorContext.Provider>
      </StrictMode>,
    );
  };
  setTheme(theme);
  return { setTheme, destroy: () => { root.unmount(); } };
}

function Inspector({ editor }: { readonly editor: WorkflowEditor }) {
  const selection = useReadable(editor.selection);
  const workflow = useReadable(editor.workflow);
  const isLoaded = useReadable(editor.catalog.isLoaded);
  const chosen = [...selection].map((id) => workflow.nodes[id]).filter((node) => node !== undefined);
  const [node] = chosen;
  if (node === undefined || chosen.length > 1) {
    const text = chosen.length > 1 ? `${String(chosen.length)} nodes are selected.` : "Select a node to see what is set for it.";
    return <p className="wf-empty-line wf-inspector-empty">{text}</p>;
  }
  const info = editor.catalog.find(node.type, node.version);
  if (info === undefined && !isLoaded) return <p className="wf-empty-line wf-inspector-empty">Loading…</p>;
  return (
    <div className="wf-panel wf-inspector-panel" data-narrow>
      <h3 className="wf-inspector-title wf-ellipsis">{node.name}<small>{info?.title ?? node.type}</small></h3>
      <PanelBody key={node.id} node={node} info={info} isNarrow />
    </div>
  );
}
