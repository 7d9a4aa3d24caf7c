/** Which runs begin with a call from outside: those of a webhook or a form that has nothing to begin with yet. */
import type { ExecutionView, RunOptions } from "./store";
import { reach } from "./topology";
import type { Node, Workflow } from "./types";

const CALLED: ReadonlySet<string> = new Set(["flow.webhook", "flow.form"]);

export const isCalled = (node: Node): boolean => CALLED.has(node.type);

/** The trigger whose call a run has to wait for; null where it can begin at once. */
export function triggerToCall(
  draft: Workflow, { from, to, payload }: RunOptions, isTrigger: (node: Node) => boolean, last: ExecutionView | null, stale: ReadonlySet<string>,
): Node | null {
  if (payload !== undefined) return null;
  const before = to === undefined ? null : new Set([to, ...reach(draft.edges, [to], "up")]);
  const triggers = Object.values(draft.nodes).filter((node) => !node.disabled && isTrigger(node) && (before === null || before.has(node.id)));
  const first = from === undefined ? triggers[0] : draft.nodes[from];
  if (first === undefined || !isCalled(first) || first.pin !== null) return null;
  // With a result that still holds, or another trigger that can begin, a node is run without a call.
  const hasResult = (node: Node): boolean => last !== null && !last.is_past && last.nodes[node.id]?.state === "succeeded" && !stale.has(node.id);
  if (to !== undefined && to !== first.id && triggers.some((node) => !isCalled(node) || node.pin !== null || hasResult(node))) return null;
  return first;
}
