import { describe, expect, it } from "vitest";
import { PAGE, Pages, firstItems } from "../../src/data/pages";
import { heldSource } from "../../src/data/source";
import type { DataSource } from "../../src/data/source";

interface Counted {
  readonly source: DataSource;
  readonly offsets: number[];
  fails: boolean;
}

function counted(total: number): Counted {
  const made: Counted = {
    offsets: [], fails: false,
    source: {
      key: "k", execution: null,
      load: (offset, limit) => {
        made.offsets.push(offset);
        if (made.fails) return Promise.reject(new Error("The server is away."));
        const count = Math.max(Math.min(limit, total - offset), 0);
        return Promise.resolve({ items: Array.from({ length: count }, (_, index) => ({ json: { n: offset + index } })), offset, total, kind: "items" });
      },
    },
  };
  return made;
}

const settle = () => new Promise((resolve) => { setTimeout(resolve, 0); });

describe("pages of many items", () => {
  it("are asked for when they are looked at, and once", async () => {
    const { source, offsets } = counted(100_000);
    const pages = new Pages(source);
    pages.want(0, 30);
    pages.want(0, 30);
    await settle();
    pages.want(50_010, 50_130);
    pages.want(50_020, 50_140);
    await settle();
    expect(offsets).toEqual([0, 50_000, 50_100]);
    expect(pages.item(50_101)?.json).toEqual({ n: 50_101 });
    expect(pages.item(70_000)).toBeUndefined();
    expect(pages.get().total).toBe(100_000);
  });

  it("are never asked for beyond the end", async () => {
    const { source, offsets } = counted(120);
    const pages = new Pages(source);
    pages.want(0, 30);
    await settle();
    pages.want(100, 5_000);
    await settle();
    expect(offsets).toEqual([0, 100]);
  });

  it("are forgotten when many others have been looked at since, and asked for again", async () => {
    const { source, offsets } = counted(100_000);
    const pages = new Pages(source);
    pages.want(0, 1);
    await settle();
    for (let page = 1; page <= 60; page++) {
      pages.want(page * PAGE, page * PAGE + 1);
      await settle();
    }
    expect(pages.get().pages.size).toBeLessThanOrEqual(40);
    expect(pages.item(0)).toBeUndefined();
    pages.want(0, 1);
    await settle();
    expect(pages.item(0)?.json).toEqual({ n: 0 });
    expect(offsets.filter((offset) => offset === 0)).toHaveLength(2);
  });

  it("that cannot be loaded say why, and are asked for again when wished", async () => {
    const made = counted(300);
    made.fails = true;
    const pages = new Pages(made.source);
    pages.want(0, 1);
    await settle();
    expect(pages.get().message).toBe("The server is away.");
    pages.want(0, 1);
    expect(made.offsets).toHaveLength(1);
    made.fails = false;
    pages.retry();
    await settle();
    expect(pages.get()).toMatchObject({ message: "", total: 300 });
  });

  it("give the first items up to a gap", async () => {
    const pages = new Pages(counted(1_000).source);
    pages.want(0, 150);
    await settle();
    pages.want(0, 150);
    pages.want(500, 501);
    await settle();
    expect(firstItems(pages.get(), 1_000)).toHaveLength(200);
  });
});

describe("data held here", () => {
  it("are searched in all values", async () => {
    const source = heldSource([{ name: "Ada" }, { name: "Grace", city: { name: "New York" } }], "k");
    expect(await source.load(0, 10, "york")).toMatchObject({ total: 1, items: [{ json: { name: "Grace" } }] });
  });
});
