import { describe, expect, test, vi } from "vitest";
import { MemoryClient } from "../../src/client/memory";
import { HostError } from "../../src/client/client";
import type { RunsClient } from "../../src/client/client";
import { WorkflowEditor } from "../../src/model/editor";
import { isOver } from "../../src/model/runs";
import { search } from "../../src/model/search";
import { subtitleOf, summaryOf } from "../../src/model/summary";
import { align, distribute } from "../../src/model/align";
import { snap } from "../../src/model/guides";
import { compare, differences } from "../../src/model/compare";
import { compareLines } from "../../src/model/lines";
import type { JsonObject } from "../../src/model/types";
import { CHAIN, info, makeEditor, makeNode, TYPES, until } from "../world";

describe("running", () => {
  test("live states arrive, and editing marks what is stale", async () => {
    const editor = await makeEditor();
    await editor.run();
    await until(() => editor.execution.get() !== null && isOver(editor.execution.get()!));
    expect(editor.execution.get()?.nodes.b?.state).toBe("succeeded");
    editor.setParameter("a", ["value"], "new");
    expect([...editor.stale.get()].sort()).toEqual(["a", "b"]);
    editor.undo();
    expect(editor.stale.get().size).toBe(0);
  });

  test("running to a node keeps results that still hold and asks for the rest", async () => {
    const client = new MemoryClient({ nodeTypes: TYPES, pace: 1 });
    const editor = await makeEditor(CHAIN, client);
    await editor.run();
    await until(() => isOver(editor.execution.get()!));
    const start = vi.spyOn(client.runs, "start");
    editor.setParameter("b", ["value"], "new");
    await editor.run({ to: "b" });
    expect(start.mock.calls[0]?.[0]).toMatchObject({ to: "b", reuse: "execution-1", stale: ["b"] });
    expect(editor.execution.get()?.nodes.a?.state).toBe("succeeded");
    expect(editor.execution.get()?.nodes.b).toBeUndefined();
  });

  test("a refusal of the host is told with what to do", async () => {
    const client = new MemoryClient({ nodeTypes: TYPES });
    vi.spyOn(client.runs, "start").mockRejectedValue(new HostError("There is no worker.", "WF707", "Start one."));
    const editor = await makeEditor(CHAIN, client);
    await editor.run();
    expect(editor.notices.get()[0]).toMatchObject({ kind: "error", text: "There is no worker.", mend: "Start one." });
  });

  test("a failure is told with the node to open, until the next run", async () => {
    const editor = await makeEditor({ ...CHAIN, nodes: { ...(CHAIN.nodes as JsonObject), b: { name: "B", type: "data.set", parameters: { fail: true } } } });
    await editor.run();
    await until(() => isOver(editor.execution.get()!));
    expect(editor.notices.get()).toMatchObject([{ kind: "error", text: "‘B’ failed: The server answered 503.", node: "b" }]);
    await editor.run();
    expect(editor.notices.get()).toEqual([]);
  });

  test("a run that begins with a webhook waits for its call, unless it has something to begin with", async () => {
    const flow = { nodes: { w: { name: "W", type: "flow.webhook" }, a: { name: "A", type: "data.set", position: [240, 0] } }, edges: [{ source: ["w", "main"], target: ["a", "main"] }] };
    const client = new MemoryClient({ nodeTypes: TYPES, pace: 1 });
    (client.runs as RunsClient).listen = () => Promise.reject(new HostError("Nobody listens here."));
    const editor = await makeEditor(flow, client);
    await editor.run({ to: "a" });
    expect(editor.listening.get()).toEqual({ to: "a", from: "w" });
    editor.listening.set(null);
    await editor.run({ payload: [{ x: 1 }] });
    await until(() => editor.execution.get() !== null && isOver(editor.execution.get()!));
    await editor.run({ to: "a" });
    expect(editor.listening.get()).toBeNull();
    await until(() => isOver(editor.execution.get()!));
    await editor.run();
    expect(editor.listening.get()).toEqual({ from: "w" });
  });

  test("a past execution locks the editor and shows its own workflow", async () => {
    const client = new MemoryClient({ nodeTypes: TYPES, pace: 1 });
    const editor = await makeEditor(CHAIN, client);
    await editor.run();
    await until(() => isOver(editor.execution.get()!));
    editor.rename("a", "Renamed");
    editor.showPast(await client.runs.load("execution-1"));
    expect(editor.workflow.get().nodes.a?.name).toBe("A");
    expect(editor.apply({ type: "RemoveNode", node: "a" })).toBe(false);
    editor.showPast(null);
    expect(editor.workflow.get().nodes.a?.name).toBe("Renamed");
    expect(editor.isReadOnly.get()).toBe(false);
  });
});

describe("editing", () => {
  test("renaming rewrites expressions, and is undone as one", async () => {
    const editor = await makeEditor();
    expect(editor.rename("a", " First ")).toBeNull();
    expect(editor.node("b")?.parameters.value).toBe("={{ $('First').item.json.x }}");
    editor.undo();
    expect(editor.node("b")?.parameters.value).toBe("={{ $('A').item.json.x }}");
    expect(editor.rename("a", "B")).toContain("Another node has this name");
    expect(editor.rename("a", " ")).toContain("needs a name");
  });

  test("what is gone is neither selected nor open", async () => {
    const editor = await makeEditor();
    editor.select(["a", "b"]);
    editor.open("a");
    editor.apply({ type: "RemoveNode", node: "a" });
    expect([...editor.selection.get()]).toEqual(["b"]);
    expect(editor.opened.get()).toBeNull();
  });

  test("the draft is saved a moment after an edit, not for what the host itself sets", async () => {
    vi.useFakeTimers();
    try {
      const client = new MemoryClient({ nodeTypes: TYPES });
      const editor = new WorkflowEditor(client, { workflow: CHAIN });
      editor.setFromHost({ ...CHAIN, name: "From outside" });
      await vi.advanceTimersByTimeAsync(3000);
      expect(client.saved).toBeNull();
      editor.apply({ type: "SetDetail", field: "name", value: "Mine" });
      expect(editor.saving.get()).toBe("dirty");
      await vi.advanceTimersByTimeAsync(3000);
      expect(editor.saving.get()).toBe("saved");
      expect(client.saved?.name).toBe("Mine");
    } finally {
      vi.useRealTimers();
    }
  });

  test("what could not be saved is told once and tried again", async () => {
    vi.useFakeTimers();
    try {
      const client = new MemoryClient({ nodeTypes: TYPES });
      const save = vi.spyOn(client, "save").mockRejectedValue(new HostError("The service cannot be reached."));
      const editor = new WorkflowEditor(client, { workflow: CHAIN });
      editor.apply({ type: "SetDetail", field: "name", value: "Mine" });
      await vi.advanceTimersByTimeAsync(20_000);
      expect(editor.saving.get()).toBe("failed");
      expect(save.mock.calls.length).toBeGreaterThan(1);
      expect(editor.notices.get()).toHaveLength(1);
      save.mockRestore();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(editor.saving.get()).toBe("saved");
      expect(client.saved?.name).toBe("Mine");
    } finally {
      vi.useRealTimers();
    }
  });

  test("ports that depend on parameters follow them", async () => {
    const editor = await makeEditor({ nodes: { w: { name: "W", type: "flow.switch", parameters: { rules: [{}, {}, {}] } } }, edges: [] });
    await until(() => editor.ports(editor.node("w")!).outputs.length === 3);
    editor.apply({ type: "SetNodeField", node: "w", field: "on_error", value: "branch" });
    expect(editor.ports(editor.node("w")!).outputs.map((one) => one.name)).toEqual(["output1", "output2", "output3", "error"]);
  });

  test("an unknown type is told as a problem", async () => {
    const editor = await makeEditor({ nodes: { x: { name: "X", type: "no.such" } }, edges: [] });
    await until(() => editor.problems.get().length > 0);
    expect(editor.problems.get()[0]).toMatchObject({ node: "X", severity: "error" });
  });
});

describe("small helpers", () => {
  test("search finds by title first, then keywords, initials, description", () => {
    const titles = (query: string) => search(query, TYPES, (one) => ({ title: one.title, keywords: one.keywords, description: one.description })).map((one) => one.title);
    expect(titles("set")[0]).toBe("Set fields");
    expect(titles("cond")).toEqual(["If"]);
    expect(titles("lo it")[0]).toBe("Loop over items");
    expect(titles("loi")).toEqual(["Loop over items"]);
    expect(titles("zzz")).toEqual([]);
  });

  test("a card says what was set, never a secret", () => {
    const node = makeNode({ id: "a", name: "A", type: "data.set", parameters: { mode: "all", value: "={{ $json.x }}", secret: "hush" } });
    expect(summaryOf(node, info("data.set"))).toEqual([{ label: "Value", value: "$json.x", isExpression: true }]);
    expect(subtitleOf(makeNode({ id: "a", name: "A", type: "data.set" }), info("data.set"))).toBe("Set fields");
    expect(subtitleOf(makeNode({ id: "a", name: "Set fields", type: "data.set" }), info("data.set"))).toBe("");
  });

  test("boxes line up and spread evenly", () => {
    const boxes = new Map([["a", { x: 0, y: 0, width: 10, height: 10 }], ["b", { x: 12, y: 50, width: 20, height: 10 }], ["c", { x: 100, y: 9, width: 10, height: 10 }]]);
    expect([...align(boxes, "left").values()].map((at) => at[0])).toEqual([0, 0, 0]);
    expect([...align(boxes, "right").values()].map((at) => at[0])).toEqual([100, 90, 100]);
    expect(distribute(boxes, "horizontal").get("b")?.[0]).toBe(45);
    expect(distribute(new Map([...boxes].slice(0, 2)), "vertical").size).toBe(0);
  });

  test("a dragged card snaps to the middle of another nearby", () => {
    const found = snap({ x: 103, y: 48, width: 50, height: 20 }, [{ x: 100, y: 200, width: 50, height: 40 }, { x: 300, y: 50, width: 50, height: 20 }], 6);
    expect(found.position).toEqual([100, 50]);
    expect(found.guides).toHaveLength(2);
  });

  test("two versions are compared", async () => {
    const before = (await makeEditor()).workflow.get();
    const editor = await makeEditor();
    editor.setParameter("a", ["value"], 1);
    editor.apply({ type: "MoveNode", node: "b", position: [0, 900] });
    editor.apply({ type: "RemoveNode", node: "c" });
    const { marks, nodes, removedNodes, removedEdges } = compare(before, editor.workflow.get());
    expect(Object.fromEntries(marks)).toEqual({ a: "changed", b: "moved" });
    expect(removedNodes.map((node) => node.name)).toEqual(["C"]);
    expect(removedEdges.every((edge) => edge.source.node === "c" || edge.target.node === "c")).toBe(true);
    expect(nodes.find(({ node }) => node.id === "a")?.fields).toEqual([{ path: ["parameters", "value"], before: undefined, now: 1 }]);
  });

  test("differences are the smallest parts, and lines of a text", () => {
    const before = { fields: [{ name: "a", value: 1 }, { name: "b", value: 2 }], code: "x" };
    expect(differences(before, { fields: [{ name: "a", value: 3 }], code: "x" })).toEqual([
      { path: ["fields", 0, "value"], before: 1, now: 3 }, { path: ["fields", 1], before: { name: "b", value: 2 }, now: undefined },
    ]);
    const { before: then, now } = compareLines("a\nb\nc", "a\nc\nd");
    expect(then.filter((line) => !line.isSame).map((line) => line.text)).toEqual(["b"]);
    expect(now.filter((line) => !line.isSame).map((line) => line.text)).toEqual(["d"]);
  });

  test("a version on the canvas is read-only, and the draft is there again afterwards", async () => {
    const editor = await makeEditor();
    const document = editor.toFlow();
    editor.setParameter("a", ["value"], 7);
    editor.showVersion({ id: "1", title: "Version 1", document });
    expect(editor.isReadOnly.get()).toBe(true);
    expect(editor.workflow.get().nodes.a?.parameters.value).toBeUndefined();
    editor.setParameter("a", ["value"], 8);
    editor.showVersion(null);
    expect(editor.isReadOnly.get()).toBe(false);
    expect(editor.workflow.get().nodes.a?.parameters.value).toBe(7);
  });
});
