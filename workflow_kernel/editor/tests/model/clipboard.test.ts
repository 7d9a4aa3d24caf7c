import { expect, test } from "vitest";
import { copyText, paste, readClip } from "../../src/model/clipboard";
import { together } from "../../src/model/change";
import { edge, info, makeEditor } from "../world";

test("a copy comes back with new ids and names, its edges and expressions among itself", async () => {
  const editor = await makeEditor();
  const text = copyText(editor.workflow.get(), new Set(["a", "b"]))!;
  const clip = readClip(text);
  if (clip.kind !== "flow") throw new Error("It is ours.");
  const { changes, ids } = paste(editor.workflow.get(), clip.workflow, null, (node) => info(node.type));
  editor.apply(together(...changes));
  const [first, second] = ids.map((id) => editor.node(id)!);
  expect([first?.name, second?.name]).toEqual(["A 2", "B 2"]);
  expect(second?.parameters.value).toBe("={{ $('A 2').item.json.x }}");
  expect(editor.workflow.get().edges.map((one) => one.id)).toContain(edge(ids[0]!, ids[1]!).id);
  editor.undo();
  expect(Object.keys(editor.workflow.get().nodes)).toHaveLength(4);
});

test("names that exchange places are followed both", async () => {
  const editor = await makeEditor({
    nodes: { a: { name: "A", type: "data.set" }, b: { name: "A 2", type: "data.set" }, c: { name: "C", type: "data.set", parameters: { value: "={{ $('A').x }} {{ $('A 2').x }}" } } }, edges: [],
  });
  const clip = readClip(copyText(editor.workflow.get(), new Set(["a", "b", "c"]))!);
  if (clip.kind !== "flow") throw new Error("It is ours.");
  const { changes } = paste(editor.workflow.get(), clip.workflow, null, (node) => info(node.type));
  editor.apply(together(...changes));
  const copy = Object.values(editor.workflow.get().nodes).find((node) => node.name === "C 2");
  expect(copy?.parameters.value).toBe("={{ $('A 3').x }} {{ $('A 4').x }}");
});

test("a group is copied with all of its nodes only", async () => {
  const editor = await makeEditor();
  editor.apply({ type: "PutGroup", group: { id: "g", title: "G", nodes: ["a", "b"], color: "" } });
  const groups = (ids: string[]) => {
    const clip = readClip(copyText(editor.workflow.get(), new Set(ids))!);
    return clip.kind === "flow" ? Object.keys(clip.workflow.groups) : [];
  };
  expect(groups(["a"])).toEqual([]);
  expect(groups(["a", "b"])).toEqual(["g"]);
});

test("other texts are told apart", () => {
  expect(readClip("hello").kind).toBe("none");
  expect(readClip("{ no json").kind).toBe("none");
  expect(readClip('{"a": 1}').kind).toBe("none");
  expect(readClip('{"nodes": [], "connections": {}}').kind).toBe("foreign");
  expect(readClip('{"format": "workflow/1", "nodes": {}}').kind).toBe("flow");
});
