/**
 * A host that is a service: its API over HTTP, live events over a websocket, from a page of the same origin. The
 * dashboard and JupyterLab use it.
 */
import { pinnedSample } from "./pinnedSample";
import { toNodeNames } from "./restNames";
import type { Json, JsonObject, NodeTypeInfo, Ports, Problem } from "../model/types";
import type {
  Completion, CredentialDetail, CredentialInfo, CredentialTypeInfo, CredentialsClient, ExpressionPlace, ExpressionsClient, FlowDocument, HostClient, Imported, OptionsPage, OthersClient,
  FilesClient, OptionsRequest, PortsRequest, Preview, Saved, VersionsClient,
} from "./client";
import { Http } from "./http";
import type { RestOptions } from "./http";
import { LiveConnection } from "./live";
import { restFiles } from "./restFiles";
import { RestRuns } from "./restRuns";
import { RestVersions } from "./restVersions";

/** The workflow at the service that is being edited. */
export interface RestWorkflow {
  /** Its id; null as long as the service does not know it. */
  readonly id: () => string | null;
  /** Its id, after the service was told of it where it did not know it. */
  readonly ensure: (document: FlowDocument) => Promise<string>;
}

export interface RestClientOptions extends RestOptions {
  readonly workflow: RestWorkflow | string;
  /** Keep the draft as new versions; left out by hosts that keep the document by themselves. Made from this version. */
  readonly keepsFrom?: number;
}

export class RestClient implements HostClient {
  readonly http: Http;
  readonly live: LiveConnection;
  readonly runs: RestRuns;
  readonly versions: VersionsClient;
  readonly credentials: CredentialsClient;
  readonly expressions: ExpressionsClient;
  readonly files: FilesClient;
  readonly save?: (document: FlowDocument) => Promise<Saved>;
  readonly others?: OthersClient;

  constructor(options: RestClientOptions) {
    this.http = new Http(options);
    this.live = new LiveConnection(() => this.http.liveUrl());
    const { workflow } = options;
    const known = typeof workflow === "string" ? { id: () => workflow, ensure: () => Promise.resolve(workflow) } : workflow;
    this.runs = new RestRuns(this.http, this.live, known, (requests) => this.loadPorts(requests), (path) => Promise.resolve(`${options.url}/api${path}`));
    const versions = new RestVersions(this.http, known, options.keepsFrom ?? null, this.live);
    this.versions = versions;
    if (options.keepsFrom !== undefined) {
      this.save = (document) => versions.keep(document);
      this.others = versions;
    }
    this.credentials = restCredentials(this.http);
    this.expressions = restExpressions(this.http);
    this.files = restFiles(this.http);
  }

  async loadNodeTypes(): Promise<readonly NodeTypeInfo[]> {
    return (await this.http.get<{ items: NodeTypeInfo[] }>("/node-types")).items;
  }

  async loadPorts(requests: readonly PortsRequest[]): Promise<readonly (Ports | null)[]> {
    const nodes = requests.map(({ type, version, parameters }) => ({ type, version, parameters }));
    return (await this.http.post<{ items: (Ports | null)[] }>("/node-types/ports", { nodes })).items;
  }

  async validate(document: FlowDocument): Promise<readonly Problem[]> {
    return (await this.http.post<{ problems: Problem[] }>("/workflows/validate", { document })).problems;
  }

  async importWorkflow(source: JsonObject): Promise<Imported> {
    const { document, warnings } = await this.http.post<{ document: FlowDocument; warnings: string[] }>("/workflows/convert", { source });
    return { workflow: document, warnings };
  }

  async loadOptions({ type, version, load, parameters, credentials, search, cursor }: OptionsRequest): Promise<OptionsPage> {
    const uses = Object.entries(credentials).map(([slot, use]): [string, Json] => [slot, (use as JsonObject).id ?? null]);
    const body = { version, load, parameters, credentials: Object.fromEntries(uses), search: search ?? "", cursor: cursor ?? null };
    return await this.http.post<OptionsPage>(`/node-types/${encodeURIComponent(type)}/options`, body);
  }

  destroy(): void {
    this.live.close();
  }
}

interface CredentialShown extends CredentialInfo {
  readonly version: number;
}

interface CredentialTypeShown {
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly icon: string;
  readonly trial: "none" | "url" | "itself";
  readonly grant: string;
  readonly fits: readonly string[];
  readonly secrets: readonly string[];
  readonly values_schema: JsonObject;
}

const MOST_CREDENTIALS = 200;

function restCredentials(http: Http): CredentialsClient {
  const types = async (): Promise<readonly CredentialTypeShown[]> => (await http.get<{ items: CredentialTypeShown[] }>("/credential-types")).items;
  const info = ({ id, name, type }: CredentialInfo): CredentialInfo => ({ id, name, type });
  return {
    types: async () => (await types()).map((shown): CredentialTypeInfo => ({
      type: shown.type, title: shown.title, description: shown.description, icon: shown.icon, has_sign_in: shown.grant !== "", can_test: shown.trial === "itself",
      fields: withSecrets(shown.values_schema, shown.secrets),
    })),
    list: async (wanted) => {
      const fitting = (await types()).filter((one) => one.fits.some((type) => wanted.includes(type))).map((one) => one.type);
      const page = await http.get<{ items: CredentialInfo[] }>("/credentials", { type: [...new Set([...wanted, ...fitting])].slice(0, 50), limit: MOST_CREDENTIALS });
      return page.items.map(info);
    },
    create: async (type, name, values) => info(await http.post<CredentialInfo>("/credentials", { type, name, values })),
    update: async (id, name, values) => {
      const { version } = await http.get<CredentialShown>(`/credentials/${id}`);
      return info(await http.patch<CredentialInfo>(`/credentials/${id}`, { version, name, values }));
    },
    load: async (id) => {
      const shown = await http.get<CredentialDetail>(`/credentials/${id}`);
      return { public: shown.public, secrets: shown.secrets };
    },
    test: async (type, values, id) => {
      const body = id === undefined ? { type, values } : { values };
      const trial = await http.post<{ is_good: boolean; message: string; mend: string }>(id === undefined ? "/credentials/test" : `/credentials/${id}/test`, body);
      return { ok: trial.is_good, message: [trial.message, trial.mend].filter((part) => part !== "").join(" ") };
    },
    signIn: async (id) => {
      const { url } = await http.post<{ url: string }>(`/credentials/${id}/connect`, {});
      const opened = window.open(url, "_blank", "popup,width=620,height=760");
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          if (opened !== null && !opened.closed) return;
          clearInterval(timer);
          resolve();
        }, 500);
      });
    },
  };
}

/** The form of a credential type; its secret fields say so. */
function withSecrets(schema: JsonObject, secrets: readonly string[]): CredentialTypeInfo["fields"] {
  const properties = Object.entries((schema.properties ?? {}) as JsonObject).map(([name, field]): [string, Json] => {
    const { ui, ...rest } = field as JsonObject;
    return [name, secrets.includes(name) ? { ...rest, ui: { ...((ui ?? {}) as JsonObject), secret: true } } : (field ?? null)];
  });
  return { ...schema, properties: Object.fromEntries(properties) } as unknown as CredentialTypeInfo["fields"];
}

function restExpressions(http: Http): ExpressionsClient {
  return {
    complete: async (place, text, cursor) =>
      (await http.post<{ items: Completion[] }>("/expressions/complete", { ...sampleOf(place), text, cursor })).items,
    preview: async (place, text) => {
      const item = place.item ?? 0;
      const { items } = await http.post<{ items: PreviewShown[] }>("/expressions/preview", { ...sampleOf(place), text, indices: [item] });
      const [found] = items;
      if (found === undefined) return { ok: false, message: "There is no item to try it on." };
      if (found.ok) return { ok: true, value: found.value, type: found.type };
      return { ok: false, message: found.message, mend: found.mend } satisfies Preview;
    },
  };
}

interface PreviewShown {
  readonly ok: boolean;
  readonly value: Json;
  readonly type: string;
  readonly message: string;
  readonly mend: string;
}

/** The data an expression is tried on: what the node got in the execution, else nothing. */
function sampleOf(place: ExpressionPlace): JsonObject {
  const names = toNodeNames(place.workflow);
  const sample = { language: place.language, node: names.get(place.node) ?? "" };
  if (place.execution === undefined) return { ...sample, ...pinnedSample(place.workflow, place.node) };
  const at = { execution: place.execution, node: place.node, run_index: place.run_index ?? 0, document: place.workflow };
  return { ...sample, place: at };
}
