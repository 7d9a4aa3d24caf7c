import { expect, test } from "vitest";
import { pinnedSample } from "../../src/client/pinnedSample";

test("pinned items are what expressions are tried on before a run", () => {
  const flow = {
    nodes: { a: { name: "A", type: "data.set", pin: { main: [{ x: 1 }] } }, b: { name: "B", type: "data.set" }, c: { name: "C", type: "data.set" } },
    edges: [{ source: ["a", "main"], target: ["b", "main"] }, { source: ["b", "main"], target: ["c", "main"] }],
  };
  expect(pinnedSample(flow, "b")).toEqual({ items: [{ x: 1 }], nodes: { A: [{ x: 1 }] } });
  expect(pinnedSample(flow, "c")).toEqual({ nodes: { A: [{ x: 1 }] } });
  expect(pinnedSample({ nodes: { b: { name: "B", type: "data.set" } } }, "b")).toEqual({});
});
