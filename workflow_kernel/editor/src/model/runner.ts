/** Starts executions of the draft and follows them: live events of one frame become one new view. */
import { HostError } from "../client/client";
import type { ExecutionDetail, RunsClient } from "../client/client";
import { fromFlow, toFlow } from "./flow";
import { Observable } from "./observable";
import type { Unsubscribe } from "./observable";
import { begun, isOver, pastView, pastViewAt, reduce } from "./runs";
import type { ExecutionView, NodeRunView, RunOptions } from "./store";
import { reach, staleNodes } from "./topology";
import type { LiveEvent, Workflow } from "./types";

/** Calls a function with the next picture, or soon where pictures are not drawn (a hidden page). */
function soon(call: () => void): void {
  if (typeof requestAnimationFrame === "function" && document.visibilityState === "visible") requestAnimationFrame(call);
  else setTimeout(call, 50);
}

export class Runner {
  readonly execution = new Observable<ExecutionView | null>(null);
  private live: ExecutionView | null = null;
  private leave: Unsubscribe = () => undefined;
  private events: LiveEvent[] = [];
  private isWaiting = false;

  constructor(private readonly client: RunsClient) {}

  get isBusy(): boolean {
    const view = this.execution.get();
    return view !== null && !view.is_past && !isOver(view);
  }

  async start(draft: Workflow, options: RunOptions): Promise<void> {
    const last = this.live;
    const kept = this.keptResults(draft, options);
    const ran = last?.workflow ?? null;
    const stale = ran === null ? [] : [...staleNodes(ran, draft)];
    const reuse = options.to !== undefined && last !== null ? { reuse: last.id, stale } : {};
    const { to, from, payload } = options;
    const id = await this.client.start({
      workflow: toFlow(draft), ...reuse, ...(to === undefined ? {} : { to }), ...(from === undefined ? {} : { from }), ...(payload === undefined ? {} : { payload }),
    });
    this.follow({ ...begun(id, draft, Date.now() / 1000), nodes: kept });
  }

  /** Show an execution somebody else started, live. */
  watch(id: string, workflow: Workflow): void {
    if (this.live?.id !== id) this.follow(begun(id, workflow, Date.now() / 1000));
  }

  /** Follow an execution that goes on, from where it is. */
  join(detail: ExecutionDetail): void {
    this.follow({ ...pastView(detail), is_past: false });
  }

  async stop(): Promise<void> {
    const view = this.live;
    if (view !== null && !isOver(view)) await this.client.stop(view.id);
  }

  /** Show a past execution in place of the live one; null goes back. */
  showPast(detail: ExecutionDetail | null, after?: number): void {
    this.execution.set(detail === null ? this.live : pastViewAt(detail, after ?? detail.runs.length));
  }

  /** Take a past execution's results over as those of the draft. */
  adopt(detail: ExecutionDetail): void {
    this.leave();
    this.live = { ...pastViewAt(detail, detail.runs.length), is_past: false, workflow: fromFlow(detail.workflow) };
    this.execution.set(this.live);
  }

  destroy(): void {
    this.leave();
  }

  /** Results of the last execution that a run up to a node takes over. */
  private keptResults(draft: Workflow, options: RunOptions): Record<string, NodeRunView> {
    const ran = this.live?.workflow ?? null;
    if (options.to === undefined || this.live === null || ran === null) return {};
    const stale = staleNodes(ran, draft);
    const before = reach(draft.edges, [options.to], "up");
    const entries = Object.entries(this.live.nodes);
    return Object.fromEntries(entries.filter(([id, run]) => before.has(id) && !stale.has(id) && run.state === "succeeded" && id !== options.to));
  }

  private follow(view: ExecutionView): void {
    this.leave();
    this.events = [];
    this.live = view;
    this.execution.set(view);
    this.leave = this.client.subscribe(view.id, (events) => {
      this.events.push(...events);
      if (this.isWaiting) return;
      this.isWaiting = true;
      soon(() => this.take());
    });
  }

  private take(): void {
    this.isWaiting = false;
    if (this.live === null) return;
    const isShown = this.execution.get() === this.live;
    this.live = reduce(this.live, this.events.splice(0));
    if (isShown) this.execution.set(this.live);
  }
}

/** What to tell a person about a failed call. */
export function reasonOf(error: unknown): { readonly text: string; readonly mend: string } {
  if (error instanceof HostError) return { text: error.message, mend: error.mend };
  return { text: error instanceof Error && error.message !== "" ? error.message : "Something went wrong.", mend: "" };
}
