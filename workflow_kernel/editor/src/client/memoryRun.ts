/** Plays an execution for the memory client: every node passes on made-up items after a moment, branch by branch. */
import { edgesBy, reach } from "../model/topology";
import type { LiveEvent, Node, Workflow } from "../model/types";
import type { RunRequest } from "./client";

export interface Play {
  readonly id: string;
  readonly workflow: Workflow;
  readonly request: RunRequest;
  readonly pace: number;
  readonly isTrigger: (type: string) => boolean;
  readonly send: (events: readonly LiveEvent[]) => void;
}

/** Begins at once; gives what stops it. */
export function playRun(play: Play): () => void {
  const { id, workflow, request, pace, send } = play;
  const began = Date.now() / 1000;
  const at = (): number => Date.now() / 1000;
  let isStopped = false;
  let isFailed = false;
  let open = 0;
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const after = (delay: number, call: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!isStopped) call();
    }, delay);
    timers.add(timer);
  };

  const wanted = request.to === undefined ? null : new Set([request.to, ...reach(workflow.edges, [request.to], "up")]);
  const from = edgesBy(workflow.edges, "source");
  const into = edgesBy(workflow.edges, "target");
  const arrived = new Map<string, number>();
  const done = new Set<string>();

  const finish = (state: "succeeded" | "failed" | "cancelled"): void => {
    isStopped = true;
    for (const timer of timers) clearTimeout(timer);
    send([{ event: "execution.finished", execution: id, at: at(), state, seconds: at() - began }]);
  };
  const settle = (): void => {
    open -= 1;
    if (open === 0 && !isStopped) finish(isFailed ? "failed" : "succeeded");
  };
  const begin = (node: Node): void => {
    if (done.has(node.id) || (wanted !== null && !wanted.has(node.id))) return;
    done.add(node.id);
    open += 1;
    send([{ event: "node.started", execution: id, at: at(), node: node.id, run_index: 0, attempt: 1 }]);
    after(pace * (0.6 + (node.name.length % 5) * 0.25), () => end(node));
  };
  const end = (node: Node): void => {
    if (node.parameters.fail === true) {
      isFailed = true;
      const error = { message: "The server answered 503.", mend: "Try again later or set a retry.", code: "WF340", item: 2 };
      send([{ event: "node.failed", execution: id, at: at(), node: node.id, run_index: 0, attempt: 1, error }]);
      settle();
      return;
    }
    const edges = from.get(node.id) ?? [];
    const ports = [...new Set(["main", ...edges.map((edge) => edge.source.port)])];
    const items = Object.fromEntries(ports.map((port, index) => [port, Math.max(1, 24 - index * 9 - node.name.length)]));
    send([{ event: "node.finished", execution: id, at: at(), node: node.id, run_index: 0, seconds: pace / 1000, items }]);
    for (const edge of edges) {
      const count = (arrived.get(edge.target.node) ?? 0) + 1;
      arrived.set(edge.target.node, count);
      const target = workflow.nodes[edge.target.node];
      // What comes back to a node by a loop is not waited for.
      const awaited = (into.get(edge.target.node) ?? []).filter((one) => !reach(workflow.edges, [edge.target.node]).has(one.source.node));
      if (target !== undefined && count >= awaited.length) begin(target);
    }
    settle();
  };

  after(0, () => {
    send([{ event: "execution.started", execution: id, at: began, workflow: workflow.id }]);
    const nodes = Object.values(workflow.nodes);
    const starts = nodes.filter((node) => (request.from === undefined ? !into.has(node.id) : node.id === request.from));
    const triggers = starts.filter((node) => play.isTrigger(node.type) && !node.disabled);
    open += 1;
    for (const node of triggers.length > 0 ? triggers.slice(0, 1) : starts) begin(node);
    settle();
  });
  return () => {
    if (!isStopped) finish("cancelled");
  };
}
