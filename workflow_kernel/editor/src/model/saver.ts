/**
 * Keeps the draft at the host: a moment after the last edit, or at once when asked. What others save meanwhile is brought
 * in: at once where nothing is unsaved here, else with the next save, which the host brings together with theirs.
 */
import type { Arrived, HostClient } from "../client/client";
import { toFlow } from "./flow";
import { Observable } from "./observable";
import type { Unsubscribe } from "./observable";
import type { SaveState } from "./store";
import type { Workflow } from "./types";

const PAUSE = 1500;
/** After a failure it is tried again, ever more rarely. */
const [FIRST_RETRY, LAST_RETRY] = [5_000, 60_000];

export interface SaverParts {
  readonly current: () => Workflow;
  readonly onFail: (error: unknown) => void;
  /** Show a document others had a part in; `isMerged` where there were edits of both sides. */
  readonly onArrived: (arrived: Arrived, isMerged: boolean) => void;
}

export class Saver {
  readonly state: Observable<SaveState>;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isBusy = false;
  private isBehind = false;
  private retry = FIRST_RETRY;
  private leave: Unsubscribe = () => undefined;

  constructor(private readonly client: Pick<HostClient, "save" | "others">, private readonly parts: SaverParts) {
    this.state = new Observable<SaveState>(client.save === undefined ? "shared" : "saved");
    if (client.others !== undefined) this.leave = client.others.watch(() => void this.catchUp());
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
    const workflow = this.parts.current();
    try {
      const { merged } = await this.client.save(toFlow(workflow));
      this.retry = FIRST_RETRY;
      const isCurrent = this.parts.current() === workflow;
      // Where there are newer edits here, the next save brings them together with the same version of the others.
      if (isCurrent && merged !== undefined) this.show(merged, true);
      this.state.set(isCurrent ? "saved" : "dirty");
      if (!isCurrent) this.timer = setTimeout(() => void this.save(), PAUSE);
    } catch (error) {
      // Told once, not with every try.
      if (this.retry === FIRST_RETRY) this.parts.onFail(error);
      this.state.set("failed");
      this.timer = setTimeout(() => void this.save(), this.retry);
      this.retry = Math.min(this.retry * 2, LAST_RETRY);
    } finally {
      this.isBusy = false;
      if (this.isBehind) void this.catchUp();
    }
  }

  destroy(): void {
    const isUnsaved = this.state.get() === "dirty" || this.state.get() === "failed";
    this.leave();
    clearTimeout(this.timer);
    if (isUnsaved) void this.save();
  }

  /** Others saved: show it, or save now where there are edits here. */
  private async catchUp(): Promise<void> {
    this.isBehind = this.isBusy;
    if (this.isBusy || this.client.others === undefined) return;
    const workflow = this.parts.current();
    if (this.state.get() === "saved") {
      const arrived = await this.client.others.newest().catch(() => null);
      if (arrived === null) return;
      const isUntouched = this.parts.current() === workflow && this.state.get() === "saved";
      if (isUntouched) this.show(arrived, false);
      if (isUntouched) return;
    }
    await this.save();
  }

  private show(arrived: Arrived, isMerged: boolean): void {
    arrived.accept();
    this.parts.onArrived(arrived, isMerged);
  }
}
