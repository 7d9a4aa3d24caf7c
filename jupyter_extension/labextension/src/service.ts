/** Where the service is, and what is asked of it beside the editor. */
import { PageConfig, URLExt } from "@jupyterlab/coreutils";
import { ServerConnection } from "@jupyterlab/services";

export interface Connection {
  /** Path below which the service is mounted. */
  readonly url: string;
  readonly token: string;
}

export function connection(): Connection {
  const { token } = ServerConnection.makeSettings();
  const base = new URL(PageConfig.getBaseUrl(), window.location.href).pathname;
  return { url: URLExt.join(base, "workflow"), token };
}

/** Let the service start, if it has not: it takes a moment, which nobody has to wait for then. */
export async function wake(): Promise<void> {
  const settings = ServerConnection.makeSettings();
  await ServerConnection.makeRequest(URLExt.join(settings.baseUrl, "workflow", "health", "ready"), {}, settings).catch(() => undefined);
}

export type FileKind = "flow" | "python" | "svg";

/** A document as another kind of file. */
export async function exported(document: unknown, kind: FileKind): Promise<string> {
  const settings = ServerConnection.makeSettings();
  const url = URLExt.join(settings.baseUrl, "workflow", "files", "export");
  const response = await ServerConnection.makeRequest(url, { method: "POST", body: JSON.stringify({ document, kind }) }, settings);
  const text = await response.text();
  if (!response.ok) throw new Error(reasonIn(text));
  return text;
}

/** A question about a notebook, which the Jupyter server answers itself; gives the text of the answer. */
export async function postText(what: "cells" | "notebook", body: unknown): Promise<string> {
  const settings = ServerConnection.makeSettings();
  const url = URLExt.join(settings.baseUrl, "workflow", "files", what);
  const response = await ServerConnection.makeRequest(url, { method: "POST", body: JSON.stringify(body) }, settings);
  const text = await response.text();
  if (!response.ok) throw new Error(reasonIn(text));
  return text;
}

export async function post<T>(what: "cells" | "notebook", body: unknown): Promise<T> {
  return JSON.parse(await postText(what, body)) as T;
}

function reasonIn(text: string): string {
  try {
    const { detail, mend, message } = JSON.parse(text) as Record<string, string | undefined>;
    return [detail ?? message ?? text, mend ?? ""].filter((part) => part !== "").join(" ");
  } catch {
    return text;
  }
}

/** A request to the service's API. */
export async function ask<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
  const settings = ServerConnection.makeSettings();
  // Else Jupyter adds the time to the address, which the API takes for a field it does not know.
  const init = { method, cache: "no-cache" as const, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }) };
  const response = await ServerConnection.makeRequest(URLExt.join(settings.baseUrl, "workflow", "api") + path, init, settings);
  const text = await response.text();
  if (!response.ok) throw staleIn(text) ?? new ServerConnection.ResponseError(response, reasonIn(text));
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** A save that came too late, and how the service would bring both edits together. */
export class StaleError extends Error {
  constructor(
    message: string,
    readonly document: unknown,
    readonly conflicts: readonly string[],
    readonly version: number,
  ) {
    super(message);
  }
}

interface Stale {
  readonly code?: string;
  readonly details?: { readonly merge: { readonly document: unknown; readonly conflicts: readonly string[] }; readonly theirs: { readonly version: number } };
}

function staleIn(text: string): StaleError | null {
  try {
    const { code, details } = JSON.parse(text) as Stale;
    if (code !== "WF761" || details === undefined) return null;
    return new StaleError(reasonIn(text), details.merge.document, details.merge.conflicts, details.theirs.version);
  } catch {
    return null;
  }
}

export interface WorkflowShown {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly published_version: number | null;
  readonly is_active: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface ExecutionShown {
  readonly id: string;
  readonly workflow: string | null;
  readonly mode: string;
  readonly state: string;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly seconds: number | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
