/** Executions at a service: started by hand, followed live, looked at afterwards. */
import { fromFlow } from "../model/flow";
import type { Unsubscribe } from "../model/observable";
import { ERROR_PORT } from "../model/types";
import type { Attachment, Item, Json, LiveEvent, Node, Ports } from "../model/types";
import { HostError } from "./client";
import type {
  ExecutionDetail, ExecutionsPage, ExecutionsQuery, FlowDocument, ItemsPage, ItemsRequest, Listening, LogLine, NodeRunAddress, PortsRequest, RunRequest, RunsClient,
} from "./client";
import type { Requests } from "./http";
import type { Live } from "./live";
import type { RestWorkflow } from "./rest";
import { listenAt } from "./restListen";
import { toNodeNames } from "./restNames";
import { eventsOf, executionInfo, itemOf, nodeRunInfo } from "./restViews";
import type { DataShown, ExecutionShown, NodeRunShown, Paged } from "./restViews";

/** What the API gives otherwise than the editor knows it: outputs by position, and nodes of live events by name. */
interface Book {
  /** Names of the outputs of a node, by its id. */
  readonly outputs: ReadonlyMap<string, readonly string[]>;
  /** Ids of nodes by name. */
  readonly ids: ReadonlyMap<string, string>;
}

export type LoadPorts = (requests: readonly PortsRequest[]) => Promise<readonly (Ports | null)[]>;

/** Items a search looks through at most. */
const MOST_SEARCHED = 20_000;
const PAGE = 1000;
const MOST_KEPT = 20;

export class RestRuns implements RunsClient {
  private readonly books = new Map<string, Promise<Book>>();

  constructor(
    private readonly http: Requests,
    private readonly live: Live,
    private readonly workflow: RestWorkflow,
    private readonly loadPorts: LoadPorts,
    /** Where an attachment of an execution is, by its address below the API. */
    private readonly addressOf: (path: string, attachment: Attachment) => Promise<string>,
  ) {}

  async start(request: RunRequest): Promise<string> {
    const { workflow: document, to, from, payload, reuse } = request;
    const names = toNodeNames(document);
    const id = await this.workflow.ensure(document);
    const body = {
      manual: true, document,
      ...(to === undefined ? {} : { to: names.get(to) ?? to }),
      ...(from === undefined ? {} : { start: names.get(from) ?? from }),
      ...(payload === undefined ? {} : { items: payload }),
      ...(reuse === undefined ? {} : { reuse }),
    };
    const started = await this.http.post<{ id: string }>(`/workflows/${id}/execute`, body);
    void this.keep(started.id, this.bookOf(document));
    return started.id;
  }

  async stop(execution: string): Promise<void> {
    await this.http.post(`/executions/${execution}/cancel`, {});
  }

  subscribe(execution: string, listener: (events: readonly LiveEvent[]) => void): Unsubscribe {
    const catchUp = () => {
      void this.load(execution).then(({ info, runs, workflow }) => {
        listener(eventsOf(info, runs, typeof workflow.id === "string" ? workflow.id : ""));
      }, () => undefined);
    };
    let begun = 0;
    const onEvent = (data: Json) => {
      const events = (Array.isArray(data) ? data : [data]) as unknown as readonly LiveEvent[];
      // The first answer of the book keeps the order: what comes later waits behind it.
      begun += events.filter((event) => event.event === "execution.started").length;
      // One that goes on after it had left memory tells no more of the wait that ended.
      const isGoingOn = begun > 1;
      if (isGoingOn) begun = 1;
      void this.book(execution).then(({ ids }) => {
        if (isGoingOn) catchUp();
        listener(events.map((event) => ("node" in event ? { ...event, node: ids.get(event.node) ?? event.node } : event)));
      }, catchUp);
    };
    return this.live.listen(`execution:${execution}`, { onEvent, onLost: catchUp }, "0");
  }

  async list({ after, limit, state }: ExecutionsQuery): Promise<ExecutionsPage> {
    const workflow = this.workflow.id();
    if (workflow === null) return { executions: [], next: null };
    const page = await this.http.get<Paged<ExecutionShown>>("/executions", {
      workflow, limit, cursor: after, state: state === undefined ? undefined : [state],
    });
    return { executions: page.items.map(executionInfo), next: page.next };
  }

  async load(execution: string): Promise<ExecutionDetail> {
    const [shown, workflow, runs, { outputs }] = await Promise.all([
      this.http.get<ExecutionShown>(`/executions/${execution}`),
      this.http.get<FlowDocument>(`/executions/${execution}/workflow`),
      this.nodeRuns(execution), this.book(execution),
    ]);
    const infos = runs.map((run) => nodeRunInfo(run, outputs.get(run.node) ?? []));
    const end = (run: (typeof infos)[number]): number => (run.started_at ?? 0) + (run.seconds ?? 0);
    return { info: executionInfo(shown), workflow, runs: infos.sort((one, other) => end(one) - end(other)), error: shown.error };
  }

  async retry(execution: string): Promise<string> {
    return (await this.http.post<{ id: string }>(`/executions/${execution}/retry`, { beginning: "failed" })).id;
  }

  async resume({ execution, node, run_index }: NodeRunAddress): Promise<void> {
    await this.http.post(`/executions/${execution}/resume`, { node, index: run_index });
  }

  async waitAddress({ execution, node, run_index }: NodeRunAddress): Promise<string | null> {
    return (await this.http.get<{ address: string }>(`/executions/${execution}/nodes/${encodeURIComponent(node)}/wait`, { index: run_index })).address;
  }

  async listen(request: RunRequest, onStart: (execution: string) => void): Promise<Listening> {
    const id = await this.workflow.ensure(request.workflow);
    return await listenAt(this.http, this.live, id, request, (execution) => {
      void this.keep(execution, this.bookOf(request.workflow));
      onStart(execution);
    });
  }

  async loadItems(request: ItemsRequest): Promise<ItemsPage> {
    const { search, offset, limit } = request;
    const wanted = request.side === "output" ? request : await this.sourceOf(request);
    if (search === undefined || search === "") return await this.page(wanted, offset, limit);
    const needle = search.toLowerCase();
    let page = await this.page(wanted, 0, PAGE);
    const found: Item[] = [];
    for (let start = 0; start < Math.min(page.total, MOST_SEARCHED); start += PAGE) {
      if (start > 0) page = await this.page(wanted, start, PAGE);
      found.push(...page.items.filter((item) => JSON.stringify(item.json).toLowerCase().includes(needle)));
    }
    return { ...page, items: found.slice(offset, offset + limit), offset, total: found.length };
  }

  async loadLogs({ execution, node, run_index }: NodeRunAddress): Promise<readonly LogLine[]> {
    const run = (await this.nodeRuns(execution)).find((one) => one.node === node && one.index === run_index);
    const levels: readonly string[] = ["debug", "info", "warning", "error"];
    return (run?.logs ?? []).map(({ at, text, level }) => ({ at, text, level: (levels.includes(level) ? level : "info") as LogLine["level"] }));
  }

  attachmentUrl(execution: string, attachment: Attachment): Promise<string> {
    return this.addressOf(`/executions/${execution}/attachments/${encodeURIComponent(attachment.ref)}`, attachment);
  }

  /** Where the items of an input came from: the first edge that leads there. */
  private async sourceOf(request: ItemsRequest): Promise<ItemsRequest> {
    const document = await this.http.get<FlowDocument>(`/executions/${request.execution}/workflow`);
    const edge = fromFlow(document).edges.find((one) => one.target.node === request.node && one.target.port === request.port);
    if (edge === undefined) throw new HostError("Nothing was connected to this input.");
    return { ...request, side: "output", node: edge.source.node, port: edge.source.port };
  }

  private async page({ execution, node, run_index, port }: ItemsRequest, start: number, limit: number): Promise<ItemsPage> {
    const ports = (await this.book(execution)).outputs.get(node) ?? [];
    const output = Math.max(0, ports.indexOf(port));
    const data = await this.http.get<DataShown>(`/executions/${execution}/nodes/${encodeURIComponent(node)}/data`, { index: run_index, output, start, limit });
    const columns = data.columns.map(([name, type]) => ({ name, type }));
    return { items: data.items.map((item, index) => itemOf(item, data.sources?.[index])), offset: data.start, total: data.count, kind: data.kind, ...(columns.length === 0 ? {} : { columns }) };
  }

  private async nodeRuns(execution: string): Promise<readonly NodeRunShown[]> {
    return (await this.http.get<{ items: NodeRunShown[] }>(`/executions/${execution}/nodes`)).items;
  }

  private book(execution: string): Promise<Book> {
    const known = this.books.get(execution);
    if (known !== undefined) return known;
    return this.keep(execution, this.http.get<FlowDocument>(`/executions/${execution}/workflow`).then((document) => this.bookOf(document)));
  }

  private keep(execution: string, book: Promise<Book>): Promise<Book> {
    const [oldest] = this.books.keys();
    if (this.books.size >= MOST_KEPT && oldest !== undefined) this.books.delete(oldest);
    this.books.set(execution, book);
    book.catch(() => this.books.delete(execution));
    return book;
  }

  private async bookOf(document: FlowDocument): Promise<Book> {
    const nodes: readonly Node[] = Object.values(fromFlow(document).nodes);
    const ports = await this.loadPorts(nodes.map(({ type, version, parameters }) => ({ type, version, parameters })));
    const outputsOf = (node: Node, index: number): readonly string[] => {
      const own = (ports[index]?.outputs ?? []).map((port) => port.name);
      return node.on_error === "branch" ? [...own, ERROR_PORT] : own;
    };
    return {
      outputs: new Map(nodes.map((node, index) => [node.id, outputsOf(node, index)])), ids: new Map(nodes.map(({ id, name }) => [name, id])),
    };
  }
}
