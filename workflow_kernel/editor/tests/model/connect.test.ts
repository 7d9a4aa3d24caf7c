import { describe, expect, test } from "vitest";
import { Actions } from "../../src/model/actions";
import type { FlowDocument } from "../../src/client/client";
import { makeEditor } from "../world";

const node = (type: string, name = type) => ({ name, type });

async function reason(nodes: FlowDocument["nodes"], edges: [string, string, string, string][], from: [string, string], to: [string, string]): Promise<string | null> {
  const flow = { nodes: nodes!, edges: edges.map(([a, out, b, into]) => ({ source: [a, out], target: [b, into] })) };
  const actions = new Actions(await makeEditor(flow));
  return actions.reason({ node: from[0], port: from[1] }, { node: to[0], port: to[1] });
}

describe("why two ports cannot be connected", () => {
  const two = { a: node("data.set", "A"), b: node("data.set", "B") };

  test("items go where items are taken", async () => {
    expect(await reason(two, [], ["a", "main"], ["b", "main"])).toBeNull();
  });

  test("an edge stands once", async () => {
    expect(await reason(two, [["a", "main", "b", "main"]], ["a", "main"], ["b", "main"])).toContain("connected already");
  });

  test("many items make no one object", async () => {
    const nodes = { a: node("data.set", "A"), t: node("ai.train", "T"), m: node("ai.model", "M"), p: node("code.python", "P") };
    expect(await reason(nodes, [], ["a", "main"], ["t", "model"])).toBe("Output 'main' sends items, input 'model' takes an object.");
    expect(await reason(nodes, [], ["m", "model"], ["t", "model"])).toBeNull();
    expect(await reason(nodes, [], ["m", "model"], ["a", "main"])).toBeNull();
    expect(await reason(nodes, [], ["p", "main"], ["t", "model"])).toBeNull();
  });

  test("a port that is not there is named", async () => {
    expect(await reason(two, [], ["a", "other"], ["b", "main"])).toBe("'A' has no output 'other'.");
    expect(await reason({ ...two, s: node("flow.start", "S") }, [], ["a", "main"], ["s", "main"])).toBe("'S' has no input 'main'.");
  });

  // a > b > a never ends; through a loop or a condition it may
  test("a cycle needs a loop node or a condition", async () => {
    expect(await reason(two, [["a", "main", "b", "main"]], ["b", "main"], ["a", "main"])).toContain("cycle that nothing ends");
    expect(await reason({ ...two, l: node("flow.loop", "L") }, [["l", "loop", "a", "main"]], ["a", "main"], ["l", "main"])).toBeNull();
    expect(await reason({ ...two, i: node("flow.if", "I") }, [["a", "main", "i", "main"]], ["i", "false"], ["a", "main"])).toBeNull();
    expect(await reason({ ...two, c: node("data.set", "C") }, [["a", "main", "b", "main"], ["b", "main", "c", "main"]], ["c", "main"], ["a", "main"])).toContain("cycle");
  });

  test("a node does not feed itself, unless it chooses", async () => {
    expect(await reason(two, [], ["a", "main"], ["a", "main"])).toContain("feed itself");
    expect(await reason({ i: node("flow.if", "I") }, [], ["i", "false"], ["i", "main"])).toBeNull();
  });
});
