/** Workflows that are kept at the service, as documents of JupyterLab: saving makes a version, checkpoints are versions. */
import { PathExt } from "@jupyterlab/coreutils";
import type { Contents, ServerConnection } from "@jupyterlab/services";
import { ServerConnection as Connections } from "@jupyterlab/services";
import { Signal } from "@lumino/signaling";
import { ask, exported, StaleError } from "./service";
import type { Page, WorkflowShown } from "./service";

export const DRIVE = "Workflow";
export const SUFFIX = ".flow";

interface VersionShown {
  readonly number: number;
  readonly created_at: string;
}

/** A document that others had a part in. */
export interface Arrived {
  readonly path: string;
  readonly text: string;
  /** What both changed; it is as it was in the document. */
  readonly conflicts: readonly string[];
  /** The version of the others. */
  readonly version: number;
  /** From now on the document is made from this one. Not called where it cannot be shown. */
  accept(): void;
}

interface Kept {
  readonly version: VersionShown;
  readonly stale: StaleError | null;
}

interface VersionRead {
  readonly version: VersionShown;
  readonly document: unknown;
}

const MOST_CHECKPOINTS = 20;

/** The path of a workflow's document. */
export function drivePath({ id, name }: Pick<WorkflowShown, "id" | "name">): string {
  return `${DRIVE}:${id}/${name.replaceAll("/", "-")}${SUFFIX}`;
}

export class ServiceDrive implements Contents.IDrive {
  readonly name = DRIVE;
  readonly serverSettings: ServerConnection.ISettings = Connections.makeSettings();
  readonly fileChanged = new Signal<this, Contents.IChangedArgs>(this);
  /** A save came too late and was brought together with what others had saved. */
  readonly merged = new Signal<this, Arrived>(this);
  isDisposed = false;
  /** The version each document was made from. */
  private readonly versions = new Map<string, VersionShown>();
  /** The version JupyterLab was told of. What others save is no reason for it to ask: a save brings both together. */
  private readonly told = new Map<string, VersionShown>();

  dispose(): void {
    this.isDisposed = true;
    Signal.clearData(this);
  }

  async get(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    if (path === "") return this.folder(path);
    const id = idOf(path);
    const known = this.told.get(id);
    if (options?.content === false && known !== undefined) return this.model(path, known, null);
    const { version, document } = await ask<VersionRead>("GET", `/workflows/${id}/versions/draft`);
    if (options?.content === false) return this.model(path, version, null);
    this.versions.set(id, version);
    this.told.set(id, version);
    return this.model(path, version, await exported(document, "flow"));
  }

  async save(path: string, options: Partial<Contents.IModel> = {}): Promise<Contents.IModel> {
    const id = idOf(path);
    const document = JSON.parse(String(options.content)) as unknown;
    const made_from = this.versions.get(id)?.number ?? 1;
    const saved = await this.keep(id, { document, made_from });
    const accept = (): void => { this.versions.set(id, saved.version); };
    if (saved.stale === null) accept();
    this.told.set(id, saved.version);
    const model = this.model(path, saved.version, null);
    this.fileChanged.emit({ type: "save", oldValue: null, newValue: model });
    if (saved.stale !== null) {
      const { conflicts, version } = saved.stale;
      this.merged.emit({ path: `${DRIVE}:${path}`, text: await exported(saved.stale.document, "flow"), conflicts, version, accept });
    }
    return model;
  }

  /** What others saved since a document was read or saved; null where they did not. */
  async newest(path: string): Promise<Arrived | null> {
    const id = idOf(path);
    const { version, document } = await ask<VersionRead>("GET", `/workflows/${id}/versions/draft`);
    if (version.number <= (this.versions.get(id)?.number ?? 0)) return null;
    const accept = (): void => { this.versions.set(id, version); };
    return { path: `${DRIVE}:${path}`, text: await exported(document, "flow"), conflicts: [], version: version.number, accept };
  }

  /** Save a document; one that comes too late as the service would bring it together with what is there. */
  private async keep(id: string, body: { readonly document: unknown; readonly made_from: number }, stale: StaleError | null = null): Promise<Kept> {
    try {
      const { workflow } = await ask<{ workflow: WorkflowShown }>("POST", `/workflows/${id}/versions`, body);
      return { version: { number: workflow.version, created_at: workflow.updated_at }, stale };
    } catch (error) {
      if (!(error instanceof StaleError)) throw error;
      return await this.keep(id, { document: error.document, made_from: error.version }, error);
    }
  }

  async createCheckpoint(path: string): Promise<Contents.ICheckpointModel> {
    const { version } = await ask<VersionRead>("GET", `/workflows/${idOf(path)}/versions/draft`);
    return checkpoint(version);
  }

  async listCheckpoints(path: string): Promise<Contents.ICheckpointModel[]> {
    const page = await ask<Page<VersionShown>>("GET", `/workflows/${idOf(path)}/versions?limit=${String(MOST_CHECKPOINTS)}`);
    return page.items.map(checkpoint).reverse();
  }

  async restoreCheckpoint(path: string, number: string): Promise<void> {
    const id = idOf(path);
    await ask("POST", `/workflows/${id}/versions/${number}/restore`, { made_from: this.versions.get(id)?.number ?? 1 });
  }

  deleteCheckpoint(): Promise<void> {
    return Promise.reject(new Error("Versions are not deleted."));
  }

  newUntitled(): Promise<Contents.IModel> {
    return Promise.reject(new Error("Make a workflow in a folder; it is known to the service once it has run."));
  }

  delete(): Promise<void> {
    return Promise.reject(new Error("Delete it in the dashboard."));
  }

  rename(): Promise<Contents.IModel> {
    return Promise.reject(new Error("Rename it by a click on its name above the canvas."));
  }

  copy(): Promise<Contents.IModel> {
    return Promise.reject(new Error("Duplicate it in the dashboard."));
  }

  getDownloadUrl(path: string): Promise<string> {
    const { baseUrl } = this.serverSettings;
    return Promise.resolve(`${baseUrl}workflow/api/workflows/${idOf(path)}/export`);
  }

  private folder(path: string): Contents.IModel {
    return { name: "", path, type: "directory", writable: false, created: "", last_modified: "", mimetype: "", content: [], format: "json" };
  }

  private model(path: string, version: VersionShown, content: string | null): Contents.IModel {
    const { created_at } = version;
    return {
      name: PathExt.basename(path), path, type: "file", writable: true, created: created_at, last_modified: created_at,
      mimetype: "application/vnd.workflow+json", content, format: content === null ? null as unknown as Contents.FileFormat : "text",
    };
  }
}

const idOf = (path: string): string => path.replace(/^\//, "").split("/")[0] ?? "";
const checkpoint = ({ number, created_at }: VersionShown): Contents.ICheckpointModel => ({ id: String(number), last_modified: created_at });
