import { describe, expect, test } from "vitest";
import { makeNode, EMPTY } from "../../src/model/defaults";
import { codeReferencesOf, referencesOf, renameChanges, renameInCode, renameInExpression, split } from "../../src/model/references";
import type { NodeTypeInfo } from "../../src/model/types";

// The same cases as tests/expressions/test_parse.py, so that both sides rename alike.
describe("names in expressions", () => {
  test.each<[string, string[]]>([
    ["={{ $('A').item.json.x }}", ["A"]],
    ['={{ $("A B").first() }} {{ $(`C`).all() }}', ["A B", "C"]],
    ['={{ $node["A"].json.b + $node.B1.json.c }}', ["A", "B1"]],
    ["={{ $items('A', 0, 1)[0].json }}", ["A"]],
    [String.raw`={{ $('It\'s \u0041').item }}`, ["It's A"]],
    ["={{ `${ $('A').item.json.x }` }}", ["A"]],
    ["={{ \"$('A')\" }}", []],
    ["={{ 1 /* $('A') */ }}", []],
    ["={{ x.$('A') }}", []],
    ["$('A')", []],
    ["={{ $($json.name).item }}", []],
    ["={{ $items().length }}", []],
    ["={{ /}}'/.test($('A').x) }}", ["A"]],
  ])("%s", (text, names) => {
    expect(referencesOf(text)).toEqual(names);
  });

  test.each([
    ["={{ $('A').item }} A", "={{ $('B b').item }} A"],
    ['={{ $("A").item }}{{ $("C").x }}', '={{ $("B b").item }}{{ $("C").x }}'],
    ["={{ $node.A.json.x }}", '={{ $node["B b"].json.x }}'],
    ["={{ $node['A'].json.A }}", "={{ $node['B b'].json.A }}"],
    ["={{ \"$('A')\" }}", "={{ \"$('A')\" }}"],
    ["$('A')", "$('A')"],
  ])("renaming rewrites references only: %s", (before, after) => {
    expect(renameInExpression(before, "A", "B b")).toBe(after);
  });

  test("quotes are escaped and short names stay short", () => {
    expect(renameInExpression("={{ $('A') }}", "A", "It's")).toBe(String.raw`={{ $('It\'s') }}`);
    expect(renameInExpression("={{ $node.A.json }}", "A", "B")).toBe("={{ $node.B.json }}");
  });

  test("names in code", () => {
    const code = "const x = $('A').all();\n// $('B')\nreturn $items('C');";
    expect(codeReferencesOf(code)).toEqual(["A", "C"]);
    expect(renameInCode(code, "A", "Z")).toContain("$('Z').all()");
  });

  test("pieces of a text", () => {
    expect(split(String.raw`=a \{{ b }} {{ c }}`).map((part) => [part.text, part.isCode])).toEqual([["a {{ b }} ", false], [" c ", true]]);
    expect(split("=a {{ b").map((part) => part.text)).toEqual(["a {{ b"]);
  });
});

test("renaming a node rewrites expressions and code, and leaves texts alone", () => {
  const info = { parameters: { properties: { code: { ui: { expression: false } } } } } as unknown as NodeTypeInfo;
  const a = makeNode({ id: "a", name: "A", type: "t.t" });
  const b = makeNode({
    id: "b", name: "B", type: "t.t",
    parameters: { code: "return $('A').all()", list: [{ value: "={{ $('A').first() }}" }], plain: "$('A')" },
  });
  const workflow = { ...EMPTY, nodes: { a, b } };
  expect(renameChanges(workflow, a, "New", () => info)).toEqual([
    { type: "RenameNode", node: "a", name: "New" },
    { type: "SetParameter", node: "b", path: ["code"], value: "return $('New').all()" },
    { type: "SetParameter", node: "b", path: ["list", 0, "value"], value: "={{ $('New').first() }}" },
  ]);
});
