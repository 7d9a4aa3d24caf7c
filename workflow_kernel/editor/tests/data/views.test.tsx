// @vitest-environment jsdom
import { useState } from "react";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DataView, runSource } from "../../src/data";
import type { DataWay } from "../../src/data";
import { HtmlFrame } from "../../src/data/HtmlFrame";
import { REFERENCE } from "../../src/forms/drag";
import { fieldReference } from "../../src/forms/expression";
import type { Reference } from "../../src/forms/expression";
import type { Item } from "../../src/model/types";
import { TestHost } from "../panel/host";

afterEach(cleanup);

const made = (index: number): Item => ({ json: { id: index, name: `Name ${index}`, price: index / 2, inner: { deep: [index] } } });
let host: TestHost;
beforeEach(() => {
  host = new TestHost({ results: { n: { items: { main: { total: 100_000, at: made } } } } });
});

interface Options {
  readonly failing?: number;
  readonly inserted?: (reference: Reference) => void;
  readonly onCurrent?: (index: number) => void;
}

function show(first: DataWay, { failing, inserted, onCurrent }: Options = {}) {
  const source = runSource(host.runs, { execution: "1", node: "n", run_index: 0, side: "output", port: "main" });
  function Host() {
    const [way, setWay] = useState(first);
    return <DataView source={source} label="Input" way={way} onWay={setWay} runs={host.runs} refer={(path) => fieldReference(null, path)} failing={failing ?? null} onInsert={inserted} current={0} onCurrent={onCurrent} />;
  }
  return render(<Host />);
}

const offsets = () => host.asked.map((request) => request.offset);

describe("a table of 100,000 items", () => {
  it("loads and draws only what is seen", async () => {
    show("table");
    await screen.findByText("Name 0");
    expect(offsets()).toEqual([0]);
    expect(screen.getByRole("grid").getAttribute("aria-rowcount")).toBe("100001");
    expect(screen.getAllByRole("row").length).toBeLessThan(40);
  });

  it("loads the pages around the place it is scrolled to, and none between", async () => {
    const { container } = show("table");
    await screen.findByText("Name 0");
    const box = container.querySelector(".wf-table-box")!;
    box.scrollTop = 30 * 60_000;
    fireEvent.scroll(box);
    await screen.findByText("Name 60005");
    expect(offsets().every((offset) => offset === 0 || Math.abs(offset - 60_000) <= 100)).toBe(true);
    expect(screen.queryByText("Name 0")).toBeNull();
  });

  it("goes to the end by the keyboard and shows a whole value by Enter", async () => {
    show("table");
    await screen.findByText("Name 0");
    const grid = screen.getByRole("grid");
    grid.focus();
    await userEvent.keyboard("{ArrowDown}{Control>}{End}{/Control}");
    await screen.findByText("Name 99999");
    await userEvent.keyboard("{Enter}");
    const dialog = await screen.findByRole("dialog", { name: "inner of item 100000" });
    await waitFor(() => { expect(dialog.textContent).toContain("deep"); });
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(document.activeElement).toBe(grid);
  });

  it("copies a cell", async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal("navigator", Object.assign(Object.create(navigator) as Navigator, { clipboard: { writeText } }));
    show("table");
    await screen.findByText("Name 0");
    screen.getByRole("grid").focus();
    fireEvent.keyDown(screen.getByRole("grid"), { key: "ArrowDown" });
    fireEvent.keyDown(screen.getByRole("grid"), { key: "ArrowRight" });
    fireEvent.keyDown(screen.getByRole("grid"), { key: "c", ctrlKey: true });
    expect(writeText).toHaveBeenCalledWith("Name 0");
    vi.unstubAllGlobals();
  });

  it("shows the item the node failed at", async () => {
    const { container } = show("table", { failing: 40_123 });
    await screen.findByText("Name 40123");
    expect(container.querySelector("[data-failing] .wf-table-index")?.textContent).toBe("40124");
  });

  it("has headers that are dragged as references", async () => {
    show("table");
    const header = await screen.findByRole("columnheader", { name: /price/ });
    const data = new Map<string, string>();
    fireEvent.dragStart(header, { dataTransfer: { setData: (type: string, text: string) => data.set(type, text), effectAllowed: "" } });
    expect(JSON.parse(data.get(REFERENCE) ?? "")).toEqual({ code: "$json.price", name: "price" });
    expect(data.get("text/plain")).toBe("{{ $json.price }}");
  });

  it("has columns that are made wider by the keyboard", async () => {
    show("table");
    const edge = await screen.findByRole("separator", { name: "Width of name" });
    const before = Number(edge.getAttribute("aria-valuenow"));
    edge.focus();
    await userEvent.keyboard("{ArrowRight}");
    expect(Number(screen.getByRole("separator", { name: "Width of name" }).getAttribute("aria-valuenow"))).toBe(before + 16);
  });

  it("chooses the item that results are shown for", async () => {
    const onCurrent = vi.fn();
    show("table", { onCurrent });
    await userEvent.click(await screen.findByRole("button", { name: "Preview expressions with item 4" }));
    expect(onCurrent).toHaveBeenCalledWith(3);
  });

  it("is searched by the host", async () => {
    show("table");
    await screen.findByText("Name 0");
    await userEvent.click(screen.getByRole("button", { name: "Search" }));
    await userEvent.type(screen.getByLabelText("Search Input"), "ada");
    await waitFor(() => { expect(host.asked.at(-1)?.search).toBe("ada"); });
  });
});

describe("JSON of 100,000 items", () => {
  it("is shown by the page, and loads only that", async () => {
    show("json");
    await screen.findByText(/"Name 0"/);
    await userEvent.click(screen.getByRole("button", { name: "Last page" }));
    await screen.findByText(/"Name 99950"/);
    expect(offsets()).toEqual([0, 99_900]);
  });

  it("goes to an item by its number", async () => {
    show("json");
    await screen.findByText(/"Name 0"/);
    const place = screen.getByLabelText("Go to item");
    await userEvent.clear(place);
    await userEvent.type(place, "50001{Enter}");
    await screen.findByText(/"Name 50000"/);
    expect(offsets()).toEqual([0, 50_000]);
  });

  it("folds by the arrow keys", async () => {
    const { container } = show("json");
    await screen.findByText(/"Name 0"/);
    screen.getByRole("tree").focus();
    await userEvent.keyboard("{ArrowLeft}");
    await waitFor(() => { expect(container.querySelector(".wf-json-closed")?.textContent).toBe("{4 fields}"); });
  });
});

describe("the fields", () => {
  it("are put into a field by Enter, nested ones too", async () => {
    const inserted = vi.fn();
    show("schema", { inserted });
    const first = (await screen.findByText("id")).closest<HTMLElement>("[role=treeitem]")!;
    first.focus();
    await userEvent.keyboard("{ArrowDown}{ArrowDown}{ArrowDown}{ArrowDown}{Enter}");
    expect(inserted).toHaveBeenCalledWith({ code: "$json.inner.deep", name: "deep" });
  });

  it("are searched by their names", async () => {
    show("schema");
    await screen.findByText("id");
    await userEvent.click(screen.getByRole("button", { name: "Search" }));
    await userEvent.type(screen.getByLabelText("Search Input"), "dee");
    await waitFor(() => { expect(screen.queryByText("price")).toBeNull(); });
    expect(screen.getByText("dee")).toBeTruthy();
    expect(host.asked.every((request) => request.search === undefined)).toBe(true);
  });
});

describe("a chart", () => {
  it("is drawn of the first items and not of all", async () => {
    show("chart");
    expect(await screen.findByRole("img", { name: "How the values of price are spread" })).toBeTruthy();
    await screen.findByText(/2,000 values of 2,000 items, the first of 100,000/);
    expect(Math.max(...offsets())).toBeLessThan(2_000);
    await userEvent.click(screen.getByRole("radio", { name: "Line" }));
    expect(screen.getByRole("img", { name: "price by item" })).toBeTruthy();
  });
});

describe("files of items", () => {
  it("are listed and looked at", async () => {
    host = new TestHost({ results: { n: { items: { main: [{ json: {}, binary: { data: { mimeType: "image/png", fileName: "chart.png", fileSize: 2_000, ref: "data:image/png;base64,AA==" } } }] } } } });
    show("files");
    await userEvent.click((await screen.findAllByRole("button", { name: "Look at chart.png" }))[0]!);
    expect((await screen.findByRole("img", { name: "chart.png" })).getAttribute("src")).toBe("data:image/png;base64,AA==");
  });
});

describe("HTML from data", () => {
  it("can run nothing and reach nothing", () => {
    render(<HtmlFrame html="<script>top.x = 1</script><img src='https://example.com/a.png'>" title="Page" />);
    const frame = screen.getByTitle("Page");
    expect(frame.getAttribute("sandbox")).toBe("");
    expect(frame.getAttribute("srcdoc")).toMatch(/^<meta http-equiv="Content-Security-Policy" content="default-src 'none'/);
  });
});
