/** Puts what a kernel shows into a cell that did not ask for it. */
import type { ICodeCellModel } from "@jupyterlab/cells";
import type { IOutput } from "@jupyterlab/nbformat";
import { KernelMessage } from "@jupyterlab/services";

export class OutputPlace {
  /** Where the displays stand that may be shown anew, by their ids. */
  private readonly displays = new Map<string, number[]>();

  constructor(readonly model: ICodeCellModel) {}

  begin(): void {
    this.displays.clear();
    this.model.clearExecution();
    this.model.executionState = "running";
    this.model.trusted = true;
  }

  end(count: number | null): void {
    this.model.executionState = "idle";
    if (count !== null) this.model.executionCount = count;
  }

  take(msg: KernelMessage.IIOPubMessage): void {
    const { outputs } = this.model;
    if (KernelMessage.isClearOutputMsg(msg)) {
      outputs.clear(msg.content.wait);
      this.displays.clear();
    } else if (KernelMessage.isUpdateDisplayDataMsg(msg)) {
      for (const at of this.displays.get(msg.content.transient.display_id) ?? []) outputs.set(at, outputOf("display_data", msg.content));
    } else if (KernelMessage.isDisplayDataMsg(msg)) {
      const at = outputs.add(outputOf("display_data", msg.content)) - 1;
      const id = msg.content.transient?.display_id;
      if (id !== undefined) this.displays.set(id, [...(this.displays.get(id) ?? []), at]);
    } else if (KernelMessage.isStreamMsg(msg) || KernelMessage.isErrorMsg(msg) || KernelMessage.isExecuteResultMsg(msg)) {
      outputs.add(outputOf(msg.header.msg_type, msg.content));
    }
  }
}

function outputOf(kind: string, content: object): IOutput {
  const kept = Object.entries(content).filter(([key]) => key !== "transient");
  return { output_type: kind, ...Object.fromEntries(kept) } as IOutput;
}
