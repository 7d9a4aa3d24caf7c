import { describe, expect, test } from "vitest";
import { EMPTY } from "../../src/model/defaults";
import { begun, isOver, pastViewAt, reduce, waitingFor } from "../../src/model/runs";
import { staleNodes } from "../../src/model/topology";
import type { LiveEvent } from "../../src/model/types";
import type { ExecutionDetail } from "../../src/client/client";
import { edge, makeNode } from "../world";

const at = { execution: "e", at: 100 };
const start = (node: string, run_index = 0): LiveEvent => ({ ...at, event: "node.started", node, run_index, attempt: 1 });
const done = (node: string, items: Record<string, number> = { main: 3 }, run_index = 0): LiveEvent => ({ ...at, event: "node.finished", node, run_index, seconds: 0.5, items });
const over = (state: "succeeded" | "failed" | "cancelled"): LiveEvent => ({ ...at, event: "execution.finished", state, seconds: 2 });
const view = () => begun("e", EMPTY, 99);

describe("live events", () => {
  test("a node runs, sends items, runs again", () => {
    let now = reduce(view(), [{ ...at, event: "execution.started", workflow: "w" }, start("a")]);
    expect([now.state, now.nodes.a?.state]).toEqual(["running", "running"]);
    now = reduce(now, [done("a"), start("a", 1), done("a", { main: 5 }, 1)]);
    expect(now.nodes.a).toMatchObject({ state: "succeeded", runs: 2, run_index: 1, items: { main: 5 } });
  });

  test("a failure that is tried again waits, the last one stays", () => {
    const failed = (retry_at: number | null): LiveEvent => ({ ...at, event: "node.failed", node: "a", run_index: 0, attempt: 1, error: { message: "no" }, retry_at });
    const now = reduce(view(), [start("a"), failed(200)]);
    expect(now.nodes.a).toMatchObject({ state: "retrying", retry_at: 200 });
    expect(reduce(now, [start("a"), failed(null), over("failed")]).nodes.a).toMatchObject({ state: "failed", error: { message: "no" } });
  });

  test("what had not ended is cancelled with the execution; late events change nothing", () => {
    const now = reduce(view(), [start("a"), done("a"), start("b"), over("cancelled"), done("b")]);
    expect([now.nodes.a?.state, now.nodes.b?.state]).toEqual(["succeeded", "cancelled"]);
    expect(isOver(now)).toBe(true);
  });

  test("events of other executions and nodes that did not change leave their views alone", () => {
    const now = reduce(view(), [start("a"), start("b")]);
    expect(reduce(now, [{ ...done("a"), execution: "other" }])).toBe(now);
    expect(reduce(now, [done("a")]).nodes.b).toBe(now.nodes.b);
  });
});

test("a merge waits for the input that has not come", () => {
  const nodes = { a: makeNode({ id: "a", name: "A", type: "x.x" }), b: makeNode({ id: "b", name: "B", type: "x.x" }), m: makeNode({ id: "m", name: "M", type: "flow.merge" }) };
  const workflow = { ...EMPTY, nodes, edges: [edge("a", "m", "main", "input1"), edge("b", "m", "main", "input2")] };
  const now = reduce(view(), [start("a"), start("b"), done("a")]);
  expect(waitingFor(now, workflow, (_node, port) => port).get("m")).toBe("Waiting for input2");
  expect(waitingFor(reduce(now, [done("b")]), workflow, (_node, port) => port).size).toBe(0);
});

test("a past execution is shown step by step", () => {
  const run = (node: string, state: "succeeded" | "failed") => ({ node, run_index: 0, state, attempt: 1, started_at: 1, seconds: 1, items: { main: 1 } });
  const detail: ExecutionDetail = {
    info: { id: "e", state: "failed", mode: "manual", started_at: 1, seconds: 2 }, workflow: { format: "workflow/1", name: "W", nodes: {}, edges: [] }, runs: [run("a", "succeeded"), run("b", "failed")],
  };
  expect(Object.keys(pastViewAt(detail, 1).nodes)).toEqual(["a"]);
  expect(pastViewAt(detail, 2)).toMatchObject({ state: "failed", is_past: true, nodes: { b: { state: "failed" } } });
});

describe("out of date", () => {
  const nodes = Object.fromEntries(["a", "b", "c"].map((id) => [id, makeNode({ id, name: id, type: "x.x" })]));
  const before = { ...EMPTY, nodes, edges: [edge("a", "b")] };
  const now = (id: string, part: object) => ({ ...before, nodes: { ...nodes, [id]: { ...nodes[id]!, ...part } } });

  test("a change makes a node and what follows stale", () => {
    expect([...staleNodes(before, now("a", { parameters: { x: 1 } }))].sort()).toEqual(["a", "b"]);
    expect([...staleNodes(before, now("c", { disabled: true }))]).toEqual(["c"]);
  });

  test("moving, notes and an equal copy do not", () => {
    expect(staleNodes(before, now("a", { position: [9, 9], notes: "n" })).size).toBe(0);
    expect(staleNodes(before, structuredClone(before)).size).toBe(0);
  });

  test("a new edge makes its end stale", () => {
    expect([...staleNodes(before, { ...before, edges: [...before.edges, edge("a", "c")] })]).toEqual(["c"]);
  });
});
