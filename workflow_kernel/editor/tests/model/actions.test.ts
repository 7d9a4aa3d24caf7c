import { describe, expect, test } from "vitest";
import { Actions } from "../../src/model/actions";
import { overlaps } from "../../src/model/geometry";
import { edge, info, makeEditor } from "../world";

async function opened(flow?: Parameters<typeof makeEditor>[0]) {
  const editor = await makeEditor(flow);
  return { editor, actions: new Actions(editor), ids: () => editor.workflow.get().edges.map((one) => one.id) };
}

describe("adding", () => {
  test("a node gets a free name and a place that covers nothing", async () => {
    const { editor, actions } = await opened();
    const first = actions.add(info("data.set"), [300, 0])!;
    const second = actions.add(info("data.set"), [300, 0])!;
    expect(editor.node(first)?.name).toBe("Set fields");
    expect(editor.node(second)?.name).toBe("Set fields 2");
    const boxes = [...actions.placement.boxes().values()];
    boxes.forEach((box, i) => boxes.slice(i + 1).forEach((other) => expect(overlaps(box, other)).toBe(false)));
    expect([...editor.selection.get()]).toEqual([second]);
  });

  test("after a port: connected, to the right, one undo", async () => {
    const { editor, actions, ids } = await opened();
    const id = actions.addAfter(info("data.set"), { node: "b", port: "main", side: "output" })!;
    expect(ids()).toContain(edge("b", id).id);
    expect(actions.placement.box(editor.node(id)!).x).toBeGreaterThan(actions.placement.box(editor.node("b")!).x + 208);
    editor.undo();
    expect(editor.node(id)).toBeUndefined();
    expect(ids()).not.toContain(edge("b", id).id);
  });

  test("before an input: its output is connected", async () => {
    const { actions, ids } = await opened();
    const id = actions.addAfter(info("flow.if"), { node: "c", port: "main", side: "input" })!;
    expect(ids()).toContain(edge(id, "c", "true").id);
  });

  test("into an edge: both sides are connected and what follows makes room", async () => {
    const { editor, actions, ids } = await opened();
    const before = editor.node("b")!.position[0];
    const id = actions.insert(info("flow.if"), edge("a", "b"))!;
    expect(ids()).toEqual(expect.arrayContaining([edge("a", id).id, edge(id, "b", "true").id]));
    expect(ids()).not.toContain(edge("a", "b").id);
    expect(editor.node("b")!.position[0]).toBeGreaterThan(before);
    editor.undo();
    expect(ids()).toContain(edge("a", "b").id);
    expect(editor.node("b")!.position[0]).toBe(before);
  });

  test("what does not fit an edge is refused with a reason", async () => {
    const { editor, actions, ids } = await opened();
    expect(actions.insert(info("flow.start"), edge("a", "b"))).toBeNull();
    expect(editor.notices.get().at(-1)?.text).toContain("cannot stand in this connection");
    expect(ids()).toContain(edge("a", "b").id);
  });
});

describe("removing", () => {
  test("the neighbours of a node in a chain are connected", async () => {
    const { editor, actions, ids } = await opened();
    actions.remove(["a"]);
    expect(ids()).toEqual([edge("s", "b").id]);
    editor.undo();
    expect(ids()).toEqual([edge("s", "a").id, edge("a", "b").id]);
  });

  test("a group goes with its last node", async () => {
    const { editor, actions } = await opened();
    actions.group(["c"]);
    actions.remove(["c"]);
    expect(editor.workflow.get().groups).toEqual({});
  });
});

describe("edges", () => {
  test("a refused connection says why and changes nothing", async () => {
    const { editor, actions, ids } = await opened();
    expect(actions.connect({ node: "b", port: "main" }, { node: "a", port: "main" })).toBe(false);
    expect(editor.notices.get().at(-1)?.text).toContain("cycle");
    expect(ids()).toHaveLength(2);
  });

  test("an end is moved to another node in one step", async () => {
    const { editor, actions, ids } = await opened();
    expect(actions.reconnect(edge("a", "b"), { node: "a", port: "main" }, { node: "c", port: "main" })).toBe(true);
    expect(ids()).toEqual([edge("s", "a").id, edge("a", "c").id]);
    editor.undo();
    expect(ids()).toContain(edge("a", "b").id);
  });

  test("an edge dropped on a card takes the input that is free", async () => {
    const { actions, ids } = await opened({ nodes: { a: { name: "A", type: "data.set" }, b: { name: "B", type: "data.set" }, m: { name: "M", type: "flow.merge" } }, edges: [{ source: ["a", "main"], target: ["m", "input1"] }] });
    expect(actions.connectToNode({ node: "b", port: "main", side: "output" }, "m")).toBe(true);
    expect(ids()).toContain(edge("b", "m", "main", "input2").id);
  });
});

describe("marks", () => {
  test("disabling is for all that are not, then enabling for all", async () => {
    const { editor, actions } = await opened();
    actions.toggleDisabled(["a"]);
    actions.toggleDisabled(["a", "b"]);
    expect([editor.node("a")?.disabled, editor.node("b")?.disabled]).toEqual([true, true]);
    actions.toggleDisabled(["a", "b"]);
    expect([editor.node("a")?.disabled, editor.node("b")?.disabled]).toEqual([false, false]);
  });

  test("a node is in one group at a time", async () => {
    const { editor, actions } = await opened();
    const first = actions.group(["a", "b"])!;
    const second = actions.group(["b", "c"])!;
    expect(editor.workflow.get().groups[first]?.nodes).toEqual(["a"]);
    expect(editor.workflow.get().groups[second]?.nodes).toEqual(["b", "c"]);
    actions.ungroup(["a"]);
    expect(Object.keys(editor.workflow.get().groups)).toEqual([second]);
  });

  test("moving what is selected with the keys is one step", async () => {
    const { editor, actions } = await opened();
    editor.select(["a"]);
    for (let i = 0; i < 3; i += 1) actions.nudge([20, 0]);
    expect(editor.node("a")?.position[0]).toBe(300);
    editor.undo();
    expect(editor.node("a")?.position[0]).toBe(240);
  });
});

test("a port that went away is shown as long as an edge names it", async () => {
  const { editor, actions } = await opened({ nodes: { i: { name: "I", type: "flow.if" }, b: { name: "B", type: "data.set" } }, edges: [{ source: ["i", "gone"], target: ["b", "main"] }] });
  const node = editor.node("i")!;
  expect(actions.placement.ports(node).outputs.map((one) => one.name)).toEqual(["true", "false", "gone"]);
  expect(actions.placement.isLost(node, "output", "gone")).toBe(true);
  expect(editor.ports(node).outputs).toHaveLength(2);
});
