import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Arrived, FlowDocument, Saved } from "../../src/client/client";
import { arrivalText } from "../../src/model/arrival";
import { fromFlow } from "../../src/model/flow";
import { Saver } from "../../src/model/saver";
import type { Workflow } from "../../src/model/types";

const flow = (...names: string[]): FlowDocument => ({
  format: "workflow/1", name: "Orders", nodes: Object.fromEntries(names.map((name) => [name, { name, type: "data.set" }])),
});

function world() {
  let current: Workflow = fromFlow(flow("a"));
  let told: () => void = () => undefined;
  let newest: Arrived | null = null;
  const accepted: number[] = [];
  const shown: [number, boolean][] = [];
  const answers: ((saved: Saved) => void)[] = [];
  const arrived = (version: number, ...names: string[]): Arrived => ({
    document: flow(...names), conflicts: [], version, accept: () => { accepted.push(version); },
  });
  const saver = new Saver(
    {
      save: () => new Promise<Saved>((resolve) => { answers.push(resolve); }),
      others: { watch: (call) => { told = call; return () => undefined; }, newest: () => Promise.resolve(newest) },
    },
    {
      current: () => current, onFail: () => undefined,
      onArrived: ({ document, version }, isMerged) => { current = fromFlow(document); shown.push([version, isMerged]); },
    },
  );
  const edit = (...names: string[]) => { current = fromFlow(flow(...names)); saver.changed(); };
  const answer = async (saved: Partial<Saved> = {}) => { answers.shift()?.({ at: 1, ...saved }); await vi.advanceTimersByTimeAsync(0); };
  const others = async (arrivedNow: Arrived) => { newest = arrivedNow; told(); await vi.advanceTimersByTimeAsync(0); };
  return { saver, edit, answer, others, arrived, accepted, shown, answers, names: () => Object.keys(current.nodes) };
}

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

describe("others save the same workflow", () => {
  test("it is shown at once where nothing is unsaved here", async () => {
    const { others, arrived, accepted, shown, names } = world();
    await others(arrived(2, "a", "theirs"));
    expect([names(), shown, accepted]).toEqual([["a", "theirs"], [[2, false]], [2]]);
  });

  test("with edits here both are saved together, and shown", async () => {
    const { edit, others, answer, arrived, shown, answers, names, saver } = world();
    edit("a", "mine");
    await others(arrived(2, "a", "theirs"));
    expect(answers.length).toBe(1);
    await answer({ merged: arrived(2, "a", "mine", "theirs") });
    expect([names(), shown, saver.state.get()]).toEqual([["a", "mine", "theirs"], [[2, true]], "saved"]);
  });

  test("what is edited while that is saved is not overwritten: the next save brings it together anew", async () => {
    const { edit, answer, arrived, accepted, answers, names, saver } = world();
    edit("a", "mine");
    void saver.save();
    edit("a", "mine", "more");
    await answer({ merged: arrived(2, "a", "mine", "theirs") });
    expect([names(), accepted, saver.state.get()]).toEqual([["a", "mine", "more"], [], "dirty"]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(answers.length).toBe(1);
    await answer({ merged: arrived(3, "a", "mine", "more", "theirs") });
    expect([names(), accepted]).toEqual([["a", "mine", "more", "theirs"], [3]]);
  });

  test("what both changed is named", () => {
    const told = arrivalText(fromFlow(flow("a")), { conflicts: ["nodes.a.parameters.url"], version: 4, isMerged: true });
    expect(told).toEqual({ text: "Somebody else changed the same as you: url of a. Yours was kept.", mend: "Theirs is version 4; see Versions." });
  });
});
