import fc from "fast-check";
import { expect, test } from "vitest";
import { apply, invert } from "../../src/model/apply";
import { fromFlow, toFlow } from "../../src/model/flow";
import { RefusedError } from "../../src/model/json";
import type { Change } from "../../src/model/change";
import type { Workflow } from "../../src/model/types";
import { change, workflow } from "./arbitrary";

/** The workflow after those of the changes that fit. */
function after(start: Workflow, changes: readonly Change[]): Workflow {
  return changes.reduce((now, one) => {
    try {
      return apply(now, one);
    } catch (error) {
      expect(error).toBeInstanceOf(RefusedError);
      return now;
    }
  }, start);
}

test("a change and its inverse give the workflow back", () => {
  fc.assert(
    fc.property(workflow, fc.array(change, { maxLength: 8 }), change, (start, before, one) => {
      const now = after(start, before);
      let changed: Workflow;
      try {
        changed = apply(now, one);
      } catch {
        return;
      }
      const back = apply(changed, invert(now, one));
      expect(back).toEqual(now);
      expect(Object.keys(back.nodes)).toEqual(Object.keys(now.nodes));
    }),
  );
});

test("several changes are undone in reverse", () => {
  fc.assert(
    fc.property(workflow, fc.array(change, { maxLength: 8 }), (start, changes) => {
      const fitting = changes.filter((_, index) => {
        try {
          changes.slice(0, index + 1).reduce(apply, start);
          return true;
        } catch {
          return false;
        }
      });
      const all: Change = { type: "Changes", changes: fitting };
      try {
        expect(apply(apply(start, all), invert(start, all))).toEqual(start);
      } catch (error) {
        expect(error).toBeInstanceOf(RefusedError);
      }
    }),
  );
});

test("a written document reads back as the same workflow", () => {
  fc.assert(
    fc.property(workflow, fc.array(change, { maxLength: 12 }), (start, changes) => {
      const now = after(start, changes);
      expect(fromFlow(JSON.parse(JSON.stringify(toFlow(now))))).toEqual(now);
    }),
  );
});

test("what is as by default stays out of the document", () => {
  const flow = toFlow(apply(fromFlow({}), { type: "AddNode", node: fromFlow({ nodes: { a: { name: "A", type: "x.y" } } }).nodes.a! }));
  expect(flow).toEqual({ format: "workflow/1", name: "Workflow", nodes: { a: { name: "A", type: "x.y" } }, edges: [] });
});

test("a document of another format is refused by name", () => {
  expect(() => fromFlow({ format: "workflow/9" })).toThrow("workflow/9");
  expect(() => fromFlow("text")).toThrow(RefusedError);
});
