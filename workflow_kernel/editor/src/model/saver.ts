/** Keeps the draft at the host: a moment after the last edit, or at once when asked. */
import type { HostClient } from "../client/client";
import { toFlow } from "./flow";
import { Observable } from "./observable";
import type { SaveState } from "./store";
import type { Workflow } from "./types";

const PAUSE = 1500;
/** After a failure it is tried again, ever more rarely. */
const [FIRST_RETRY, LAST_RETRY] = [5_000, 60_000];

export class Saver {
  readonly state: Observable<SaveState>;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isBusy = false;
  private retry = FIRST_RETRY;
  private isOver = false;

  constructor(
    private readonly client: Pick<HostClient, "save">,
    private readonly current: () => Workflow,
    private readonly onFail: (error: unknown) => void,
  ) {
    this.state = new Observable<SaveState>(client.save === undefined ? "shared" : "saved");
  }

  changed(): void {
    if (this.client.save === undefined) return;
    if (!this.isBusy) this.state.set("dirty");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), PAUSE);
  }

  async save(): Promise<void> {
    clearTimeout(this.timer);
    if (this.client.save === undefined || this.isBusy) return;
    this.isBusy = true;
    this.state.set("saving");
    const workflow = this.current();
    try {
      await this.client.save(toFlow(workflow));
      this.retry = FIRST_RETRY;
      const isCurrent = this.current() === workflow;
      this.state.set(isCurrent ? "saved" : "dirty");
      if (!isCurrent) this.timer = setTimeout(() => void this.save(), PAUSE);
    } catch (error) {
      // Told once, not with every try.
      if (this.retry === FIRST_RETRY) this.onFail(error);
      this.state.set("failed");
      if (!this.isOver) this.timer = setTimeout(() => void this.save(), this.retry);
      this.retry = Math.min(this.retry * 2, LAST_RETRY);
    } finally {
      this.isBusy = false;
    }
  }

  destroy(): void {
    this.isOver = true;
    const isUnsaved = this.state.get() === "dirty" || this.state.get() === "failed";
    clearTimeout(this.timer);
    if (isUnsaved) void this.save();
  }
}
