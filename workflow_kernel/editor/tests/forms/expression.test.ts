import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fieldReference, insertionAt, literal, toExpression, toFixed, withReference } from "../../src/forms/expression";
import type { Json } from "../../src/model/types";

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);

describe("a fixed value as an expression", () => {
  it.each(["python", "javascript"] as const)("is told again without evaluating it, in %s", (language) => {
    fc.assert(
      fc.property(json.filter((value) => typeof value === "number" || typeof value === "boolean" || typeof value === "object"), (value) => {
        if (value === null) return;
        expect(toFixed(toExpression(value, language))).toEqual(value);
      }),
    );
  });

  it("keeps a text as it reads", () => {
    expect(toExpression("Dear customer", "python")).toBe("=Dear customer");
    expect(toFixed("=Dear customer")).toBe("Dear customer");
  });

  it("writes Python's own words", () => {
    expect(literal({ a: [true, null], b: "None" }, "python")).toBe('{"a": [True, None], "b": "None"}');
    expect(toFixed('={{ {"a": [True, None], "b": "None"} }}')).toEqual({ a: [true, null], b: "None" });
  });

  it("cannot be told where code would have to run", () => {
    expect(toFixed("={{ $json.a }}")).toBeUndefined();
    expect(toFixed("=a {{ 1 }}")).toBeUndefined();
  });
});

describe("a reference", () => {
  it("is written so that any name can be reached", () => {
    expect(fieldReference(null, ["a", "first name", 0, "_x"]).code).toBe('$json.a["first name"][0]["_x"]');
    expect(fieldReference("Set fields", ["total"]).code).toBe("$('Set fields').item.json.total");
    expect(fieldReference("Ann's node", ["total"]).code).toBe('$("Ann\'s node").item.json.total');
  });

  it("is named after the last field on its path", () => {
    expect(fieldReference(null, ["orders", 0, "id"]).name).toBe("id");
    expect(fieldReference(null, ["orders", 0]).name).toBe("orders");
  });

  it("takes the place of a value, or stands at the end of a text", () => {
    const price = fieldReference(null, ["price"]);
    expect(withReference(undefined, price, true)).toBe("={{ $json.price }}");
    expect(withReference(12, price, false)).toBe("={{ $json.price }}");
    expect(withReference("Price: ", price, true)).toBe("=Price: {{ $json.price }}");
    expect(withReference("=a{{ 1 }}", price, false)).toBe("=a{{ 1 }}{{ $json.price }}");
  });

  it("needs no braces inside code", () => {
    const price = fieldReference(null, ["price"]);
    expect(insertionAt("=a {{ 1 +  }}", 10, price)).toBe("$json.price");
    expect(insertionAt("=a {{ 1 }}", 2, price)).toBe("{{ $json.price }}");
  });
});
