/** Waiting for one call of a draft's webhook or form at a service. */
import { isObject } from "../model/json";
import type { Json } from "../model/types";
import type { Listening, RunRequest, TestAddress } from "./client";
import type { Requests } from "./http";
import type { Live } from "./live";
import { toNodeNames } from "./restNames";
import { secondsOf } from "./restViews";

interface ListeningShown {
  readonly addresses: readonly TestAddress[];
  readonly until: string;
}

/** Begin to wait; `onCall` is told which execution the call started. */
export async function listenAt(http: Requests, live: Live, workflow: string, request: RunRequest, onCall: (execution: string) => void): Promise<Listening> {
  const names = toNodeNames(request.workflow);
  const body = { document: request.workflow, node: names.get(request.from ?? "") ?? "", to: names.get(request.to ?? "") ?? "" };
  let nodes: ReadonlySet<string> = new Set();
  let isOver = false;
  const early: Json[] = [];
  const take = (data: Json) => {
    for (const event of Array.isArray(data) ? data : [data]) {
      if (isOver || !isObject(event) || event.event !== "webhook.called" || typeof event.execution !== "string") continue;
      // A call may come before the answer that says what is waited for.
      if (nodes.size === 0) early.push(event);
      else if (typeof event.node === "string" && nodes.has(event.node)) {
        finish();
        onCall(event.execution);
      }
    }
  };
  const leave = live.listen(`workflow:${workflow}`, { onEvent: take, onLost: () => undefined });
  const finish = () => {
    isOver = true;
    leave();
  };
  try {
    const { addresses, until } = await http.post<ListeningShown>(`/workflows/${workflow}/listen`, body);
    nodes = new Set(addresses.map((one) => one.node));
    take(early);
    const cancel = () => {
      if (isOver) return;
      finish();
      void http.delete(`/workflows/${workflow}/listen`).catch(() => undefined);
    };
    return { addresses, until: secondsOf(until), cancel };
  } catch (error) {
    finish();
    throw error;
  }
}
