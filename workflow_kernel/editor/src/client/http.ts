/** Requests to the API of a service, from a page of the same origin. Errors become `HostError`. */
import { isObject } from "../model/json";
import type { Json, Problem } from "../model/types";
import { HostError } from "./client";

export interface RestOptions {
  /** Where the service is mounted, without a slash at the end: its API is below `/api` of it. */
  readonly url: string;
  /** Names of cookies whose value goes back in a header, against forged requests: cookie name to header. */
  readonly proofs?: Readonly<Record<string, string>>;
  /** Jupyter's token, where there is one and its cookie may not be; cookies do otherwise. */
  readonly token?: string;
}

/** The services's own proof, and the one of Jupyter. */
export const PROOFS: Readonly<Record<string, string>> = { workflow_csrf: "X-Csrf-Token", _xsrf: "X-XSRFToken" };

const STARTING = 503;
const TRIES = 6;

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** Asks a service, whatever way leads there. */
export interface Requests {
  get<T>(path: string, query?: Query): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  patch<T>(path: string, body: object): Promise<T>;
  delete(path: string): Promise<void>;
}

export class Http implements Requests {
  constructor(readonly options: RestOptions) {}

  private get token(): string {
    return this.options.token ?? "";
  }

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.send<T>("GET", path + queryOf(query));
  }

  post<T>(path: string, body: object): Promise<T> {
    return this.send<T>("POST", path, body);
  }

  /** Send bytes as they are. */
  put<T>(path: string, query: Query, body: Blob): Promise<T> {
    return this.send<T>("PUT", path + queryOf(query), body);
  }

  patch<T>(path: string, body: object): Promise<T> {
    return this.send<T>("PATCH", path, body);
  }

  delete(path: string): Promise<void> {
    return this.send("DELETE", path);
  }

  /** Address of the websocket of live events. */
  liveUrl(): string {
    const url = new URL(`${this.options.url}/api/ws`, window.location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (this.token !== "") url.searchParams.set("token", this.token);
    return url.href;
  }

  private async send<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await this.answer(method, `${this.options.url}/api${path}`, body);
    if (!response.ok) throw await errorOf(response);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  /** The answer; a service that is just starting or has too much to do is asked again. */
  private async answer(method: string, url: string, body?: object): Promise<Response> {
    for (let count = 1; ; count += 1) {
      const response = await this.once(method, url, body);
      const wait = Number(response.headers.get("Retry-After"));
      const isWorth = response.status === STARTING || (response.status === 429 && method === "GET");
      if (!isWorth || !(wait > 0) || count === TRIES) return response;
      await new Promise((resolve) => { setTimeout(resolve, Math.min(wait, 5) * 1000); });
    }
  }

  private async once(method: string, url: string, body?: object): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    const isRaw = body instanceof Blob;
    if (body !== undefined) headers["Content-Type"] = isRaw ? "application/octet-stream" : "application/json";
    if (this.token !== "") headers.Authorization = `token ${this.token}`;
    for (const [cookie, header] of Object.entries(this.options.proofs ?? PROOFS)) {
      const value = cookieOf(cookie);
      if (value !== null && method !== "GET") headers[header] = value;
    }
    try {
      return await fetch(url, { method, headers, credentials: "same-origin", ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }) });
    } catch {
      throw new HostError("The service cannot be reached.", "WF000", "Check that it runs, and your network.");
    }
  }
}

function queryOf(query: Query): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value]) {
      if (one !== undefined) search.append(key, String(one));
    }
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

function cookieOf(name: string): string | null {
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`));
  return found === undefined ? null : decodeURIComponent(found.slice(name.length + 1));
}

async function errorOf(response: Response): Promise<HostError> {
  return errorIn((await response.json().catch(() => null)) as Json, response.status);
}

/** What a service says of a request it refused. */
export function errorIn(body: Json, status: number): HostError {
  if (!isObject(body)) return new HostError(`The service answered ${String(status)}.`);
  const text = (key: string): string => (typeof body[key] === "string" ? body[key] : "");
  const problems = Array.isArray(body.problems) ? (body.problems as unknown as readonly Problem[]) : [];
  const message = text("detail") || text("message") || text("title") || `The service answered ${String(status)}.`;
  return new HostError(message, text("code") || "WF000", text("mend"), problems, body.details ?? null);
}
