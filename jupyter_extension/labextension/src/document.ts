/** Documents of `.flow` files: the editor in a tab, in step with the text of the file. */
import type { IThemeManager } from "@jupyterlab/apputils";
import { PathExt } from "@jupyterlab/coreutils";
import { ABCWidgetFactory, DocumentModel, DocumentWidget, TextModelFactory } from "@jupyterlab/docregistry";
import type { DocumentRegistry } from "@jupyterlab/docregistry";
import { PromiseDelegate } from "@lumino/coreutils";
import { Widget } from "@lumino/widgets";
import { DRIVE } from "./drive";
import type { Arrived, ServiceDrive } from "./drive";
import { loadEditor } from "./editor";
import type { LabDocument } from "./editor";
import { flowIcon } from "./icons";
import { connection } from "./service";
import { themeOf } from "./theme";

export const FACTORY = "Workflow editor";
export const MODEL = "workflow-document";

/** A text model that asks the editor for its text when it is saved. */
export class FlowModel extends DocumentModel {
  /** Gives the text as it should be now. */
  source: (() => string) | null = null;

  override toString(): string {
    const text = this.source?.() ?? null;
    if (text !== null && text !== this.sharedModel.getSource()) this.fromString(text);
    return super.toString();
  }
}

export class FlowModelFactory extends TextModelFactory {
  override get name(): string {
    return MODEL;
  }

  override createNew(options: DocumentRegistry.IModelOptions = {}): FlowModel {
    return new FlowModel(options as ConstructorParameters<typeof DocumentModel>[0]);
  }
}

type Context = DocumentRegistry.IContext<FlowModel>;

/** The editor of one document. */
export class FlowPanel extends Widget {
  /** Resolved once the editor is there. */
  readonly shown = new PromiseDelegate<LabDocument>();
  private opened: LabDocument | null = null;
  private readonly host = document.createElement("div");

  constructor(
    readonly context: Context,
    private readonly themes: IThemeManager | null,
    private readonly drive: ServiceDrive,
  ) {
    super();
    this.addClass("jp-WorkflowPanel");
    this.host.className = "jp-WorkflowPanel-host";
    this.node.append(this.host);
    this.title.icon = flowIcon;
    this.shown.promise.catch(() => undefined);
    void context.ready.then(() => this.start());
    themes?.themeChanged.connect(this.onTheme, this);
  }

  get editor(): LabDocument | null {
    return this.opened;
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.themes?.themeChanged.disconnect(this.onTheme, this);
    this.context.model.contentChanged.disconnect(this.onContent, this);
    this.context.fileChanged.disconnect(this.onFile, this);
    this.drive.merged.disconnect(this.onMerged, this);
    this.context.model.source = null;
    this.opened?.destroy();
    super.dispose();
  }

  private async start(): Promise<void> {
    try {
      const { LabDocument: Opened } = await loadEditor();
      if (this.isDisposed) return;
      const { model } = this.context;
      const text = model.toString();
      this.opened = new Opened(this.host, {
        ...connection(), text, name: nameOf(this.context.localPath), isReadOnly: this.isReadOnly(), theme: themeOf(this.themes),
        onEdit: () => { model.dirty = true; },
      });
      model.source = () => this.opened?.text() ?? text;
      model.contentChanged.connect(this.onContent, this);
      this.context.fileChanged.connect(this.onFile, this);
      if (this.context.path.startsWith(`${DRIVE}:`)) {
        this.drive.merged.connect(this.onMerged, this);
        this.opened.watchOthers(() => void this.catchUp());
      }
      this.take(text);
      this.shown.resolve(this.opened);
    } catch (error) {
      this.tell(`The editor could not be loaded: ${String(error)}`);
      this.shown.reject(error);
    }
  }

  protected override onActivateRequest(): void {
    this.host.querySelector<HTMLElement>(".wf-root")?.focus({ preventScroll: true });
  }

  private isReadOnly(): boolean {
    return this.context.model.readOnly || this.context.contentsModel?.writable === false;
  }

  private readonly onContent = (model: FlowModel): void => {
    this.take(model.sharedModel.getSource());
  };

  /** A save was brought together with what others had saved. */
  private onMerged(_drive: ServiceDrive, arrived: Arrived): void {
    if (arrived.path === this.context.path && this.opened?.hasEdits === false) this.bringIn(arrived, true);
  }

  /** Others saved; where there are edits here, saving brings both together. */
  private async catchUp(): Promise<void> {
    const arrived = await this.drive.newest(this.context.localPath).catch(() => null);
    if (arrived === null || this.isDisposed || this.context.model.dirty) return;
    this.bringIn(arrived, false);
    this.context.model.dirty = false;
  }

  private bringIn(arrived: Arrived, isMerged: boolean): void {
    arrived.accept();
    this.context.model.fromString(arrived.text);
    this.opened?.tellArrived({ conflicts: arrived.conflicts, version: arrived.version, isMerged });
  }

  private onFile(): void {
    this.opened?.setReadOnly(this.isReadOnly());
  }

  private onTheme(): void {
    this.opened?.setTheme(themeOf(this.themes));
  }

  private take(text: string): void {
    const isFlow = this.opened?.setText(text) ?? true;
    const isReadable = isFlow && isWorkflow(text);
    this.host.hidden = !isReadable;
    this.node.querySelector(".jp-WorkflowPanel-note")?.remove();
    if (!isReadable) this.tell("This file holds no workflow. Open it with the text editor to see why: it must be JSON with \"format\": \"workflow/1\".");
  }

  private tell(text: string): void {
    const note = document.createElement("p");
    note.className = "jp-WorkflowPanel-note";
    note.setAttribute("role", "alert");
    note.textContent = text;
    this.node.append(note);
  }
}

function isWorkflow(text: string): boolean {
  if (text.trim() === "") return true;
  try {
    const value = JSON.parse(text) as { format?: unknown } | null;
    return typeof value === "object" && value !== null && String(value.format).startsWith("workflow/");
  } catch {
    return false;
  }
}

const nameOf = (path: string): string => PathExt.basename(path, ".flow");

export class FlowDocument extends DocumentWidget<FlowPanel, FlowModel> {}

export class FlowFactory extends ABCWidgetFactory<FlowDocument, FlowModel> {
  constructor(
    options: DocumentRegistry.IWidgetFactoryOptions<FlowDocument>,
    private readonly themes: IThemeManager | null,
    private readonly drive: ServiceDrive,
  ) {
    super(options);
  }

  protected createNewWidget(context: Context): FlowDocument {
    const content = new FlowPanel(context, this.themes, this.drive);
    const widget = new FlowDocument({ content, context });
    widget.title.icon = flowIcon;
    widget.toolbar.hide();
    return widget;
  }
}
