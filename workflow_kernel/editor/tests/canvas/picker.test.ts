import { describe, expect, test } from "vitest";
import { sectionsOf } from "../../src/canvas/chrome/pickerRows";
import type { NodeTypeInfo } from "../../src/model/types";
import { info, TYPES } from "../world";

const many: readonly NodeTypeInfo[] = [...TYPES, ...Array.from({ length: 100 }, (_, number) => ({ ...info("data.set"), type: `data.x${String(number)}`, title: `Kind ${String(number)}` }))];
const titles = (...given: Parameters<typeof sectionsOf>) => sectionsOf(...given).map((section) => `${section.title}: ${String(section.rows.length)}`);

describe("the node picker", () => {
  test("lists all types of an installation with few, triggers first where nothing comes before", () => {
    expect(titles(TYPES, "", null, [], true)[0]).toBe("Triggers: 2");
    expect(titles(TYPES, "", null, ["data.set"], false).at(0)).toBe("Recently used: 1");
    expect(titles(TYPES, "", null, [], false).at(-1)).toBe("Triggers: 2");
  });

  test("lists families where there are many types, and a family when it was chosen", () => {
    const [all] = sectionsOf(many, "", null, [], true);
    expect(all?.rows.map((row) => (row.kind === "family" ? row.family : row.kind))).toContain("data");
    const [data] = sectionsOf(many, "", "data", [], true);
    expect(data?.rows[0]).toEqual({ kind: "back" });
    expect(data?.rows).toHaveLength(102);
  });

  test("finds types of every family, but not without end", () => {
    expect(titles(many, "python", "data", [], true)).toEqual(["Results: 1"]);
    expect(titles(many, "kind", null, [], true)).toEqual(["Results: 60"]);
    expect(titles(many, "no such thing", null, [], true)).toEqual([]);
  });
});
