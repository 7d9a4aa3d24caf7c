/** Versions of a workflow at a service: saved, named, published. */
import { isObject } from "../model/json";
import type { Unsubscribe } from "../model/observable";
import type { Json } from "../model/types";
import { HostError } from "./client";
import type { Arrived, FlowDocument, OthersClient, Saved, VersionInfo, VersionsClient } from "./client";
import type { Requests } from "./http";
import type { Live } from "./live";
import type { RestWorkflow } from "./rest";
import type { Paged, VersionShown, WorkflowSaved, WorkflowShown } from "./restViews";
import { versionInfo } from "./restViews";

const MOST = 100;
const STALE = "WF761";

interface VersionRead {
  readonly version: VersionShown;
  readonly document: FlowDocument;
}

export class RestVersions implements VersionsClient, OthersClient {
  constructor(
    private readonly http: Requests,
    private readonly workflow: RestWorkflow,
    /** The version the draft was made from; null where the draft is kept elsewhere. */
    private madeFrom: number | null,
    private readonly live: Live,
  ) {}

  /** Keep the draft as the newest version. Rejects where somebody else saved meanwhile. */
  async keep(document: FlowDocument, name = ""): Promise<Saved> {
    const id = await this.workflow.ensure(document);
    const made_from = this.madeFrom ?? (await this.read(id)).version;
    try {
      const version = await this.post(id, document, made_from, name);
      if (this.madeFrom !== null) this.madeFrom = version;
      return { at: Date.now() / 1000 };
    } catch (error) {
      return { at: Date.now() / 1000, merged: await this.merge(id, error, name) };
    }
  }

  watch(call: () => void): Unsubscribe {
    const id = this.workflow.id();
    if (id === null || this.madeFrom === null) return () => undefined;
    const onEvent = (data: Json) => {
      const version = isObject(data) && typeof data.version === "number" ? data.version : 0;
      if (version > (this.madeFrom ?? 0)) call();
    };
    return this.live.listen(`workflow:${id}`, { onEvent, onLost: call });
  }

  async newest(): Promise<Arrived | null> {
    const { version, document } = await this.http.get<VersionRead>(`/workflows/${this.workflow.id() ?? ""}/versions/draft`);
    if (version.number <= (this.madeFrom ?? 0)) return null;
    return { document, conflicts: [], version: version.number, accept: () => { this.madeFrom = version.number; } };
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

  private async post(id: string, document: FlowDocument, made_from: number, name: string): Promise<number> {
    return (await this.http.post<WorkflowSaved>(`/workflows/${id}/versions`, { document, made_from, name })).workflow.version;
  }

  /** Save what the service proposes for a save that came too late: both edits together. Throws what else went wrong. */
  private async merge(id: string, error: unknown, name: string): Promise<Arrived> {
    const proposal = proposalIn(error);
    if (proposal === null) throw error;
    try {
      const number = await this.post(id, proposal.document, proposal.version, name);
      return { ...proposal, accept: () => { if (this.madeFrom !== null) this.madeFrom = number; } };
    } catch (again) {
      return await this.merge(id, again, name);
    }
  }

  private read(id: string): Promise<WorkflowShown> {
    return this.http.get<WorkflowShown>(`/workflows/${id}`);
  }
}

/** How the service would bring both edits together, in what it says of a save that came too late. */
function proposalIn(error: unknown): Omit<Arrived, "accept"> | null {
  if (!(error instanceof HostError) || error.code !== STALE || !isObject(error.details)) return null;
  const { merge, theirs } = error.details;
  if (!isObject(merge) || !isObject(theirs) || !isObject(merge.document) || typeof theirs.version !== "number") return null;
  const conflicts = Array.isArray(merge.conflicts) ? merge.conflicts.map(String) : [];
  return { document: merge.document, conflicts, version: theirs.version };
}
