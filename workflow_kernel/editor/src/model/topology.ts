/** Questions about the shape of a workflow: what follows what, what is stale; see `graph/topology.py`, `runs/stale.py`. */
import { isEqual } from "./json";
import type { Edge, Node, Workflow } from "./types";

/** Edges by the node they begin at (or end at). */
export function edgesBy(edges: readonly Edge[], side: "source" | "target"): ReadonlyMap<string, readonly Edge[]> {
  const found = new Map<string, Edge[]>();
  for (const edge of edges) {
    const id = edge[side].node;
    const list = found.get(id);
    if (list === undefined) found.set(id, [edge]);
    else list.push(edge);
  }
  return found;
}

/** All nodes that edges lead to from some nodes (or lead from, going up); the nodes themselves only on a cycle. */
export function reach(edges: readonly Edge[], from: Iterable<string>, way: "down" | "up" = "down"): ReadonlySet<string> {
  const [near, far] = way === "down" ? (["source", "target"] as const) : (["target", "source"] as const);
  const following = edgesBy(edges, near);
  const found = new Set<string>();
  const line = [...from];
  for (let id = line.pop(); id !== undefined; id = line.pop()) {
    for (const edge of following.get(id) ?? []) {
      const next = edge[far].node;
      if (found.has(next)) continue;
      found.add(next);
      line.push(next);
    }
  }
  return found;
}

const ESSENCE = [
  "name", "type", "version", "parameters", "on_error", "disabled", "always_output", "execute_once", "credentials", "pin",
] as const;

function isSameNode(before: Node | undefined, now: Node): boolean {
  return before !== undefined && (before === now || ESSENCE.every((field) => isEqual(before[field], now[field])));
}

/** Ids of the nodes of `now` whose results of a run of `before` no longer hold. */
export function staleNodes(before: Workflow, now: Workflow): ReadonlySet<string> {
  const nodes = Object.values(now.nodes);
  if (!isEqual(before.settings, now.settings)) return new Set(nodes.map((node) => node.id));
  const wires = (workflow: Workflow): ReadonlyMap<string, string> => {
    const into = edgesBy(workflow.edges, "target");
    return new Map([...into].map(([id, edges]) => [id, edges.map((edge) => edge.id).sort().join("\n")]));
  };
  const [wiresBefore, wiresNow] = [wires(before), wires(now)];
  const changed = nodes
    .filter((node) => !isSameNode(before.nodes[node.id], node) || wiresBefore.get(node.id) !== wiresNow.get(node.id))
    .map((node) => node.id);
  return new Set([...changed, ...reach(now.edges, changed)]);
}
