import { describe, expect, test } from "vitest";
import type { Http } from "../../src/client/http";
import type { ChannelListener, LiveConnection } from "../../src/client/live";
import { listenAt } from "../../src/client/restListen";

const FLOW = { nodes: { w: { name: "Orders", type: "flow.webhook" } } };
const called = (node: string, execution: string) => ({ event: "webhook.called", workflow: "1", execution, node, method: "POST", path: "orders", at: 1 });

function service() {
  const heard: { channel: string; listener: ChannelListener }[] = [];
  const asked: { path: string; body: object }[] = [];
  const deleted: string[] = [];
  let answer: (shown: object) => void = () => undefined;
  const http = {
    post: (path: string, body: object) => {
      asked.push({ path, body });
      return new Promise((resolve) => { answer = resolve; });
    },
    delete: (path: string) => {
      deleted.push(path);
      return Promise.resolve();
    },
  } as unknown as Http;
  const live = {
    listen: (channel: string, listener: ChannelListener) => {
      const one = { channel, listener };
      heard.push(one);
      return () => { heard.splice(heard.indexOf(one), 1); };
    },
  } as unknown as LiveConnection;
  const answered = () => { answer({ addresses: [{ node: "Orders", kind: "webhook", url: "https://x/webhook-test/orders", methods: ["POST"] }], until: "2030-01-01T00:00:00Z" }); };
  return { http, live, heard, asked, deleted, answered };
}

describe("waiting for a call at a service", () => {
  test("tells of the call of its own trigger, once, even of one before the answer", async () => {
    const { http, live, heard, asked, answered, deleted } = service();
    const started: string[] = [];
    const waiting = listenAt(http, live, "1", { workflow: FLOW, from: "w" }, (execution) => { started.push(execution); });
    heard[0]?.listener.onEvent(called("Orders", "e1"));
    answered();
    const listening = await waiting;
    expect(asked).toEqual([{ path: "/workflows/1/listen", body: { document: FLOW, node: "Orders", to: "" } }]);
    expect(started).toEqual(["e1"]);
    expect(heard).toEqual([]);
    listening.cancel();
    expect(deleted).toEqual([]);
  });

  test("hears nothing of other triggers, and stops when it is told to", async () => {
    const { http, live, heard, answered, deleted } = service();
    const started: string[] = [];
    const waiting = listenAt(http, live, "1", { workflow: FLOW, from: "w" }, (execution) => { started.push(execution); });
    answered();
    const listening = await waiting;
    heard[0]?.listener.onEvent([called("Others", "e1"), { event: "workflow.changed" }]);
    expect(started).toEqual([]);
    listening.cancel();
    expect(deleted).toEqual(["/workflows/1/listen"]);
    expect(heard).toEqual([]);
  });
});
