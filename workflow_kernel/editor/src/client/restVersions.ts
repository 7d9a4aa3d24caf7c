/** Versions of a workflow at a service: saved, named, published. */
import type { FlowDocument, Saved, VersionInfo, VersionsClient } from "./client";
import type { Http } from "./http";
import type { RestWorkflow } from "./rest";
import type { Paged, VersionShown, WorkflowSaved, WorkflowShown } from "./restViews";
import { versionInfo } from "./restViews";

const MOST = 100;

export class RestVersions implements VersionsClient {
  constructor(
    private readonly http: Http,
    private readonly workflow: RestWorkflow,
    /** The version the draft was made from; null where the draft is kept elsewhere. */
    private madeFrom: number | null,
  ) {}

  /** Keep the draft as the newest version. Rejects where somebody else saved meanwhile. */
  async keep(document: FlowDocument, name = ""): Promise<Saved> {
    const id = await this.workflow.ensure(document);
    const made_from = this.madeFrom ?? (await this.read(id)).version;
    const saved = await this.http.post<WorkflowSaved>(`/workflows/${id}/versions`, { document, made_from, name });
    if (this.madeFrom !== null) this.madeFrom = saved.workflow.version;
    return { at: Date.now() / 1000 };
  }

  async list(): Promise<readonly VersionInfo[]> {
    const id = this.workflow.id();
    if (id === null) return [];
    const [{ published_version }, page] = await Promise.all([
      this.read(id), this.http.get<Paged<VersionShown>>(`/workflows/${id}/versions`, { limit: MOST }),
    ]);
    return page.items.map((shown) => versionInfo(shown, published_version));
  }

  async load(number: string): Promise<FlowDocument> {
    return (await this.http.get<{ document: FlowDocument }>(`/workflows/${this.workflow.id() ?? ""}/versions/${number}`)).document;
  }

  async rename(number: string, name: string): Promise<VersionInfo> {
    const id = this.workflow.id() ?? "";
    const shown = await this.http.patch<VersionShown>(`/workflows/${id}/versions/${number}`, { name });
    return versionInfo(shown, (await this.read(id)).published_version);
  }

  async publish(document: FlowDocument, name: string): Promise<VersionInfo> {
    await this.keep(document, name);
    const id = this.workflow.id() ?? "";
    const { workflow } = await this.http.post<{ workflow: WorkflowShown }>(`/workflows/${id}/publish`, {});
    const shown = await this.http.get<{ version: VersionShown }>(`/workflows/${id}/versions/published`);
    return versionInfo(shown.version, workflow.published_version);
  }

  async unpublish(): Promise<void> {
    await this.http.post(`/workflows/${this.workflow.id() ?? ""}/unpublish`, {});
  }

  private read(id: string): Promise<WorkflowShown> {
    return this.http.get<WorkflowShown>(`/workflows/${id}`);
  }
}
