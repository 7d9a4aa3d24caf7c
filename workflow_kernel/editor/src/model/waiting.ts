/** What runs and nodes wait for: a call from outside, somebody, a moment, a place to run in. */
import type { ExecutionView, NodeRunView, RunOptions } from "./store";
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

/** Whether a node waits for a call of its address. */
export const asksForCall = (node: Node): boolean => node.type === "flow.wait" && node.parameters.resume === "call";

/** Whether a node waits for somebody on a page of its own. */
export const asksForPerson = (node: Node): boolean => node.type === "flow.approval" || (node.type === "flow.wait" && node.parameters.resume === "form");

/** Why a node waits: for a place to run in as the backend tells it, for somebody, for a moment. */
export function waitWords(node: Node, { message, retry_at }: Pick<NodeRunView, "message" | "retry_at">): string {
  if (message !== "") return `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
  const until = retry_at === null ? "" : `until ${moment(retry_at)}`;
  if (node.type === "flow.approval") return `Waiting for a decision${until === "" ? "" : `, ${until}`}`;
  if (asksForPerson(node)) return `Waiting for its form${until === "" ? "" : `, ${until}`}`;
  if (asksForCall(node)) return `Waiting for a call${until === "" ? "" : `, ${until}`}`;
  return until === "" ? "Waiting to be resumed" : `Waiting ${until}`;
}

function moment(at: number): string {
  const date = new Date(at * 1000);
  return date.toDateString() === new Date().toDateString() ? date.toLocaleTimeString() : date.toLocaleString();
}
