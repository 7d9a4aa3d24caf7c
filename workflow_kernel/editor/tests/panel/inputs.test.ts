import { describe, expect, it } from "vitest";
import { fromFlow } from "../../src/model/flow";
import { countOf, inputOptions, neighbours, sourceOf } from "../../src/panel/inputs";
import { SETTINGS, settingChange, settingsOf } from "../../src/panel/settings";
import { fieldsOf } from "../../src/forms/schema";
import { makeNode } from "../../src/model/defaults";
import { TestHost } from "./host";

/*
 * start ─ fetch ─ set ─┬─ input1
 *    └──── read ───────┴─ input2  merge
 */
const workflow = fromFlow({
  format: "workflow/1", name: "W",
  nodes: {
    start: { name: "Start", type: "flow.manual_trigger" }, fetch: { name: "Fetch", type: "web.http_request" }, set: { name: "Set", type: "data.set" },
    read: { name: "Read", type: "files.read_file", pin: { main: [{ a: 1 }, { a: 2 }] } }, merge: { name: "Merge", type: "flow.merge" },
  },
  edges: [["start", "fetch"], ["start", "read"], ["fetch", "set"]].map(([a, b]) => ({ source: [a!, "main"], target: [b!, "main"] })).concat([
    { source: ["set", "main"], target: ["merge", "input1"] }, { source: ["read", "main"], target: ["merge", "input2"] },
  ]),
});

describe("the data before a node", () => {
  it("are its own inputs first, then earlier nodes, the nearest first and each once", () => {
    expect(inputOptions(workflow, "merge").map((option) => [option.node.name, option.target])).toEqual([
      ["Set", "input1"], ["Read", "input2"], ["Start", null], ["Fetch", null],
    ]);
  });

  it("of a pinned node are its pins, of others what they sent", async () => {
    const options = inputOptions(workflow, "merge");
    const host = new TestHost();
    const [set, read] = options;
    expect(countOf(read!, null)).toBe(2);
    expect(await sourceOf(read!, null, host.runs, 0)?.load(0, 10, "")).toMatchObject({ total: 2 });
    expect(sourceOf(set!, null, host.runs, 0)).toBeNull();
  });

  it("end at a cycle", () => {
    const loop = fromFlow({
      format: "workflow/1", name: "L", nodes: { a: { name: "A", type: "flow.loop" }, b: { name: "B", type: "data.set" } },
      edges: [{ source: ["a", "loop"], target: ["b", "main"] }, { source: ["b", "main"], target: ["a", "main"] }],
    });
    expect(inputOptions(loop, "a").map((option) => option.node.name)).toEqual(["B"]);
    expect(inputOptions(loop, "b").map((option) => option.node.name)).toEqual(["A"]);
  });

  it("knows the nodes beside it", () => {
    const found = neighbours(workflow, "start");
    expect([found.before, found.after].map((nodes) => nodes.map((node) => node.name))).toEqual([[], ["Fetch", "Read"]]);
  });
});

describe("the settings of a node", () => {
  const node = makeNode({ id: "n", name: "N", type: "data.set", on_error: "branch", retry: { tries: 3, wait: 1, backoff: 1, max_wait: 300, jitter: 0 }, resources: { cpus: null, gpus: 1, memory: null, custom: {}, packages: [], placement: "data" } });

  it("are those that differ from the defaults", () => {
    expect(settingsOf(node)).toEqual({ on_error: "branch", retry: { tries: 3 }, resources: { gpus: 1 } });
    expect(settingsOf(makeNode({ id: "n", name: "N", type: "data.set" }))).toEqual({});
  });

  it("are set in whole or in part, and go back to their default", () => {
    expect(settingChange(node, ["timeout"], 30)).toEqual({ type: "SetNodeField", node: "n", field: "timeout", value: 30 });
    expect(settingChange(node, ["retry", "wait"], 5)).toMatchObject({ field: "retry", value: { tries: 3, wait: 5 } });
    expect(settingChange(node, ["retry", "tries"], undefined)).toMatchObject({ field: "retry", value: { tries: 1 } });
    expect(settingChange(node, ["retry"], undefined)).toMatchObject({ field: "retry", value: { tries: 1, wait: 1 } });
    expect(settingChange(node, ["name"], "x")).toBeNull();
  });

  it("say memory in megabytes, and keep it in bytes", () => {
    expect(settingChange(node, ["resources", "memory"], 1.5)).toMatchObject({ value: { gpus: 1, memory: 1_500_000 } });
    expect(settingsOf({ ...node, resources: { ...node.resources, memory: 2_000_000_000 } }).resources).toEqual({ gpus: 1, memory: 2000 });
  });

  it("are all in the form", () => {
    expect(fieldsOf(SETTINGS, {}).map((field) => field.name)).toEqual(["on_error", "disabled", "execute_once", "always_output", "cache", "timeout", "retry", "resources"]);
  });
});
