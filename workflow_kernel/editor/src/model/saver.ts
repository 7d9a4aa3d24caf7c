/** Keeps the draft at the host: a moment after the last edit, or at once when asked. */
import type { HostClient } from "../client/client";
import { toFlow } from "./flow";
import { Observable } from "./observable";
import type { SaveState } from "./store";
import type { Workflow } from "./types";

const PAUSE = 1500;

export class Saver {
  readonly state: Observable<SaveState>;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isBusy = false;

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
      const isCurrent = this.current() === workflow;
      this.state.set(isCurrent ? "saved" : "dirty");
      if (!isCurrent) this.timer = setTimeout(() => void this.save(), PAUSE);
    } catch (error) {
      this.state.set("failed");
      this.onFail(error);
    } finally {
      this.isBusy = false;
    }
  }

  destroy(): void {
    clearTimeout(this.timer);
    if (this.state.get() === "dirty") void this.save();
  }
}
