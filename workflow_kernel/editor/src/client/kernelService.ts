/**
 * The service that a notebook is connected to, asked by way of its kernel, which knows where it is and who is signed in.
 * What the service's own page does over HTTP is done here with the same code.
 */
import type { Unsubscribe } from "../model/observable";
import { isObject } from "../model/json";
import type { Attachment, Json, JsonObject } from "../model/types";
import { HostError } from "./client";
import type { ExecutionsPage, ExecutionsQuery, FlowDocument, VersionsClient } from "./client";
import { errorIn } from "./http";
import type { Query, Requests } from "./http";
import type { ChannelListener, Live } from "./live";
import type { RestWorkflow } from "./rest";
import { RestRuns } from "./restRuns";
import type { LoadPorts } from "./restRuns";
import { RestVersions } from "./restVersions";
import type { Paged, WorkflowShown } from "./restViews";

export type Ask = (method: string, params: object) => Promise<Json>;

const STARTING = 503;
const TRIES = 40;
const PAUSE = 1_000;
const LONGEST_PAUSE = 5_000;

const after = (milliseconds: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

export class KernelRequests implements Requests {
  constructor(private readonly ask: Ask) {}

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.send<T>("GET", path, query);
  }

  post<T>(path: string, body: object): Promise<T> {
    return this.send<T>("POST", path, {}, body);
  }

  patch<T>(path: string, body: object): Promise<T> {
    return this.send<T>("PATCH", path, {}, body);
  }

  delete(path: string): Promise<void> {
    return this.send("DELETE", path);
  }

  /** A service that is just starting is asked again. */
  private async send<T>(method: string, path: string, query: Query = {}, body?: object): Promise<T> {
    for (let count = 1; ; count += 1) {
      const answer = await this.ask("service", { method, path, query, body: body ?? null });
      const { status, value } = isObject(answer) ? answer : {};
      if (typeof status === "number" && status < 400) return value as T;
      if (status !== STARTING || count === TRIES) throw errorIn(value ?? null, Number(status));
      await after(PAUSE);
    }
  }
}

/** Looks again and again, as no websocket leads through a kernel. */
export class KernelLive implements Live {
  listen(_channel: string, { onLost }: ChannelListener): Unsubscribe {
    let isOver = false;
    const look = async (): Promise<void> => {
      for (let pause = PAUSE; !isOver; pause = Math.min(pause * 1.2, LONGEST_PAUSE)) {
        onLost();
        await after(pause);
      }
    };
    void look();
    return () => { isOver = true; };
  }
}

/** The workflow of that name at the service; made there when it is first kept. */
export class KernelWorkflow implements RestWorkflow {
  private found: string | null = null;

  constructor(
    private readonly requests: Requests,
    private readonly name: () => string,
  ) {}

  readonly id = (): string | null => this.found;

  /** Look for it; null where there is none yet. */
  async look(): Promise<string | null> {
    if (this.found !== null) return this.found;
    const name = this.name();
    const { items } = await this.requests.get<Paged<WorkflowShown>>("/workflows", { text: name, limit: 100 });
    const [one, ...more] = items.filter((workflow) => workflow.name === name);
    if (more.length > 0) throw new HostError(`${more.length + 1} workflows at the service are named ‘${name}’.`, "WF613", "Rename one, or this one.");
    this.found = one?.id ?? null;
    return this.found;
  }

  readonly ensure = async (document: FlowDocument): Promise<string> => {
    const known = await this.look();
    if (known !== null) return known;
    const bare: JsonObject = Object.fromEntries(Object.entries(document).filter(([key]) => key !== "id"));
    const { workflow } = await this.requests.post<{ workflow: WorkflowShown }>("/workflows", { name: this.name(), document: bare });
    this.found = workflow.id;
    return workflow.id;
  };
}

/** Executions at the service; those of the kernel are not known here. */
class KernelRuns extends RestRuns {
  private readonly known = new Set<string>();

  constructor(requests: Requests, private readonly place: KernelWorkflow, ask: Ask, loadPorts: LoadPorts) {
    const addressOf = async (path: string, { mimeType }: Attachment): Promise<string> => `data:${mimeType};base64,${(await ask("service_bytes", { path })) as string}`;
    super(requests, new KernelLive(), place, loadPorts, addressOf);
  }

  knows(execution: string): boolean {
    return this.known.has(execution);
  }

  /** Nothing where no service is there: the notebook has its own executions. */
  override async list(query: ExecutionsQuery): Promise<ExecutionsPage> {
    try {
      await this.place.look();
      const page = await super.list(query);
      for (const { id } of page.executions) this.known.add(id);
      return { ...page, executions: page.executions.map((info) => ({ ...info, mode: `${info.mode}, at the service` })) };
    } catch {
      return { executions: [], next: null };
    }
  }

  override async retry(execution: string): Promise<string> {
    const id = await super.retry(execution);
    this.known.add(id);
    return id;
  }
}

export class KernelService {
  readonly versions: VersionsClient;
  readonly runs: KernelRuns;

  constructor(ask: Ask, name: () => string, loadPorts: LoadPorts) {
    const requests = new KernelRequests(ask);
    const place = new KernelWorkflow(requests, name);
    this.runs = new KernelRuns(requests, place, ask, loadPorts);
    const versions = new RestVersions(requests, place, null, new KernelLive());
    this.versions = {
      isQuiet: true,
      list: async () => {
        await place.look();
        return versions.list();
      },
      load: (id) => versions.load(id), rename: (id, wanted) => versions.rename(id, wanted),
      publish: (document, wanted) => versions.publish(document, wanted), unpublish: () => versions.unpublish(),
    };
  }
}
