/** What the API shows, as far as the editor reads it, and how that becomes what the editor knows. */
import { isObject } from "../model/json";
import type { Attachment, ErrorInfo, ExecutionInfo, ExecutionState, Item, JsonObject, LiveEvent, NodeRunInfo, Problem } from "../model/types";
import type { VersionInfo } from "./client";

export interface ExecutionShown {
  readonly id: string;
  readonly state: ExecutionState;
  readonly mode: string;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly seconds: number | null;
  readonly error: ErrorInfo | null;
}

export interface NodeRunShown {
  readonly node: string;
  readonly index: number;
  readonly state: string;
  readonly attempt: number;
  readonly started: number;
  readonly ended: number | null;
  /** Items sent, by position of the output. */
  readonly items: readonly number[];
  readonly error: ErrorInfo | null;
  readonly logs: readonly { readonly at: number; readonly level: string; readonly text: string }[];
  readonly until: number | null;
  readonly reason?: string;
}

export interface WorkflowShown {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly published_version: number | null;
}

export interface WorkflowSaved {
  readonly workflow: WorkflowShown;
  readonly problems: readonly Problem[];
}

export interface VersionShown {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly note: string;
  readonly created_by: string | null;
  readonly created_at: string;
}

export interface Paged<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface DataShown {
  readonly kind: "items" | "table" | "object";
  readonly count: number;
  readonly start: number;
  readonly items: readonly JsonObject[];
  readonly columns: readonly (readonly [string, string])[];
  /** Of each item `[input, item]` or `[input, item, run]`; empty where that is not known. */
  readonly sources?: readonly (readonly (readonly number[])[])[];
}

/** An item as the API gives it; its attachments are named by the sum of their bytes. */
export function itemOf({ json, binary }: JsonObject, from?: readonly (readonly number[])[]): Item {
  const sources = from === undefined ? {} : { sources: from.map(([input = 0, item = 0, run]) => ({ input, item, ...(run === undefined ? {} : { run }) })) };
  if (!isObject(binary)) return { json: json ?? {}, ...sources };
  const attachments = Object.entries(binary).map(([name, given]): [string, Attachment] => {
    const { blob, mimeType, fileName, size } = isObject(given) ? given : {};
    return [name, {
      ref: typeof blob === "string" ? blob : "", mimeType: typeof mimeType === "string" ? mimeType : "application/octet-stream",
      ...(typeof fileName === "string" ? { fileName } : {}), ...(typeof size === "number" ? { fileSize: size } : {}),
    }];
  });
  return { json: json ?? {}, ...sources, binary: Object.fromEntries(attachments) };
}

export const secondsOf = (text: string): number => Date.parse(text) / 1000;

export function executionInfo(shown: ExecutionShown): ExecutionInfo {
  const { id, state, mode, seconds, error } = shown;
  return { id, state, mode, seconds, error, started_at: secondsOf(shown.started_at ?? shown.created_at) };
}

export function versionInfo(shown: VersionShown, published: number | null): VersionInfo {
  const { number, name, note } = shown;
  return { id: String(number), number, name, note, author: "", at: secondsOf(shown.created_at), is_published: number === published };
}

const RUN_STATES: Readonly<Record<string, NodeRunInfo["state"]>> = {
  succeeded: "succeeded", failed: "failed", suspended: "waiting", waiting: "waiting", retry_wait: "failed", skipped: "skipped", cancelled: "cancelled",
};

/** A node run; `ports` are the names of the node's outputs. */
export function nodeRunInfo(shown: NodeRunShown, ports: readonly string[]): NodeRunInfo {
  return {
    node: shown.node, run_index: shown.index, state: RUN_STATES[shown.state] ?? "running", attempt: shown.attempt,
    started_at: shown.started, seconds: shown.ended === null ? null : Math.max(0, shown.ended - shown.started),
    items: Object.fromEntries(shown.items.map((count, index) => [ports[index] ?? String(index), count])), error: shown.error, until: shown.until,
    ...(shown.reason === undefined || shown.reason === "" ? {} : { reason: shown.reason }),
  };
}

/** Events that bring a view of an execution to where it is, for listeners that missed some. */
export function eventsOf(execution: ExecutionInfo, runs: readonly NodeRunInfo[], workflow: string): readonly LiveEvent[] {
  const { id, started_at, state, seconds, error } = execution;
  const events: LiveEvent[] = [{ event: "execution.started", execution: id, at: started_at, workflow }];
  for (const run of runs) {
    const at = run.started_at ?? started_at;
    const place = { execution: id, node: run.node, run_index: run.run_index };
    events.push({ event: "node.started", ...place, at, attempt: run.attempt });
    const end = at + (run.seconds ?? 0);
    if (run.state === "succeeded") events.push({ event: "node.finished", ...place, at: end, seconds: run.seconds ?? 0, items: run.items, error: run.error ?? null });
    if (run.state === "failed" && run.error) events.push({ event: "node.failed", ...place, at: end, attempt: run.attempt, error: run.error });
    if (run.state === "waiting") events.push({ event: "node.waiting", ...place, at: end, until: run.until ?? null, reason: run.reason ?? "" });
  }
  const isOver = state === "succeeded" || state === "failed" || state === "cancelled" || state === "timed_out";
  if (isOver) events.push({ event: "execution.finished", execution: id, at: started_at + (seconds ?? 0), state, seconds: seconds ?? 0, error: error ?? null });
  return events;
}
