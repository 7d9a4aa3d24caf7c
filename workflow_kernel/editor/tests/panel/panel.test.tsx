// @vitest-environment jsdom
import { act, cleanup, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { EditorView } from "@codemirror/view";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EditorContext, useReadable } from "../../src/canvas/context";
import type { FlowDocument } from "../../src/client/client";
import { WorkflowEditor } from "../../src/model/editor";
import type { Item, JsonObject } from "../../src/model/types";
import { NodePanel } from "../../src/panel";
import { TestHost } from "./host";
import type { HostOptions } from "./host";

const order = (index: number): Item => ({ json: { id: index, name: `Name ${index}`, price: index * 2 }, sources: [{ input: 0, item: index }] });
const FLOW: FlowDocument = {
  format: "workflow/1", name: "Orders",
  nodes: {
    start: { name: "Start", type: "flow.manual_trigger" },
    set: { name: "Prices", type: "data.set", parameters: { fields: [{ name: "gross", value: "={{ $json.price }}", type: "number" }] } },
    mail: { name: "Mail", type: "notify.send_email", parameters: { sender: "shop@example.com", to: "a@example.com" } },
    code: { name: "Code", type: "code.python", parameters: { code: "return items" } },
  },
  edges: [["start", "set"], ["set", "mail"], ["set", "code"]].map(([a, b]) => ({ source: [a!, "main"], target: [b!, "main"] })),
};
const RESULTS: HostOptions = { results: { start: { items: { main: { total: 100_000, at: order } } }, set: { items: { main: { total: 100_000, at: order } }, logs: [{ at: 0, level: "warning", text: "3 prices are missing" }] } } };

let editor: WorkflowEditor;
let host: TestHost;

async function open(node: string, options: HostOptions = RESULTS, { hasRun = true } = {}) {
  host = new TestHost(options);
  editor = new WorkflowEditor(host, { workflow: FLOW });
  await waitFor(() => { expect(editor.catalog.isLoaded.get()).toBe(true); });
  if (hasRun) {
    await editor.run();
    await waitFor(() => { expect(editor.execution.get()?.state).toMatch(/succeeded|failed/); });
  }
  editor.open(node);
  const closed = vi.fn();
  function Opened() {
    const opened = useReadable(editor.opened);
    return opened === null ? null : <NodePanel node={opened} onClose={() => { closed(); editor.open(null); }} />;
  }
  render(<div className="wf-root"><EditorContext.Provider value={editor}><Opened /></EditorContext.Provider></div>);
  return closed;
}

const parametersOf = (node: string): JsonObject => editor.draft.get().nodes[node]?.parameters as JsonObject;
const pane = (name: string) => within(screen.getByRole("region", { name }));

beforeEach(() => { localStorage.clear(); });
afterEach(() => {
  cleanup();
  editor.destroy();
});

describe("the panel", () => {
  it("shows input, parameters and output, and loads only what is seen of 100,000 items", async () => {
    await open("set");
    expect(screen.getByRole("dialog", { name: "Prices" })).toBeTruthy();
    await pane("Input").findByText("price");
    await pane("Output").findByText("Name 3");
    expect(pane("Parameters").getByLabelText("Name")).toHaveProperty("value", "gross");
    expect(new Set(host.asked.map((request) => `${request.node} ${request.offset}`))).toEqual(new Set(["start 0", "set 0"]));
  });

  it("fills in when it was opened before the node types have come", async () => {
    let come: (() => void) | undefined;
    host = new TestHost();
    const types = await host.loadNodeTypes();
    host.loadNodeTypes = () => new Promise((resolve) => { come = () => { resolve(types); }; });
    editor = new WorkflowEditor(host, { workflow: FLOW });
    render(<div className="wf-root"><EditorContext.Provider value={editor}><NodePanel node="set" onClose={() => undefined} /></EditorContext.Provider></div>);
    expect(pane("Parameters").getByText("Loading…")).toBeTruthy();
    expect(screen.queryByText(/not installed/)).toBeNull();
    act(() => { come?.(); });
    expect(await pane("Parameters").findByLabelText("Name")).toHaveProperty("value", "gross");
  });

  it("closes by Esc, but leaves a code editor first", async () => {
    const closed = await open("code");
    const code = screen.getByRole("textbox", { name: "Code" });
    act(() => { code.focus(); });
    await userEvent.keyboard("{Escape}");
    expect(closed).not.toHaveBeenCalled();
    expect(document.activeElement?.contains(code)).toBe(true);
    await userEvent.keyboard("{Escape}");
    expect(closed).toHaveBeenCalledOnce();
  });

  it("goes to the nodes beside it, by button, menu and keys", async () => {
    await open("set");
    await userEvent.click(screen.getByRole("button", { name: "Node before: Start" }));
    expect(editor.opened.get()).toBe("start");
    await userEvent.keyboard("{Alt>}{ArrowRight}{/Alt}");
    expect(editor.opened.get()).toBe("set");
    await userEvent.click(screen.getByRole("button", { name: "Node after" }));
    await userEvent.click(screen.getByRole("menuitem", { name: "Code" }));
    expect(editor.opened.get()).toBe("code");
  });

  it("keeps the focus", async () => {
    await open("set");
    const dialog = screen.getByRole("dialog");
    expect(document.activeElement).toBe(dialog);
    await userEvent.tab({ shift: true });
    expect(dialog.contains(document.activeElement)).toBe(true);
    await userEvent.tab();
    expect(dialog.contains(document.activeElement)).toBe(true);
  });

  it("runs up to the node by button and key", async () => {
    await open("mail", RESULTS, { hasRun: false });
    await userEvent.click(screen.getAllByRole("button", { name: "Run to here" })[0]!);
    await waitFor(() => { expect(host.started.map((request) => request.to)).toEqual(["mail"]); });
  });

  it("renames the node, and expressions with it", async () => {
    await open("set");
    await userEvent.click(screen.getByRole("button", { name: "Prices" }));
    await userEvent.clear(screen.getByLabelText("Name of the node"));
    await userEvent.type(screen.getByLabelText("Name of the node"), "Mail{Enter}");
    expect(screen.getByRole("alert").textContent).toMatch(/Another node has this name/);
    await userEvent.clear(screen.getByLabelText("Name of the node"));
    await userEvent.type(screen.getByLabelText("Name of the node"), "Gross prices{Enter}");
    expect(editor.draft.get().nodes.set?.name).toBe("Gross prices");
  });
});

describe("parameters in the panel", () => {
  it("are written to the workflow, and undone as one step", async () => {
    await open("mail");
    await userEvent.type(screen.getByRole("textbox", { name: "Subject" }), "Hello");
    expect(parametersOf("mail").subject).toBe("Hello");
    act(() => { editor.undo(); });
    expect(parametersOf("mail").subject).toBeUndefined();
  });

  it("show the results of expressions for the item that is chosen", async () => {
    await open("set", { ...RESULTS, preview: (_text, item) => item * 2 });
    await waitFor(() => { expect(host.previews.at(-1)?.place).toMatchObject({ node: "set", path: ["fields", 0, "value"], item: 0, language: "python" }); });
    await userEvent.click(screen.getByRole("button", { name: "Next item" }));
    await waitFor(() => { expect(host.previews.at(-1)?.place.item).toBe(1); });
    expect(await pane("Parameters").findByText("2")).toBeTruthy();
  });

  it("take a field of the input by Enter, in the field used last", async () => {
    await open("mail");
    act(() => { screen.getByRole("textbox", { name: "Subject" }).focus(); });
    const price = (await pane("Input").findByText("price")).closest<HTMLElement>("[role=treeitem]")!;
    act(() => { price.focus(); });
    await userEvent.keyboard("{Enter}");
    expect(parametersOf("mail").subject).toBe("={{ $json.price }}");
  });

  it("take a field of an earlier node by its name", async () => {
    await open("mail");
    act(() => { screen.getByRole("textbox", { name: "Subject" }).focus(); });
    await userEvent.selectOptions(screen.getByLabelText("Data of"), "Start");
    const name = (await pane("Input").findByText("name")).closest<HTMLElement>("[role=treeitem]")!;
    act(() => { name.focus(); });
    await userEvent.keyboard("{Enter}");
    expect(parametersOf("mail").subject).toBe("={{ $('Start').item.json.name }}");
  });

  it("show what the host finds wrong with them", async () => {
    await open("mail", { problems: [{ code: "WF203", message: "'x' is no address.", mend: "Write one.", node: "Mail", field: "parameters.to", severity: "error" }] });
    expect(await screen.findByText("'x' is no address. Write one.")).toBeTruthy();
    expect(screen.getByRole("tab", { name: /Parameters/ }).textContent).toContain("1");
  });
});

describe("settings and notes", () => {
  it("change the node", async () => {
    await open("set");
    await userEvent.click(screen.getByRole("tab", { name: "Settings" }));
    await userEvent.selectOptions(screen.getByLabelText("When it fails"), "Use the error output");
    await userEvent.click(screen.getByRole("switch", { name: "Run once" }));
    await userEvent.clear(screen.getByRole("spinbutton", { name: "Tries" }));
    await userEvent.type(screen.getByRole("spinbutton", { name: "Tries" }), "4");
    expect(editor.draft.get().nodes.set).toMatchObject({ on_error: "branch", execute_once: true, retry: { tries: 4, wait: 1 } });
    await userEvent.click(screen.getByRole("tab", { name: "Notes" }));
    const note = EditorView.findFromDOM(document.querySelector<HTMLElement>(".wf-notes .cm-editor")!)!;
    act(() => { note.dispatch({ changes: { from: 0, insert: "**Gross** prices" } }); });
    await userEvent.click(screen.getByRole("radio", { name: "Read" }));
    expect(screen.getByText("Gross").tagName).toBe("STRONG");
    expect(editor.draft.get().nodes.set?.notes).toBe("**Gross** prices");
  });
});

describe("the output", () => {
  it("is pinned and unpinned", async () => {
    await open("set", { results: { start: { items: { main: [order(1)] } }, set: { items: { main: [order(1), order(2)] } } } });
    await pane("Output").findByText("Name 2");
    await userEvent.click(screen.getByRole("button", { name: "More for Output" }));
    await userEvent.click(screen.getByRole("menuitem", { name: "Pin these items" }));
    await waitFor(() => { expect(editor.draft.get().nodes.set?.pin).toEqual({ main: [order(1).json, order(2).json] }); });
    await userEvent.click(pane("Output").getByRole("button", { name: "Unpin" }));
    expect(editor.draft.get().nodes.set?.pin).toBeNull();
  });

  it("is written by hand, when it is a list of objects", async () => {
    await open("set", {}, { hasRun: false });
    await userEvent.click(screen.getByRole("button", { name: "or write sample data" }));
    const view = EditorView.findFromDOM(document.querySelector<HTMLElement>(".wf-dialog .cm-editor")!)!;
    const write = (text: string) => { act(() => { view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }); }); };
    write("[1]");
    expect(screen.getByRole("button", { name: "Save" })).toHaveProperty("disabled", true);
    write('[{"id": 7}]');
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    expect(editor.draft.get().nodes.set?.pin).toEqual({ main: [{ id: 7 }] });
    expect(await pane("Output").findByText("7")).toBeTruthy();
  });

  it("tells why the node failed, and shows the item", async () => {
    await open("set", { results: { start: { items: { main: { total: 100_000, at: order } } }, set: { error: { message: "No price.", mend: "Give it one.", code: "WF300", item: 4_321 } } } });
    expect(await screen.findByText("No price.")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Show item 4322" }));
    await pane("Input").findByText("Name 4321");
    expect(document.querySelector("[data-failing]")).not.toBeNull();
  });

  it("has the logs and the history of the node", async () => {
    await open("set");
    await userEvent.click(screen.getByRole("tab", { name: "Logs" }));
    expect(await screen.findByText("3 prices are missing")).toBeTruthy();
    await userEvent.click(screen.getByRole("tab", { name: "History" }));
    const list = await screen.findByRole("list", { name: "Earlier runs" });
    await userEvent.click(within(list).getAllByRole("button")[1]!);
    expect(await screen.findByText(/^The run of/)).toBeTruthy();
    await waitFor(() => { expect(host.asked.at(-1)?.execution).toBe("2"); });
    await userEvent.click(screen.getByRole("button", { name: "Back to the last one" }));
    expect(screen.queryByText(/^The run of/)).toBeNull();
  });

  it("shows which items came from which, both ways, and leads to where an item came from", async () => {
    await open("set");
    await userEvent.hover(await pane("Output").findByText("Name 3"));
    await userEvent.click(pane("Input").getByRole("radio", { name: "Table" }));
    const rowOf = async (name: string, text: string) => (await pane(name).findByText(text)).closest("[role=row]");
    await userEvent.hover(await pane("Output").findByText("Name 4"));
    expect((await rowOf("Input", "Name 4"))?.getAttribute("data-marked")).toBe("true");
    expect((await rowOf("Input", "Name 3"))?.getAttribute("data-marked")).toBeNull();
    await userEvent.hover(await pane("Input").findByText("Name 5"));
    expect((await rowOf("Output", "Name 5"))?.getAttribute("data-marked")).toBe("true");
    await userEvent.click(screen.getByRole("button", { name: "Show where item 8 came from" }));
    expect(screen.getByRole("group", { name: "Item that results are shown for" }).textContent).toContain("8 of");
    await userEvent.click(pane("Input").getByRole("radio", { name: "Schema" }));
    expect(await pane("Input").findByText("Name 7")).toBeTruthy();
  });

  it("has no red previews before there is anything to try expressions on", async () => {
    await open("set", { ...RESULTS, preview: () => { throw new Error("There is no price."); } }, { hasRun: false });
    await waitFor(() => { expect(host.previews.length).toBeGreaterThan(0); });
    expect(screen.queryByText(/There is no price/)).toBeNull();
  });

  it("tells of parameters that no field shows, and takes them away", async () => {
    await open("set", { ...RESULTS, problems: [{ code: "WF210", message: "There is no parameter 'group_by'.", mend: "", node: "Prices", field: "parameters.group_by", severity: "error" }] });
    expect(await screen.findByText(/There is no parameter/)).toBeTruthy();
    const set = vi.spyOn(editor, "setParameter");
    await userEvent.click(screen.getByRole("button", { name: "Remove it" }));
    expect(set).toHaveBeenCalledWith("set", ["group_by"], undefined);
  });

  it("of a loop is chosen by the run", async () => {
    await open("set", { results: { start: { items: { main: [order(1)] } }, set: { runs: 3, items: { main: { total: 10, at: order } } } } });
    await pane("Output").findByText("Name 3");
    await userEvent.click(screen.getByRole("button", { name: "Run before" }));
    await waitFor(() => { expect(host.asked.filter((request) => request.node === "set").map((request) => request.run_index)).toEqual([2, 1]); });
  });
});

describe("a credential", () => {
  it("is chosen", async () => {
    await open("mail");
    await userEvent.selectOptions(await screen.findByLabelText(/^Credential/), await screen.findByRole("option", { name: "Mail server" }));
    expect(editor.draft.get().nodes.mail?.credentials).toEqual({ smtp: { id: "c2", name: "Mail server" } });
  });

  it("is made in place; its secret is written and never shown, nor put into the workflow", async () => {
    const flow: FlowDocument = { format: "workflow/1", name: "D", nodes: { q: { name: "Query", type: "database.query" } }, edges: [] };
    host = new TestHost();
    editor = new WorkflowEditor(host, { workflow: flow });
    await waitFor(() => { expect(editor.catalog.isLoaded.get()).toBe(true); });
    render(<div className="wf-root"><EditorContext.Provider value={editor}><NodePanel node="q" onClose={() => undefined} /></EditorContext.Provider></div>);
    await screen.findByRole("option", { name: "Shop database" });
    await userEvent.selectOptions(screen.getByLabelText(/^Credential/), "Create new…");
    const dialog = within(await screen.findByRole("dialog", { name: "New credential" }));
    await userEvent.type(await dialog.findByRole("textbox", { name: /^Host/ }), "db.example.com");
    const password = dialog.getByLabelText(/^Password/, { selector: "input" });
    expect(password).toHaveProperty("type", "password");
    await userEvent.type(password, "secret");
    await userEvent.click(dialog.getByRole("button", { name: "Test" }));
    expect(await dialog.findByText("Connected to Postgres 17.")).toBeTruthy();
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => { expect(host.made).toEqual([{ type: "postgres", name: "Postgres", values: { host: "db.example.com", password: "secret" } }]); });
    await waitFor(() => { expect(editor.draft.get().nodes.q?.credentials).toEqual({ postgres: { id: "made-1", name: "Postgres" } }); });
    expect(JSON.stringify(editor.toFlow())).not.toContain("secret");
    await userEvent.click(await screen.findByRole("button", { name: "Edit Postgres" }));
    const again = within(await screen.findByRole("dialog", { name: "Edit Postgres" }));
    await waitFor(() => { expect(again.getByRole("textbox", { name: /^Host/ })).toHaveProperty("value", "db.example.com"); });
    const kept = again.getByLabelText(/^Password/, { selector: "input" });
    expect([kept.getAttribute("value"), kept.getAttribute("placeholder")]).toEqual(["", "•••••••• (unchanged)"]);
    await userEvent.type(again.getByRole("textbox", { name: /^User/ }), "2");
    await userEvent.click(again.getByRole("button", { name: "Save" }));
    await waitFor(() => { expect(host.made.at(-1)?.values).toEqual({ user: "postgres2" }); });
  });
});

describe("a workflow that is read-only", () => {
  it("is looked at and not changed", async () => {
    await open("set");
    act(() => { editor.setReadOnly(true); });
    expect(screen.queryByRole("button", { name: "Run to here" })).toBeNull();
    expect(screen.getByLabelText("Name")).toHaveProperty("disabled", true);
    await userEvent.click(screen.getByRole("button", { name: "More for Output" }));
    expect(screen.queryByRole("menuitem", { name: "Pin these items" })).toBeNull();
  });
});
