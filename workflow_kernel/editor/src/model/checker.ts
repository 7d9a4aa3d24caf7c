/** Keeps the list of problems fresh: the host is asked a moment after the last edit. */
import type { HostClient } from "../client/client";
import { toFlow } from "./flow";
import { Observable } from "./observable";
import type { Problem, Workflow } from "./types";

const PAUSE = 500;

export class Checker {
  readonly problems = new Observable<readonly Problem[]>([]);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private turn = 0;

  constructor(private readonly client: Pick<HostClient, "validate">) {}

  changed(workflow: Workflow): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.check(workflow), PAUSE);
  }

  destroy(): void {
    clearTimeout(this.timer);
    this.turn += 1;
  }

  private async check(workflow: Workflow): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    try {
      const problems = await this.client.validate(toFlow(workflow));
      // An answer that comes after a later question is out of date.
      if (turn === this.turn) this.problems.set(problems);
    } catch {
      // The host is away for now; what was known stays until the next edit.
    }
  }
}

/** Problems by node name. */
export function problemsByNode(problems: readonly Problem[]): ReadonlyMap<string, readonly Problem[]> {
  const found = new Map<string, Problem[]>();
  for (const problem of problems) {
    if (problem.node === "") continue;
    const list = found.get(problem.node);
    if (list === undefined) found.set(problem.node, [problem]);
    else list.push(problem);
  }
  return found;
}
