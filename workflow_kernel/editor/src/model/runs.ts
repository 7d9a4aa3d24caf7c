/** What the canvas shows of an execution, made from live events. Pure: events of one frame are taken in one go. */
import type { ExecutionDetail } from "../client/client";
import { fromFlow } from "./flow";
import type { ExecutionView, NodeRunView } from "./store";
import type { ExecutionState, LiveEvent, NodeRunInfo, Workflow } from "./types";

export const IDLE: NodeRunView = {
  state: "idle", runs: 0, run_index: 0, attempt: 1, started_at: null, seconds: null, items: {}, progress: null, message: "",
  error: null, retry_at: null,
};

const OVER: ReadonlySet<ExecutionState> = new Set(["succeeded", "failed", "cancelled", "timed_out"]);

export function isOver(view: ExecutionView): boolean {
  return OVER.has(view.state);
}

/** An execution that was just started with a workflow. */
export function begun(id: string, workflow: Workflow, at: number): ExecutionView {
  return { id, state: "queued", started_at: at, seconds: null, error: null, nodes: {}, workflow, is_past: false };
}

/** A past execution as it was at the end. */
export function pastView(detail: ExecutionDetail): ExecutionView {
  const { info } = detail;
  const nodes: Record<string, NodeRunView> = {};
  for (const run of detail.runs) nodes[run.node] = afterRun(nodes[run.node] ?? IDLE, run);
  return {
    id: info.id, state: info.state, started_at: info.started_at, seconds: info.seconds,
    error: detail.error ?? info.error ?? null, nodes, workflow: fromFlow(detail.workflow), is_past: true,
  };
}

/** A past execution as it was after the first `count` node runs. */
export function pastViewAt(detail: ExecutionDetail, count: number): ExecutionView {
  const view = pastView({ ...detail, runs: detail.runs.slice(0, count) });
  return count >= detail.runs.length ? view : { ...view, state: "running", error: null };
}

function afterRun(before: NodeRunView, run: NodeRunInfo): NodeRunView {
  return {
    ...IDLE, state: run.state, runs: before.runs + 1, run_index: run.run_index, attempt: run.attempt,
    started_at: run.started_at, seconds: run.seconds, items: run.items, error: run.error ?? null, retry_at: run.until ?? null,
    message: run.reason ?? "",
  };
}

/** The view after some events; events of other executions are passed over. */
export function reduce(view: ExecutionView, events: readonly LiveEvent[]): ExecutionView {
  const own = events.filter((event) => event.execution === view.id);
  if (own.length === 0) return view;
  const nodes: Record<string, NodeRunView> = { ...view.nodes };
  let { state, started_at, seconds, error } = view;
  for (const event of own) {
    if (event.event === "execution.started") {
      if (!OVER.has(state)) state = "running";
      started_at = event.at;
    } else if (event.event === "execution.finished") {
      ({ state, seconds } = event);
      error = event.error ?? null;
      for (const [id, node] of Object.entries(nodes)) nodes[id] = ended(node, state);
    } else if (!OVER.has(state)) {
      state = state === "queued" ? "running" : state;
      nodes[event.node] = afterEvent(nodes[event.node] ?? IDLE, event);
    }
  }
  return { ...view, nodes, state, started_at, seconds, error };
}

/** What had not ended when the execution did was cancelled with it. */
function ended(node: NodeRunView, state: ExecutionState): NodeRunView {
  const isOpen = node.state === "running" || node.state === "queued" || node.state === "retrying" || node.state === "waiting";
  if (!isOpen || state === "suspended") return node;
  return { ...node, state: "cancelled", progress: null, message: "", retry_at: null };
}

type NodeEvent = Exclude<LiveEvent, { event: "execution.started" | "execution.finished" }>;

function afterEvent(node: NodeRunView, event: NodeEvent): NodeRunView {
  const runs = Math.max(node.runs, event.run_index + 1);
  const common = { runs, run_index: event.run_index, progress: null, message: "", retry_at: null };
  switch (event.event) {
    case "node.started":
      return { ...node, ...common, state: "running", attempt: event.attempt, started_at: event.at, seconds: null, error: null };
    case "node.finished":
      return {
        ...node, ...common, state: "succeeded", seconds: event.seconds, items: event.items, error: event.error ?? null,
      };
    case "node.failed": {
      const retryAt = event.retry_at ?? null;
      return {
        ...node, ...common, state: retryAt === null ? "failed" : "retrying", attempt: event.attempt, error: event.error,
        retry_at: retryAt, seconds: node.started_at === null ? null : Math.max(0, event.at - node.started_at),
      };
    }
    case "node.waiting":
      return { ...node, ...common, state: "waiting", message: event.reason ?? "", retry_at: event.until };
    case "node.progress":
      return { ...node, state: "running", progress: event.fraction, message: event.message ?? "" };
  }
}

/** What to tell when the execution that is followed has just failed. */
export function failureOf(before: ExecutionView | null, now: ExecutionView | null): { readonly text: string; readonly mend: string; readonly node?: string } | null {
  if (now === null || now.is_past || before?.id !== now.id || isOver(before) || (now.state !== "failed" && now.state !== "timed_out")) return null;
  const failed = Object.entries(now.nodes).find(([, run]) => run.state === "failed");
  const error = failed?.[1].error ?? now.error;
  const reason = error?.message ?? (now.state === "timed_out" ? "It took too long." : "");
  const name = failed === undefined ? undefined : now.workflow?.nodes[failed[0]]?.name;
  const text = `${name === undefined ? "The run failed" : `‘${name}’ failed`}${reason === "" ? "." : `: ${reason}`}`;
  return { text, mend: error?.mend ?? "", ...(failed === undefined ? {} : { node: failed[0] }) };
}

/** An execution that is over, in words. */
export function endingOf(view: ExecutionView): string {
  const count = Object.values(view.nodes).filter((run) => run.state === "succeeded").length;
  return view.state === "succeeded" ? `The run succeeded: ${count} nodes.` : `The run ${view.state === "timed_out" ? "took too long" : view.state}.`;
}

/** Why a node that has part of its input has not begun, by node id: "Waiting for input 2". */
export function waitingFor(view: ExecutionView, workflow: Workflow, titleOf: (node: string, port: string) => string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (isOver(view)) return found;
  const inputs = new Map<string, { readonly open: Set<string>; hasData: boolean }>();
  for (const edge of workflow.edges) {
    const target = view.nodes[edge.target.node];
    if (target !== undefined && target.state !== "idle") continue;
    const source = view.nodes[edge.source.node];
    const entry = inputs.get(edge.target.node) ?? { open: new Set<string>(), hasData: false };
    inputs.set(edge.target.node, entry);
    if (source?.state === "succeeded") entry.hasData ||= (source.items[edge.source.port] ?? 0) > 0;
    else entry.open.add(edge.target.port);
  }
  for (const [node, { open, hasData }] of inputs) {
    const [port] = open;
    if (hasData && port !== undefined) found.set(node, `Waiting for ${titleOf(node, port)}`);
  }
  return found;
}
