import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { apply } from "../../src/model/apply";
import type { Change } from "../../src/model/change";
import { makeEdge, makeNode } from "../../src/model/defaults";
import { SharedDocument } from "../../src/model/document";
import { RefusedError } from "../../src/model/json";
import type { Workflow } from "../../src/model/types";
import { change, workflow } from "./arbitrary";

function opened(start?: Workflow): SharedDocument {
  const document = new SharedDocument();
  if (start !== undefined) document.set(start);
  return document;
}

/** Make a change if it fits. */
function tryApply(document: SharedDocument, one: Change): boolean {
  try {
    document.apply(one);
    return true;
  } catch (error) {
    if (error instanceof RefusedError) return false;
    throw error;
  }
}

function exchange(a: SharedDocument, b: SharedDocument): void {
  const [toA, toB] = [Y.encodeStateAsUpdate(b.doc), Y.encodeStateAsUpdate(a.doc)];
  Y.applyUpdate(a.doc, toA, "peer");
  Y.applyUpdate(b.doc, toB, "peer");
}

const raw = (document: SharedDocument) =>
  Object.fromEntries(["workflow", "settings", "nodes", "edges", "notes", "groups"].map((name) => [name, document.doc.getMap(name).toJSON()]));

describe("one person", () => {
  test("the document says what the plain change says", () => {
    fc.assert(
      fc.property(workflow, fc.array(change, { maxLength: 15 }), (start, changes) => {
        const document = opened(start);
        let plain = start;
        for (const one of changes) {
          if (tryApply(document, one)) plain = apply(plain, one);
          expect(document.workflow.get()).toEqual(plain);
          expect(Object.keys(document.workflow.get().nodes)).toEqual(Object.keys(plain.nodes));
        }
        expect(new SharedDocument(document.doc).workflow.get()).toEqual(plain);
      }),
    );
  });

  test("every step can be undone and redone", () => {
    fc.assert(
      fc.property(workflow, fc.array(change, { minLength: 1, maxLength: 12 }), (start, changes) => {
        const document = opened(start);
        const states = [document.workflow.get()];
        for (const one of changes) {
          const before = document.workflow.get();
          if (tryApply(document, one) && document.workflow.get() !== before) states.push(document.workflow.get());
        }
        for (const state of [...states].reverse().slice(1)) {
          document.undo();
          expect(document.workflow.get()).toEqual(state);
        }
        expect(document.canUndo.get()).toBe(false);
        for (const state of states.slice(1)) {
          document.redo();
          expect(document.workflow.get()).toEqual(state);
        }
        expect(document.canRedo.get()).toBe(false);
      }),
    );
  });

  test("sixty edits are sixty steps", () => {
    const document = opened();
    document.apply({ type: "AddNode", node: makeNode({ id: "a", name: "A", type: "x.y" }) });
    for (let i = 1; i <= 60; i += 1) document.apply({ type: "MoveNode", node: "a", position: [i, 0] });
    for (let i = 59; i >= 0; i -= 1) {
      document.undo();
      expect(document.workflow.get().nodes.a?.position[0]).toBe(i);
    }
  });

  test("typing in one field is one step, a pause begins another", () => {
    const document = opened();
    document.apply({ type: "AddNode", node: makeNode({ id: "a", name: "A", type: "x.y" }) });
    const type = (value: string, at: number) => document.apply({ type: "SetParameter", node: "a", path: ["t"], value }, "a.t", at);
    type("h", 1000);
    type("he", 1200);
    type("hey", 1400);
    type("hey!", 9000);
    document.undo();
    expect(document.workflow.get().nodes.a?.parameters.t).toBe("hey");
    document.undo();
    expect(document.workflow.get().nodes.a?.parameters).toEqual({});
  });

  test("a change that does not fit changes nothing", () => {
    const document = opened();
    const node = makeNode({ id: "a", name: "A", type: "x.y" });
    expect(() => document.apply({ type: "Changes", changes: [{ type: "AddNode", node }, { type: "RemoveNode", node: "b" }] })).toThrow(RefusedError);
    expect(document.workflow.get().nodes).toEqual({});
    expect(document.canUndo.get()).toBe(false);
  });

  test("nodes that did not change stay the same objects", () => {
    const document = opened();
    for (const id of ["a", "b"]) document.apply({ type: "AddNode", node: makeNode({ id, name: id, type: "x.y" }) });
    const before = document.workflow.get();
    document.apply({ type: "SetParameter", node: "a", path: ["x"], value: 1 });
    expect(document.workflow.get().nodes.b).toBe(before.nodes.b);
    expect(document.workflow.get().edges).toBe(before.edges);
  });
});

describe("what comes from outside", () => {
  test("the document holds exactly what was set", () => {
    fc.assert(
      fc.property(workflow, workflow, (first, second) => {
        const document = opened(first);
        document.set(second);
        expect(document.workflow.get()).toEqual(second);
      }),
    );
  });

  test("setting what is there already writes nothing", () => {
    fc.assert(
      fc.property(workflow, (start) => {
        const document = opened(start);
        let updates = 0;
        document.doc.on("update", () => (updates += 1));
        document.set(structuredClone(start));
        expect(updates).toBe(0);
      }),
    );
  });

  test("it cannot be undone, and does not undo own steps", () => {
    const document = opened();
    document.apply({ type: "AddNode", node: makeNode({ id: "a", name: "A", type: "x.y" }) });
    const now = document.workflow.get();
    document.set({ ...now, nodes: { ...now.nodes, b: makeNode({ id: "b", name: "B", type: "x.y" }) } });
    document.undo();
    expect(Object.keys(document.workflow.get().nodes)).toEqual(["b"]);
    expect(document.canUndo.get()).toBe(false);
  });
});

describe("two people", () => {
  test("documents that have seen the same edits are the same", () => {
    const edits = fc.array(fc.tuple(fc.constantFrom("a", "b", "undo a", "undo b", "exchange"), change), { maxLength: 20 });
    fc.assert(
      fc.property(workflow, edits, (start, steps) => {
        const a = opened(start);
        const b = opened();
        exchange(a, b);
        for (const [who, one] of steps) {
          if (who === "exchange") exchange(a, b);
          else if (who === "undo a") a.undo();
          else if (who === "undo b") b.undo();
          else tryApply(who === "a" ? a : b, one);
        }
        exchange(a, b);
        exchange(a, b);
        expect(a.workflow.get()).toEqual(b.workflow.get());
        expect(raw(a)).toEqual(raw(b));
        for (const edge of a.workflow.get().edges) {
          expect(a.workflow.get().nodes).toHaveProperty([edge.source.node]);
          expect(a.workflow.get().nodes).toHaveProperty([edge.target.node]);
        }
      }),
    );
  });

  function pair(): readonly [SharedDocument, SharedDocument] {
    const a = opened();
    for (const id of ["x", "y"]) a.apply({ type: "AddNode", node: makeNode({ id, name: id, type: "x.y" }) });
    const b = opened();
    exchange(a, b);
    return [a, b];
  }

  test("edits of different parameters of one node are both kept", () => {
    const [a, b] = pair();
    a.apply({ type: "SetParameter", node: "x", path: ["url"], value: "u" });
    b.apply({ type: "SetParameter", node: "x", path: ["method"], value: "POST" });
    exchange(a, b);
    expect(a.workflow.get().nodes.x?.parameters).toEqual({ url: "u", method: "POST" });
  });

  test("typing in the same code merges letter by letter", () => {
    const [a, b] = pair();
    a.apply({ type: "SetParameter", node: "x", path: ["code"], value: "one\ntwo\n" });
    exchange(a, b);
    a.apply({ type: "SetParameter", node: "x", path: ["code"], value: "zero\none\ntwo\n" });
    b.apply({ type: "SetParameter", node: "x", path: ["code"], value: "one\ntwo\nthree\n" });
    exchange(a, b);
    expect(a.workflow.get().nodes.x?.parameters.code).toBe("zero\none\ntwo\nthree\n");
    a.undo();
    exchange(a, b);
    expect(b.workflow.get().nodes.x?.parameters.code).toBe("one\ntwo\nthree\n");
  });

  test("the same edge drawn by both is one edge", () => {
    const [a, b] = pair();
    const edge = makeEdge({ node: "x", port: "main" }, { node: "y", port: "main" });
    for (const one of [a, b]) one.apply({ type: "Connect", edge });
    exchange(a, b);
    expect(a.workflow.get().edges).toEqual([edge]);
  });

  test("an edge to a node that a peer removed is not shown, and comes back with the node", () => {
    const [a, b] = pair();
    a.apply({ type: "Connect", edge: makeEdge({ node: "x", port: "main" }, { node: "y", port: "main" }) });
    b.apply({ type: "RemoveNode", node: "y" });
    exchange(a, b);
    expect(a.workflow.get().edges).toEqual([]);
    b.undo();
    exchange(a, b);
    expect(a.workflow.get().edges).toHaveLength(1);
  });

  test("undo takes back own edits only", () => {
    const [a, b] = pair();
    a.apply({ type: "MoveNode", node: "x", position: [1, 1] });
    b.apply({ type: "MoveNode", node: "y", position: [2, 2] });
    exchange(a, b);
    a.undo();
    exchange(a, b);
    expect(b.workflow.get().nodes.x?.position).toEqual([0, 0]);
    expect(b.workflow.get().nodes.y?.position).toEqual([2, 2]);
  });

  test("undoing a key that a peer has set as well leaves a value", () => {
    const [a, b] = pair();
    a.apply({ type: "SetParameter", node: "x", path: ["n"], value: 1 });
    exchange(a, b);
    a.apply({ type: "SetParameter", node: "x", path: ["n"], value: 2 });
    b.apply({ type: "SetParameter", node: "x", path: ["n"], value: 3 });
    exchange(a, b);
    a.undo();
    exchange(a, b);
    expect(a.workflow.get().nodes.x?.parameters.n).toBeTypeOf("number");
    expect(a.workflow.get()).toEqual(b.workflow.get());
  });

  test("nodes added by both keep an order both agree on", () => {
    const [a, b] = pair();
    a.apply({ type: "AddNode", node: makeNode({ id: "p", name: "p", type: "x.y" }) });
    b.apply({ type: "AddNode", node: makeNode({ id: "q", name: "q", type: "x.y" }) });
    exchange(a, b);
    expect(Object.keys(a.workflow.get().nodes)).toEqual(Object.keys(b.workflow.get().nodes));
  });
});
