/** A host for tests of the panel and its pictures: it has run once, and knows the items every node sent. */
import type {
  CredentialInfo, CredentialTypeInfo, CredentialsClient, ExecutionDetail, ExpressionPlace, FlowDocument, HostClient, ItemsPage, ItemsRequest, LogLine, RunRequest, RunsClient,
} from "../../src/client/client";
import { HostError } from "../../src/client/client";
import type { ErrorInfo, Item, Json, JsonObject, LiveEvent, NodeRunInfo, Problem } from "../../src/model/types";
import { known } from "../forms/known";

export interface NodeResult {
  /** Items by output port; a function makes those of a place, for very many. */
  readonly items?: Readonly<Record<string, readonly Item[] | { readonly total: number; readonly at: (index: number) => Item }>>;
  readonly error?: ErrorInfo;
  readonly runs?: number;
  readonly seconds?: number;
  readonly logs?: readonly LogLine[];
}

export interface HostOptions {
  readonly results?: Readonly<Record<string, NodeResult>>;
  readonly problems?: readonly Problem[];
  readonly preview?: (text: string, item: number) => Json;
}

const AT = 1_790_000_000;

export class TestHost implements HostClient {
  readonly asked: ItemsRequest[] = [];
  readonly previews: { readonly place: ExpressionPlace; readonly text: string }[] = [];
  readonly started: RunRequest[] = [];
  readonly made: { readonly type: string; readonly name: string; readonly values: JsonObject }[] = [];
  readonly runs: RunsClient;
  readonly credentials: CredentialsClient;
  private readonly kept: CredentialInfo[] = [{ id: "c1", name: "Shop database", type: "postgres" }, { id: "c2", name: "Mail server", type: "smtp" }, { id: "c3", name: "Shop API", type: "http.bearer" }];

  constructor(private readonly options: HostOptions = {}) {
    this.runs = this.makeRuns();
    this.credentials = this.makeCredentials();
  }

  readonly expressions = {
    complete: () => Promise.resolve([
      { label: "name", insert: "name", kind: "field" as const, type: "text", detail: "In 100 of the sampled items", example: "Ada" },
      { label: "price", insert: "price", kind: "field" as const, type: "number", example: "12.5" },
    ]),
    preview: (place: ExpressionPlace, text: string) => {
      this.previews.push({ place, text });
      try {
        const value = this.options.preview?.(text, place.item ?? 0) ?? text.slice(1);
        return Promise.resolve({ ok: true as const, value, type: typeof value === "string" ? "text" : typeof value });
      } catch (error) {
        return Promise.resolve({ ok: false as const, message: error instanceof Error ? error.message : "", mend: "Its fields are 'name' and 'price'." });
      }
    },
  };

  readonly files = {
    list: ({ folder }: { readonly folder: string }) => Promise.resolve({ next: null, files: folder === "" ? [{ path: "data", name: "data", is_folder: true }, { path: "notes.md", name: "notes.md", is_folder: false, size: 1200 }] : [{ path: `${folder}/prices.csv`, name: "prices.csv", is_folder: false, size: 48_211 }] }),
  };

  loadNodeTypes() {
    return Promise.resolve(known.map((each) => each.info));
  }

  loadPorts(requests: readonly { readonly type: string }[]) {
    return Promise.resolve(requests.map((request) => known.find((each) => each.info.type === request.type)?.info.ports ?? null));
  }

  validate() {
    return Promise.resolve(this.options.problems ?? []);
  }

  importWorkflow() {
    return Promise.reject(new HostError("This host imports nothing."));
  }

  private makeRuns(): RunsClient {
    const workflows = new Map<string, FlowDocument>();
    const runs = (): NodeRunInfo[] => Object.entries(this.options.results ?? {}).flatMap(([node, result]) => Array.from({ length: result.runs ?? 1 }, (_, index) => runOf(node, result, index)));
    const detail = (id: string): ExecutionDetail => ({ info: { id, state: "succeeded", mode: "manual", started_at: AT - Number(id) * 3600, seconds: 4.2 }, workflow: workflows.get("1") ?? {}, runs: runs() });
    return {
      start: (request) => {
        this.started.push(request);
        workflows.set("1", request.workflow);
        return Promise.resolve("1");
      },
      stop: () => Promise.resolve(),
      subscribe: (execution, listener) => {
        const timer = setTimeout(() => { listener(eventsOf(execution, runs())); }, 0);
        return () => { clearTimeout(timer); };
      },
      list: () => Promise.resolve({ executions: ["1", "2", "3"].map((id) => detail(id).info), next: null }),
      load: (id) => Promise.resolve(detail(id)),
      loadItems: (request) => {
        this.asked.push(request);
        return Promise.resolve(pageOf(this.options.results?.[request.node], request));
      },
      loadLogs: ({ node }) => Promise.resolve(this.options.results?.[node]?.logs ?? []),
      attachmentUrl: (_execution, attachment) => Promise.resolve(attachment.ref),
    };
  }

  private makeCredentials(): CredentialsClient {
    return {
      types: () => Promise.resolve<readonly CredentialTypeInfo[]>([
        { type: "postgres", title: "Postgres", description: "Signs in to a Postgres server.", can_test: true, fields: { type: "object", required: ["host", "password"], properties: { host: { type: "string", title: "Host" }, port: { type: "integer", title: "Port", default: 5432 }, user: { type: "string", title: "User", default: "postgres" }, password: { type: "string", title: "Password", ui: { secret: true } } } } },
        { type: "http.bearer", title: "Bearer token", description: "A token sent with each request.", fields: { type: "object", required: ["token"], properties: { token: { type: "string", title: "Token", ui: { secret: true } } } } },
        { type: "http.basic", title: "User and password", description: "", fields: { type: "object", properties: { user: { type: "string", title: "User" }, password: { type: "string", title: "Password", ui: { secret: true } } } } },
      ]),
      list: (types) => Promise.resolve(this.kept.filter((one) => types.includes(one.type))),
      create: (type, name, values) => {
        this.made.push({ type, name, values });
        const credential = { id: `made-${this.made.length}`, name, type };
        this.kept.push(credential);
        return Promise.resolve(credential);
      },
      update: (id, name, values) => {
        const found = this.kept.find((one) => one.id === id);
        this.made.push({ type: found?.type ?? "", name, values });
        return found === undefined ? Promise.reject(new HostError("It is gone.")) : Promise.resolve({ ...found, name });
      },
      load: () => Promise.resolve({ public: { host: "db.example.com", port: 5432 }, secrets: ["password"] }),
      test: () => Promise.resolve({ ok: true, message: "Connected to Postgres 17." }),
    };
  }
}

function runOf(node: string, result: NodeResult, index: number): NodeRunInfo {
  const items = Object.fromEntries(Object.entries(result.items ?? {}).map(([port, given]) => [port, "total" in given ? given.total : given.length]));
  return { node, run_index: index, state: result.error === undefined ? "succeeded" : "failed", attempt: 1, started_at: AT, seconds: result.seconds ?? 0.42, items, error: result.error ?? null };
}

function eventsOf(execution: string, runs: readonly NodeRunInfo[]): LiveEvent[] {
  return [
    { event: "execution.started", execution, at: AT, workflow: "w" },
    ...runs.map((run): LiveEvent => {
      const shared = { execution, at: AT, node: run.node, run_index: run.run_index };
      if (run.error !== null && run.error !== undefined) return { ...shared, event: "node.failed", attempt: 3, error: run.error };
      return { ...shared, event: "node.finished", seconds: run.seconds ?? 0, items: run.items };
    }),
    { event: "execution.finished", execution, at: AT, state: runs.some((run) => run.error !== null) ? "failed" : "succeeded", seconds: 4.2 },
  ];
}

function pageOf(result: NodeResult | undefined, request: ItemsRequest): ItemsPage {
  const given = result?.items?.[request.port] ?? [];
  const { offset, limit, search } = request;
  if ("total" in given) {
    const count = Math.max(Math.min(limit, given.total - offset), 0);
    return { items: Array.from({ length: count }, (_, index) => given.at(offset + index)), offset, total: given.total, kind: "items" };
  }
  const found = search === undefined ? given : given.filter((item) => JSON.stringify(item.json).toLowerCase().includes(search.toLowerCase()));
  return { items: found.slice(offset, offset + limit), offset, total: found.length, kind: "items" };
}
