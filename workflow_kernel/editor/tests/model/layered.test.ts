import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeEdge } from "../../src/model/defaults";
import { overlaps, portOffsets } from "../../src/model/geometry";
import { layered } from "../../src/model/layered";
import type { LayoutNode } from "../../src/model/layered";
import type { Edge, Ports } from "../../src/model/types";

const ports = (inputs: number, outputs: number): Ports => ({
  inputs: Array.from({ length: inputs }, (_, i) => ({ name: `in${i}`, kind: "items", title: "" })),
  outputs: Array.from({ length: outputs }, (_, i) => ({ name: `out${i}`, kind: "items", title: "" })),
  required: "any",
});

function node(id: string, x: number, y: number, inputs = 1, outputs = 1): LayoutNode {
  const height = Math.max(64, Math.max(inputs, outputs) * 24 + 16);
  return { id, box: { x, y, width: 208, height }, ports: ports(inputs, outputs) };
}

const edge = (from: string, to: string, out = 0, into = 0): Edge => makeEdge({ node: from, port: `out${out}` }, { node: to, port: `in${into}` });

const graph = fc.integer({ min: 1, max: 24 }).chain((count) => {
  const id = fc.integer({ min: 0, max: count - 1 });
  const nodes = fc.tuple(...Array.from({ length: count }, (_, i) =>
    fc.tuple(fc.integer({ min: -800, max: 800 }), fc.integer({ min: -800, max: 800 }), fc.integer({ min: 1, max: 4 })).map(([x, y, outputs]) => node(`n${i}`, x, y, 2, outputs)),
  ));
  const edges = fc.uniqueArray(fc.tuple(id, id, fc.nat(3), fc.nat(1)).map(([a, b, out, into]) => edge(`n${a}`, `n${b}`, out, into)), { maxLength: count * 2, selector: (one) => one.id });
  return fc.tuple(nodes, edges);
});

describe("any graph", () => {
  test("no two cards cover each other, and every node has a place", () => {
    fc.assert(
      fc.property(graph, ([nodes, edges]) => {
        const places = layered(nodes, edges);
        const boxes = nodes.map((one) => {
          const [x, y] = places.get(one.id)!;
          return { ...one.box, x, y };
        });
        expect(places.size).toBe(nodes.length);
        boxes.forEach((box, i) => boxes.slice(i + 1).forEach((other) => expect(overlaps(box, other, 10)).toBe(false)));
      }),
    );
  });

  test("without cycles every edge leads to the right", () => {
    fc.assert(
      fc.property(graph, ([nodes, edges]) => {
        const forward = edges.filter((one) => Number(one.source.node.slice(1)) < Number(one.target.node.slice(1)));
        const places = layered(nodes, forward);
        for (const { source, target } of forward) expect(places.get(target.node)![0]).toBeGreaterThanOrEqual(places.get(source.node)![0] + 208);
      }),
    );
  });

  test("laying out twice changes nothing more, and the corner stays", () => {
    fc.assert(
      fc.property(graph, ([nodes, edges]) => {
        const once = layered(nodes, edges);
        const [x, y] = [Math.min(...nodes.map((one) => one.box.x)), Math.min(...nodes.map((one) => one.box.y))];
        expect(Math.min(...[...once.values()].map((at) => at[0]))).toBe(x);
        expect(Math.min(...[...once.values()].map((at) => at[1]))).toBe(y);
        expect(layered(nodes, edges)).toEqual(once);
      }),
    );
  });
});

/** How far down an edge begins and ends. */
function ends(nodes: readonly LayoutNode[], edges: readonly Edge[], one: Edge): readonly [number, number] {
  const places = layered(nodes, edges);
  const at = (id: string, side: "inputs" | "outputs", name: string): number => {
    const found = nodes.find((other) => other.id === id)!;
    const index = found.ports[side].findIndex((port) => port.name === name);
    return places.get(id)![1] + portOffsets(found.ports[side].length, found.box, "normal")[index]!;
  };
  return [at(one.source.node, "outputs", one.source.port), at(one.target.node, "inputs", one.target.port)];
}

describe("what people draw", () => {
  // a > b > c
  test("a chain is straight", () => {
    const nodes = [node("a", 0, 0), node("b", 50, 200), node("c", 90, -80)];
    const edges = [edge("a", "b"), edge("b", "c")];
    for (const one of edges) {
      const [from, to] = ends(nodes, edges, one);
      expect(Math.abs(from - to)).toBeLessThanOrEqual(1);
    }
  });

  //     > b
  // a <
  //     > c
  test("a fork is balanced, its branches in the order they had", () => {
    const nodes = [node("a", 0, 0, 1, 2), node("b", 300, -100), node("c", 300, 100)];
    const places = layered(nodes, [edge("a", "b", 0), edge("a", "c", 1)]);
    const [a, b, c] = ["a", "b", "c"].map((id) => places.get(id)![1]);
    expect(b).toBeLessThan(c!);
    expect(Math.abs(a! - (b! + c!) / 2)).toBeLessThanOrEqual(1);
  });

  // a > b > c > d   and   a > d: the long edge passes beside b and c
  test("an edge over several layers keeps clear of the cards between", () => {
    const nodes = [node("a", 0, 0), node("b", 300, 0), node("c", 600, 0), node("d", 900, 0, 2)];
    const edges = [edge("a", "b"), edge("b", "c"), edge("c", "d", 0, 0), edge("a", "d", 0, 1)];
    const places = layered(nodes, edges);
    expect(Math.abs(places.get("b")![1] - places.get("c")![1])).toBeLessThanOrEqual(1);
    expect(new Set(["a", "b", "c", "d"].map((id) => places.get(id)![0])).size).toBe(4);
  });

  // loop > x > y > loop
  test("a loop does not pull its nodes apart", () => {
    const nodes = [node("loop", 0, 0, 1, 2), node("x", 300, 0), node("y", 600, 0), node("after", 300, -200)];
    const places = layered(nodes, [edge("loop", "after", 0), edge("loop", "x", 1), edge("x", "y"), edge("y", "loop")]);
    expect(places.get("x")![0] - places.get("loop")![0]).toBe(312);
    expect(places.get("y")![0] - places.get("x")![0]).toBe(312);
  });

  test("a second trigger stands just before what it starts", () => {
    const nodes = [node("t1", 0, 0, 0), node("a", 300, 0), node("b", 600, 0, 2), node("t2", 0, 200, 0)];
    const places = layered(nodes, [edge("t1", "a"), edge("a", "b"), edge("t2", "b", 0, 1)]);
    expect(places.get("t2")![0]).toBe(places.get("a")![0]);
  });

  test("crossing edges are untangled", () => {
    const nodes = [node("a", 0, 0), node("b", 0, 100), node("c", 300, 100), node("d", 300, 0)];
    const places = layered(nodes, [edge("a", "c"), edge("b", "d"), edge("b", "c", 0, 0)]);
    const isSameOrder = (places.get("a")![1] < places.get("b")![1]) === (places.get("c")![1] < places.get("d")![1]);
    expect(isSameOrder).toBe(true);
  });
});
