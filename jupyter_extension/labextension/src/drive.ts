/** Workflows that are kept at the service, as documents of JupyterLab: saving makes a version, checkpoints are versions. */
import { PathExt } from "@jupyterlab/coreutils";
import type { Contents, ServerConnection } from "@jupyterlab/services";
import { ServerConnection as Connections } from "@jupyterlab/services";
import { Signal } from "@lumino/signaling";
import { SUFFIX } from "./plugin";
import { ask, exported } from "./service";
import type { Page, WorkflowShown } from "./service";

export const DRIVE = "Workflow";

interface VersionShown {
  readonly number: number;
  readonly created_at: string;
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
  isDisposed = false;
  /** The version each document was made from. */
  private readonly versions = new Map<string, number>();

  dispose(): void {
    this.isDisposed = true;
    Signal.clearData(this);
  }

  async get(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    if (path === "") return this.folder(path);
    const id = idOf(path);
    const { version, document } = await ask<VersionRead>("GET", `/workflows/${id}/versions/draft`);
    if (options?.content === false) return this.model(path, version, null);
    this.versions.set(id, version.number);
    return this.model(path, version, await exported(document, "flow"));
  }

  async save(path: string, options: Partial<Contents.IModel> = {}): Promise<Contents.IModel> {
    const id = idOf(path);
    const content = String(options.content);
    const made_from = this.versions.get(id) ?? 1;
    const body = { document: JSON.parse(content) as unknown, made_from };
    const { workflow } = await ask<{ workflow: WorkflowShown }>("POST", `/workflows/${id}/versions`, body);
    this.versions.set(id, workflow.version);
    const model = this.model(path, { number: workflow.version, created_at: workflow.updated_at }, null);
    this.fileChanged.emit({ type: "save", oldValue: null, newValue: model });
    return model;
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
    await ask("POST", `/workflows/${id}/versions/${number}/restore`, { made_from: this.versions.get(id) ?? 1 });
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
