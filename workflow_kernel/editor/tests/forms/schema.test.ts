import { describe, expect, it } from "vitest";
import { checkField, checkValue } from "../../src/forms/checks";
import { operatorFor } from "../../src/forms/operators";
import { emptyOf, fieldsOf, shapeOf } from "../../src/forms/schema";
import { visibleFields } from "../../src/forms/visible";
import { optionLabel, titleOf } from "../../src/forms/words";
import type { JsonSchema } from "../../src/model/types";

const definitions: Record<string, JsonSchema> = {
  Pair: { type: "object", title: "Pair", properties: { name: { type: "string" }, value: {} }, required: ["name"] },
};

describe("the shape of a value", () => {
  it.each<[string, JsonSchema, string]>([
    ["a text", { type: "string" }, "text"],
    ["a secret", { type: "string", ui: { secret: true } }, "password"],
    ["a number with bounds and a slider", { type: "integer", minimum: 0, maximum: 9, ui: { widget: "slider" } }, "number"],
    ["yes or no", { type: "boolean" }, "boolean"],
    ["yes, no or nothing", { anyOf: [{ type: "boolean" }, { type: "null" }] }, "choice"],
    ["a number or nothing", { anyOf: [{ type: "integer" }, { type: "null" }] }, "number"],
    ["any number", { anyOf: [{ type: "number" }, { type: "integer" }, { type: "null" }] }, "number"],
    ["a closed set", { enum: ["a", "b"], type: "string" }, "choice"],
    ["a closed set with titles", { oneOf: [{ const: "a", title: "First" }, { const: "b" }] }, "choice"],
    ["several of a closed set", { type: "array", items: { enum: ["a", "b"] } }, "choices"],
    ["a list of texts", { type: "array", items: { type: "string" } }, "list"],
    ["a list of groups", { type: "array", items: { $ref: "#/$defs/Pair" } }, "models"],
    ["a group", { $ref: "#/$defs/Pair" }, "model"],
    ["names and values", { type: "object", additionalProperties: true }, "key-value"],
    ["a date", { type: "string", format: "date-time" }, "date"],
    ["one of several kinds", { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] }, "union"],
    ["anything", {}, "any"],
    ["what is loaded", { type: "string", ui: { load: "load_tables" } }, "resource"],
    ["code", { type: "string", ui: { widget: "code", language: "sql" } }, "code"],
    ["a colour", { type: "string", ui: { widget: "color" } }, "color"],
  ])("of %s", (_, schema, kind) => {
    expect(shapeOf(schema, definitions).kind).toBe(kind);
  });

  it("of a reference keeps the default and the hints beside it", () => {
    const [field] = fieldsOf({ properties: { pair: { $ref: "#/$defs/Pair", default: { name: "a" }, description: "What it is for.", ui: { section: "Options" } } } }, definitions);
    expect(field).toMatchObject({ default: { name: "a" }, description: "What it is for.", hints: { section: "Options" }, title: "Pair" });
  });

  it("tells what a new entry starts as", () => {
    expect(emptyOf({ $ref: "#/$defs/Pair" }, definitions)).toEqual({ name: "" });
    expect(emptyOf({ type: "integer", minimum: 1 }, definitions)).toBe(1);
  });
});

describe("fields that hang on others", () => {
  const fields = fieldsOf({
    properties: {
      mode: { enum: ["a", "b"], default: "a" }, first: { type: "string", ui: { show: { mode: "a" } } }, second: { type: "string", ui: { show: { mode: ["b", "c"] } } },
      third: { type: "string", ui: { show: { second: "x" } } },
    },
  }, {});
  const names = (values: Record<string, string>) => visibleFields(fields, values).map((field) => field.name);

  it("are shown by the default of the other", () => { expect(names({})).toEqual(["mode", "first"]); });
  it("are shown by its value", () => { expect(names({ mode: "b" })).toEqual(["mode", "second"]); });
  it("are hidden with what they hang on", () => { expect(names({ mode: "a", second: "x" })).toEqual(["mode", "first"]); });
  it("are shown while an expression decides", () => { expect(names({ mode: "={{ $json.mode }}" })).toEqual(["mode", "first", "second"]); });
});

describe("what is wrong with a value", () => {
  const fieldNamed = (schema: JsonSchema, required = false) => fieldsOf({ properties: { count: schema }, required: required ? ["count"] : [] }, {})[0]!;

  it.each<[JsonSchema, unknown, string | null]>([
    [{ type: "integer" }, 1.5, "This takes a whole number."],
    [{ type: "number", minimum: 1 }, 0, "This must be at least 1."],
    [{ type: "number", exclusiveMaximum: 1 }, 1, "This must be less than 1."],
    [{ type: "string", minLength: 1 }, "", "This must not be empty."],
    [{ type: "string", pattern: "^a" }, "b", "'b' has not the form that is needed here."],
    [{ type: "string", pattern: "(?P<python>a)" }, "b", null],
    [{ enum: ["a"] }, "b", "'b' is none of the choices."],
    [{ anyOf: [{ type: "string" }, { type: "null" }] }, null, null],
    [{ anyOf: [{ type: "integer" }, { type: "null" }] }, "x", "This takes a number."],
  ])("%j and %j", (schema, value, message) => {
    expect(checkValue(schema, value as never)).toBe(message);
  });

  it("is nothing where an expression will tell", () => {
    expect(checkField(fieldNamed({ type: "integer" }), "={{ $json.n }}")).toBeNull();
  });

  it("is that a needed one is missing", () => {
    expect(checkField(fieldNamed({ type: "string" }, true), undefined)).toBe("Count is needed.");
    expect(checkField(fieldNamed({ type: "string" }, true), "")).toBe("Count is needed.");
    expect(checkField(fieldNamed({ type: "string" }), undefined)).toBeNull();
  });
});

describe("words", () => {
  it.each([["output_url", "Output Url", "Output URL"], ["split_by", "Split by", "Split by"], ["field1", "Field1", "Field 1"], ["x", "What it is", "What it is"]])("the title of %s", (name, title, shown) => {
    expect(titleOf(name, title)).toBe(shown);
  });
  it.each([["count_unique", "Count unique"], ["sha256", "sha256"], ["GET", "GET"], ["html", "HTML"], ["", "(empty)"], ["input1", "Input 1"], [null, "Not set"], [true, "Yes"]])("the choice %j", (value, shown) => {
    expect(optionLabel(value)).toBe(shown);
  });
  it("a comparison stays when the type changes, where there is such a one", () => {
    const known = ["string.equals", "string.contains", "number.equals", "number.larger"];
    expect(operatorFor("number", "string.equals", known)).toBe("number.equals");
    expect(operatorFor("number", "string.contains", known)).toBe("number.equals");
  });
});
