/** A host that is a notebook kernel: questions and answers over the channel of a widget. */
import type { Unsubscribe } from "../model/observable";
import type { Json, JsonObject, LiveEvent, NodeTypeInfo, Ports, Problem, ExecutionInfo } from "../model/types";
import { HostError } from "./client";
import type {
  Completion, ExecutionDetail, ExpressionsClient, FileEntry, FilesClient, FilesPage, FlowDocument, HostClient, Imported, ItemsPage, LogLine, PortsRequest, Preview, RunRequest, RunsClient, VersionsClient,
} from "./client";
import { KernelService } from "./kernelService";
import { inParts } from "./uploads";

/** Bytes of a file that go in one message. */
const PART = 512 << 10;

/** What a widget's model offers; see anywidget. */
export interface Channel {
  send(message: object): void;
}

export interface Answer {
  readonly id: number;
  readonly result?: Json;
  readonly error?: { readonly message: string; readonly code: string; readonly mend: string; readonly problems?: readonly Problem[] };
}

interface Waiting {
  readonly resolve: (value: Json) => void;
  readonly reject: (error: HostError) => void;
}

export class KernelClient implements HostClient {
  readonly runs: RunsClient;
  readonly expressions: ExpressionsClient;
  readonly files: FilesClient;
  /** Of the workflow at the service the kernel is connected to. */
  readonly versions: VersionsClient;
  private readonly waiting = new Map<number, Waiting>();
  private readonly events = new Map<string, LiveEvent[]>();
  private readonly listeners = new Map<string, Set<(events: readonly LiveEvent[]) => void>>();
  private count = 0;
  private nodeTypes: Promise<readonly NodeTypeInfo[]> | null = null;

  constructor(
    private readonly channel: Channel,
    /** The name of the workflow, which it has at the service too. */
    name: () => string = () => "",
  ) {
    const service = new KernelService((method, params) => this.ask(method, params), name, (requests) => this.loadPorts(requests));
    this.versions = service.versions;
    const { runs } = service;
    this.runs = {
      start: (request) => this.start(request),
      stop: (execution) => (runs.knows(execution) ? runs.stop(execution) : this.ask("stop", { execution }).then(() => undefined)),
      subscribe: (execution, listener) => (runs.knows(execution) ? runs.subscribe(execution, listener) : this.subscribe(execution, listener)),
      list: async (query) => {
        const here = query.after === undefined ? ((await this.ask("list", {})) as unknown as ExecutionInfo[]) : [];
        const there = await runs.list(query);
        return { executions: [...here, ...there.executions], next: there.next };
      },
      load: async (execution) => (runs.knows(execution) ? runs.load(execution) : ((await this.ask("load", { execution })) as unknown as ExecutionDetail)),
      retry: (execution) => runs.retry(execution),
      canRetry: (execution) => runs.knows(execution),
      loadItems: async (request) => (runs.knows(request.execution) ? runs.loadItems(request) : ((await this.ask("items", request)) as unknown as ItemsPage)),
      loadLogs: async (request) => (runs.knows(request.execution) ? runs.loadLogs(request) : ((await this.ask("logs", request)) as unknown as LogLine[])),
      attachmentUrl: async (execution, attachment) => {
        if (runs.knows(execution)) return runs.attachmentUrl(execution, attachment);
        return `data:${attachment.mimeType};base64,${(await this.ask("attachment", { ref: attachment.ref })) as string}`;
      },
    };
    this.expressions = {
      complete: async (place, text, cursor) => (await this.ask("complete", { place, text, cursor })) as unknown as Completion[],
      preview: async (place, text) => (await this.ask("preview", { place, text })) as unknown as Preview,
    };
    this.files = {
      list: async (query) => (await this.ask("files", query)) as unknown as FilesPage,
      upload: (folder, file, options) => inParts(folder, file, PART, options, async ({ part, ...rest }) => (await this.ask("upload", { ...rest, data: await base64(part) })) as unknown as FileEntry | null),
    };
  }

  loadNodeTypes(): Promise<readonly NodeTypeInfo[]> {
    this.nodeTypes ??= this.ask("node_types", {}) as Promise<unknown> as Promise<readonly NodeTypeInfo[]>;
    return this.nodeTypes;
  }

  async loadPorts(nodes: readonly PortsRequest[]): Promise<readonly (Ports | null)[]> {
    return (await this.ask("ports", { nodes })) as unknown as (Ports | null)[];
  }

  async validate(document: FlowDocument): Promise<readonly Problem[]> {
    return (await this.ask("validate", { document })) as unknown as Problem[];
  }

  async importWorkflow(source: JsonObject): Promise<Imported> {
    return (await this.ask("convert", { source })) as unknown as Imported;
  }

  /** Take an answer of the kernel. */
  answer({ id, result, error }: Answer): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(result ?? null);
    else waiting?.reject(new HostError(error.message, error.code, error.mend, error.problems ?? []));
  }

  /** Take live events of an execution, whoever started it. */
  take(execution: string, events: readonly LiveEvent[]): void {
    this.events.set(execution, [...(this.events.get(execution) ?? []), ...events]);
    for (const listener of [...(this.listeners.get(execution) ?? [])]) listener(events);
  }

  private async start({ workflow, to, from, payload, reuse }: RunRequest): Promise<string> {
    return (await this.ask("start", { document: workflow, to, from, payload, reuse })) as string;
  }

  private subscribe(execution: string, listener: (events: readonly LiveEvent[]) => void): Unsubscribe {
    const known = this.events.get(execution) ?? [];
    if (known.length > 0) listener(known);
    const listeners = this.listeners.get(execution) ?? new Set();
    this.listeners.set(execution, listeners);
    listeners.add(listener);
    return () => { listeners.delete(listener); };
  }

  private ask(method: string, params: object): Promise<Json> {
    this.count += 1;
    const id = this.count;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.channel.send({ type: "ask", id, method, params });
    });
  }
}

async function base64(part: Blob): Promise<string> {
  const bytes = new Uint8Array(await part.arrayBuffer());
  const step = 0x8000;
  const pieces = Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) => String.fromCharCode(...bytes.subarray(index * step, (index + 1) * step)));
  return btoa(pieces.join(""));
}
