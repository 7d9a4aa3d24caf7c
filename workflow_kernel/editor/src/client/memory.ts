/**
 * A host that holds everything in memory and plays runs instead of computing them: for tests and the demo page. Every
 * node passes on made-up items after a moment; a node whose parameter `fail` is true fails.
 */
import { fromFlow } from "../model/flow";
import type { Unsubscribe } from "../model/observable";
import type { JsonObject, Item, LiveEvent, NodeRunInfo, NodeTypeInfo, PortInfo, Ports, Problem, Workflow } from "../model/types";
import type {
  CredentialInfo, CredentialsClient, ExecutionDetail, ExecutionsPage, ExpressionsClient, FlowDocument, HostClient, Imported,
  ItemsPage, ItemsRequest, PortsRequest, RunRequest, RunsClient, Saved, VersionInfo, VersionsClient,
} from "./client";
import { HostError } from "./client";
import { playRun } from "./memoryRun";

export interface MemoryOptions {
  readonly nodeTypes: readonly NodeTypeInfo[];
  /** Milliseconds a node takes. */
  readonly pace?: number;
}

const now = (): number => Date.now() / 1000;

export class MemoryClient implements HostClient {
  readonly runs: MemoryRuns;
  readonly versions: VersionsClient;
  readonly credentials: CredentialsClient;
  readonly expressions: ExpressionsClient;
  saved: FlowDocument | null = null;

  constructor(private readonly options: MemoryOptions) {
    this.runs = new MemoryRuns(options.pace ?? 350, options.nodeTypes);
    this.versions = memoryVersions();
    this.credentials = memoryCredentials();
    this.expressions = {
      complete: () => Promise.resolve([]),
      preview: (_place, text) => Promise.resolve({ ok: true, value: text.replace(/^=/, ""), type: "text" }),
    };
  }

  loadNodeTypes(): Promise<readonly NodeTypeInfo[]> {
    return Promise.resolve(this.options.nodeTypes);
  }

  loadPorts(requests: readonly PortsRequest[]): Promise<readonly (Ports | null)[]> {
    return Promise.resolve(requests.map((request) => portsOf(request, this.options.nodeTypes)));
  }

  validate(document: FlowDocument): Promise<readonly Problem[]> {
    const known = new Set(this.options.nodeTypes.map((info) => info.type));
    const nodes = Object.values(fromFlow(document).nodes);
    return Promise.resolve(
      nodes.filter((node) => !known.has(node.type)).map((node) => ({
        code: "WF201", message: `There is no node type '${node.type}'.`, mend: "Install the package that brings it.",
        node: node.name, field: "type", severity: "error",
      })),
    );
  }

  importWorkflow(source: JsonObject): Promise<Imported> {
    const raw = Array.isArray(source.nodes) ? (source.nodes as JsonObject[]) : [];
    if (raw.length === 0) return Promise.reject(new HostError("There are no nodes in it.", "WF120"));
    const nodes = Object.fromEntries(
      raw.map((node, index) => [`n${index + 1}`, {
        name: node.name ?? "Node", type: "flow.placeholder", position: node.position ?? [0, 0], parameters: { original: node },
      }]),
    );
    return Promise.resolve({ workflow: { format: "workflow/1", name: "Imported", nodes, edges: [] }, warnings: [] });
  }

  save(workflow: FlowDocument): Promise<Saved> {
    this.saved = workflow;
    return Promise.resolve({ at: now() });
  }
}

interface Kept {
  detail: ExecutionDetail;
  readonly events: LiveEvent[];
  readonly listeners: Set<(events: readonly LiveEvent[]) => void>;
  stop: () => void;
}

export class MemoryRuns implements RunsClient {
  private readonly executions = new Map<string, Kept>();

  constructor(
    private readonly pace: number,
    private readonly nodeTypes: readonly NodeTypeInfo[],
  ) {}

  start(request: RunRequest): Promise<string> {
    const id = `execution-${this.executions.size + 1}`;
    const workflow = fromFlow(request.workflow);
    const kept: Kept = {
      detail: { info: { id, state: "running", mode: "manual", started_at: now(), seconds: null }, workflow: request.workflow, runs: [] },
      events: [], listeners: new Set(), stop: () => undefined,
    };
    this.executions.set(id, kept);
    const isTrigger = (type: string): boolean => this.nodeTypes.some((info) => info.type === type && info.is_trigger);
    kept.stop = playRun({ id, workflow, request, pace: this.pace, isTrigger, send: (events) => this.take(kept, events) });
    return Promise.resolve(id);
  }

  stop(execution: string): Promise<void> {
    this.executions.get(execution)?.stop();
    return Promise.resolve();
  }

  subscribe(execution: string, listener: (events: readonly LiveEvent[]) => void): Unsubscribe {
    const kept = this.executions.get(execution);
    if (kept === undefined) return () => undefined;
    if (kept.events.length > 0) listener(kept.events);
    kept.listeners.add(listener);
    return () => kept.listeners.delete(listener);
  }

  list(): Promise<ExecutionsPage> {
    return Promise.resolve({ executions: [...this.executions.values()].map((kept) => kept.detail.info).reverse(), next: null });
  }

  load(execution: string): Promise<ExecutionDetail> {
    const kept = this.executions.get(execution);
    return kept === undefined ? Promise.reject(new HostError(`There is no execution '${execution}'.`)) : Promise.resolve(kept.detail);
  }

  retry(execution: string): Promise<string> {
    const kept = this.executions.get(execution);
    return kept === undefined ? Promise.reject(new HostError("It is gone.")) : this.start({ workflow: kept.detail.workflow });
  }

  loadItems(request: ItemsRequest): Promise<ItemsPage> {
    const kept = this.executions.get(request.execution);
    const run = kept?.detail.runs.find((one) => one.node === request.node && one.run_index === request.run_index);
    const total = request.side === "output" ? (run?.items[request.port] ?? 0) : 12;
    const workflow = kept === undefined ? null : fromFlow(kept.detail.workflow);
    return Promise.resolve({ items: madeUp(workflow, request, total), offset: request.offset, total, kind: "items" });
  }

  loadLogs(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  attachmentUrl(): Promise<string> {
    return Promise.resolve("data:text/plain,attachment");
  }

  private take(kept: Kept, events: readonly LiveEvent[]): void {
    kept.events.push(...events);
    kept.detail = afterEvents(kept.detail, events);
    for (const listener of [...kept.listeners]) listener(events);
  }
}

function afterEvents(detail: ExecutionDetail, events: readonly LiveEvent[]): ExecutionDetail {
  const runs: NodeRunInfo[] = [...detail.runs];
  let { info } = detail;
  for (const event of events) {
    if (event.event === "execution.finished") info = { ...info, state: event.state, seconds: event.seconds, error: event.error ?? null };
    if (event.event !== "node.finished" && event.event !== "node.failed") continue;
    const isFine = event.event === "node.finished";
    runs.push({
      node: event.node, run_index: event.run_index, state: isFine ? "succeeded" : "failed", attempt: 1, started_at: event.at,
      seconds: isFine ? event.seconds : null, items: isFine ? event.items : {}, error: event.error ?? null,
    });
  }
  return { ...detail, info, runs };
}

const CITIES = ["Oslo", "Lyon", "Porto", "Ghent", "Graz", "Turku"];

function madeUp(workflow: Workflow | null, request: ItemsRequest, total: number): readonly Item[] {
  const pinned = workflow?.nodes[request.node]?.pin?.[request.port];
  if (request.side === "output" && pinned !== undefined) return pinned.slice(request.offset, request.offset + request.limit).map((json) => ({ json }));
  const count = Math.max(0, Math.min(request.limit, total - request.offset));
  return Array.from({ length: count }, (_, index) => {
    const number = request.offset + index + 1;
    const city = CITIES[number % CITIES.length] ?? "";
    return { json: { id: number, customer: `Customer ${number}`, city, total: (number * 37) % 500, paid: number % 3 !== 0 } };
  });
}

/** The rules of a few built-in types, which on a real host the types know themselves. */
function portsOf(request: PortsRequest, types: readonly NodeTypeInfo[]): Ports | null {
  const info = types.find((one) => one.type === request.type);
  if (info === undefined) return null;
  const named = (names: readonly string[]): PortInfo[] => names.map((name) => ({ name, kind: "items", title: "" }));
  const { parameters } = request;
  const count = (value: unknown, standard: number): number => (typeof value === "number" ? value : standard);
  if (request.type === "flow.switch") {
    const rules = Array.isArray(parameters.rules) ? parameters.rules.length : 0;
    return { ...info.ports, outputs: named(Array.from({ length: Math.max(1, rules) }, (_, index) => `output${index + 1}`)) };
  }
  if (request.type === "flow.merge") {
    return { ...info.ports, inputs: named(Array.from({ length: count(parameters.number_of_inputs, 2) }, (_, index) => `input${index + 1}`)) };
  }
  const sendsOne = parameters.send_discarded === false;
  return sendsOne ? { ...info.ports, outputs: info.ports.outputs.slice(0, 1) } : info.ports;
}

function memoryVersions(): VersionsClient {
  let versions: VersionInfo[] = [];
  const documents = new Map<string, FlowDocument>();
  return {
    list: () => Promise.resolve(versions),
    load: (id) => Promise.resolve(documents.get(id) ?? {}),
    rename: (id, name) => {
      versions = versions.map((one) => (one.id === id ? { ...one, name } : one));
      const found = versions.find((one) => one.id === id);
      return found === undefined ? Promise.reject(new HostError("There is no such version.")) : Promise.resolve(found);
    },
    publish: (workflow, name) => {
      const number = versions.length + 1;
      const version = { id: `v${number}`, number, name, note: "", author: "You", at: now(), is_published: true };
      documents.set(version.id, workflow);
      versions = [version, ...versions.map((one) => ({ ...one, is_published: false }))];
      return Promise.resolve(version);
    },
    unpublish: () => {
      versions = versions.map((one) => ({ ...one, is_published: false }));
      return Promise.resolve();
    },
  };
}

function memoryCredentials(): CredentialsClient {
  const kept: CredentialInfo[] = [];
  return {
    types: () =>
      Promise.resolve([{
        type: "http.bearer", title: "Bearer token", description: "A token sent with each request.",
        fields: { type: "object", required: ["token"], properties: { token: { type: "string", title: "Token", ui: { secret: true } } } },
      }]),
    list: (types) => Promise.resolve(kept.filter((one) => types.includes(one.type))),
    create: (type, name) => {
      const credential = { id: `credential-${kept.length + 1}`, name, type };
      kept.push(credential);
      return Promise.resolve(credential);
    },
  };
}
