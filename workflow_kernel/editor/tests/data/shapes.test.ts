import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attachmentsIn, previewOf } from "../../src/data/attachments";
import { histogram, short, thinned, ticks } from "../../src/data/chart";
import { cellText, columnsOf } from "../../src/data/columns";
import { asTable } from "../../src/data/copy";
import { readItems } from "../../src/data/DataEditor";
import { describeFields, entriesOf } from "../../src/data/fields";
import { isHtml } from "../../src/data/HtmlFrame";
import { linesOf } from "../../src/data/jsonLines";
import type { PagesState } from "../../src/data/pages";
import type { Item, Json } from "../../src/model/types";

const items = (...values: Json[]): Item[] => values.map((json) => ({ json }));
const state = (found: Item[], more: Partial<PagesState> = {}): PagesState => ({ total: found.length, kind: "items", columns: undefined, pages: new Map([[0, found]]), message: "", isLoading: false, ...more });

describe("fields of sample data", () => {
  const fields = describeFields(items({ id: 1, at: "2026-01-31", tags: [], who: { name: "Ada" } }, { id: null, at: "2026-02-01T08:00:00Z", tags: ["a"], orders: [{ price: 2 }] }));

  it("have the types and an example of what was seen", () => {
    expect(fields.map(({ name, type, example, count }) => [name, type, example, count])).toEqual([
      ["id", "number", "1", 2], ["at", "date", "2026-01-31", 2], ["tags", "list", '["a"]', 2], ["who", "object", '{"name":"Ada"}', 1], ["orders", "list", '[{"price":2}]', 1],
    ]);
  });

  it("have references to what is inside them, into a list by its first entry", () => {
    const codes = entriesOf(fields, null).flatMap((entry) => [entry.reference.code, ...entry.fields.map((inner) => inner.reference.code)]);
    expect(codes).toEqual(["$json.id", "$json.at", "$json.tags", "$json.who", "$json.who.name", "$json.orders", "$json.orders[0].price"]);
  });
});

describe("columns", () => {
  it("are those of all items seen, in the order they were first met", () => {
    expect(columnsOf(state(items({ a: 1 }, { b: "x", a: 2 }))).map(({ name, type }) => [name, type])).toEqual([["a", "number"], ["b", "text"]]);
  });
  it("of a table are the table's own", () => {
    expect(columnsOf(state(items({ a: 1 }), { kind: "table", columns: [{ name: "b", type: "double" }, { name: "a", type: "int64" }] })).map(({ name, type }) => [name, type])).toEqual([["b", "double"], ["a", "int64"]]);
  });
  it("of plain values are one", () => {
    expect(columnsOf(state(items(3, "x"))).map((column) => column.name)).toEqual(["value"]);
  });
  it("show a text in one line", () => { expect(cellText("a\nb")).toBe("a ↵ b"); });
});

describe("items as a table of text", () => {
  it("are quoted where a separator, a quote or a line break stands in them", () => {
    expect(asTable(items({ a: 'say "hi"', b: "x,y" }, { a: { n: 1 }, b: null }), ["a", "b"], ",")).toBe('a,b\n"say ""hi""","x,y"\n"{""n"":1}",');
  });
});

describe("lines of JSON", () => {
  it("fold and unfold what is inside", () => {
    const value = { a: [1, 2], b: {} };
    expect(linesOf(value, new Map()).map((line) => [line.kind, line.name, line.depth])).toEqual([
      ["open", null, 0], ["open", "a", 1], ["leaf", 0, 2], ["leaf", 1, 2], ["close", null, 1], ["closed", "b", 1], ["close", null, 0],
    ]);
    expect(linesOf(value, new Map([[".a", false]])).map((line) => line.kind)).toEqual(["open", "closed", "closed", "close"]);
  });
  it("of a long list are folded at first", () => {
    expect(linesOf(Array.from({ length: 1_000 }, (_, index) => index), new Map())).toHaveLength(1);
  });
  it("tell the path of each value", () => {
    const found = linesOf({ a: [{ b: 1 }] }, new Map()).find((line) => line.kind === "leaf");
    expect(found?.path).toEqual(["a", 0, "b"]);
  });
});

describe("items that are written", () => {
  it.each([
    ['[{"a": 1}]', 1, ""], ['{"a": 1}', 1, ""], ["[]", 0, ""], ["[1]", null, 'Entry 1 is no object. Write items as {"name": "value"}.'],
  ])("%s", (text, count, message) => {
    const found = readItems(text);
    expect(found.items?.length ?? null).toBe(count);
    expect(found.message).toBe(message);
  });
  it("that are no JSON say so", () => { expect(readItems("{").message).toMatch(/^This is no JSON:/); });
});

describe("charts", () => {
  it("have every value in a bin", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 200 }), (values) => {
        expect(histogram(values).reduce((sum, bin) => sum + bin.count, 0)).toBe(values.length);
      }),
    );
  });
  it("have one bin for values too close together to be told apart", () => {
    for (const values of [[0, 5e-324], [1e6, 1e6 + 1e-9]]) expect(histogram(values)).toHaveLength(1);
  });
  it("have round ticks that span the values", () => {
    expect(ticks(0, 97)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(ticks(0.1, 0.32)).toEqual([0.1, 0.15, 0.2, 0.25, 0.3, 0.35]);
    expect(ticks(5, 5)).toEqual([5]);
  });
  it("keep the highs and lows of many points", () => {
    const values = Array.from({ length: 10_000 }, (_, index) => (index === 7_777 ? 99 : index === 2_222 ? -99 : 0));
    const found = thinned(values, 100).map((point) => point.value);
    expect(found.length).toBeLessThanOrEqual(202);
    expect([Math.min(...found), Math.max(...found)]).toEqual([-99, 99]);
  });
  it("tell large numbers in short", () => { expect([950, 12_345, 3_400_000].map(short)).toEqual(["950", "12.35k", "3.4M"]); });
});

describe("attachments", () => {
  it.each([["image/svg+xml", "image"], ["text/html; charset=utf-8", "html"], ["application/pdf", "pdf"], ["text/csv", "text"], ["application/vnd.api+json", "text"], ["application/zip", "none"], ["audio/mpeg", "audio"]])("of type %s are looked at as %s", (mimeType, kind) => {
    expect(previewOf({ mimeType, ref: "r" })).toBe(kind);
  });
  it("are found with their item", () => {
    const file = { mimeType: "text/csv", ref: "r" };
    expect(attachmentsIn([[4, { json: {}, binary: { data: file } }], [5, undefined]])).toEqual([{ item: 4, name: "data", attachment: file }]);
  });
});

describe("HTML in a value", () => {
  it.each([["<p>Hello</p>", true], ["<!doctype html><html></html>", true], ["a < b", false], ["<unknown>", false]])("%s", (text, expected) => {
    expect(isHtml(text)).toBe(expected);
  });
});
