/** Where the data before a node are found: its own inputs first, then those of earlier nodes. No React here. */
import type { RunsClient } from "../client/client";
import type { ExecutionView } from "../model/store";
import type { Edge, JsonObject, Node, Workflow } from "../model/types";
import { heldSource, runSource } from "../data";
import type { DataSource } from "../data";

export interface InputOption {
  readonly key: string;
  /** The node that sent the data, and by which port. */
  readonly node: Node;
  readonly port: string;
  /** The input port they arrive at; null for nodes further up. */
  readonly target: string | null;
}

const MOST = 60;

/** What can be looked at as the input of a node, the nearest first. */
export function inputOptions(workflow: Workflow, id: string): InputOption[] {
  const options: InputOption[] = [];
  const seen = new Set<string>([id]);
  let line = [id];
  while (line.length > 0 && options.length < MOST) {
    const next: string[] = [];
    for (const edge of workflow.edges.filter((one) => line.includes(one.target.node))) {
      const node = workflow.nodes[edge.source.node];
      if (node === undefined) continue;
      const isOwn = edge.target.node === id;
      if (isOwn) options.push(optionOf(edge, node, edge.target.port));
      else if (!seen.has(node.id)) options.push(optionOf(edge, node, null));
      if (!seen.has(node.id)) next.push(node.id);
      seen.add(node.id);
    }
    line = next;
  }
  return options;
}

function optionOf(edge: Edge, node: Node, target: string | null): InputOption {
  return { key: target === null ? `earlier ${node.id}` : edge.id, node, port: edge.source.port, target };
}

/** How many items an option has; null when it has not run. */
export function countOf(option: InputOption, execution: ExecutionView | null): number | null {
  const pinned = option.node.pin?.[option.port];
  return pinned?.length ?? execution?.nodes[option.node.id]?.items[option.port] ?? null;
}

/** Its items; null when there are none yet. `run` is the run of the node below, for nodes in the same loop. */
export function sourceOf(option: InputOption, execution: ExecutionView | null, runs: RunsClient | undefined, run: number): DataSource | null {
  const { node, port } = option;
  const pinned = node.pin?.[port];
  if (pinned !== undefined) return pinSource(pinned);
  const before = execution?.nodes[node.id];
  if (execution === null || before === undefined || runs === undefined) return null;
  // Of a run that goes on there are no data yet, but of those before.
  const done = before.state === "succeeded" ? before.runs : before.runs - 1;
  if (done <= 0) return null;
  const run_index = Math.min(run, done - 1);
  return runSource(runs, { execution: execution.id, node: node.id, run_index, side: "output", port }, `${before.state} ${before.run_index}`);
}

const pins = new WeakMap<readonly JsonObject[], string>();
let pinCount = 0;

/** Pinned items as a source; a pin that was changed is another list, and another source. */
export function pinSource(pinned: readonly JsonObject[]): DataSource {
  const key = pins.get(pinned) ?? `pin ${++pinCount}`;
  pins.set(pinned, key);
  return heldSource(pinned, key);
}

/** The nodes right before and right after one. */
export function neighbours(workflow: Workflow, id: string): { readonly before: readonly Node[]; readonly after: readonly Node[] } {
  const named = (ids: readonly string[]) => [...new Set(ids)].map((each) => workflow.nodes[each]).filter((node) => node !== undefined);
  return {
    before: named(workflow.edges.filter((edge) => edge.target.node === id).map((edge) => edge.source.node)),
    after: named(workflow.edges.filter((edge) => edge.source.node === id).map((edge) => edge.target.node)),
  };
}
