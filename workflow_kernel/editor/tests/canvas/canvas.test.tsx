// @vitest-environment jsdom
import { act, fireEvent, waitFor } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { HostError } from "../../src/client/client";
import type { RunsClient } from "../../src/client/client";
import { MemoryClient } from "../../src/client/memory";
import { isOver } from "../../src/model/runs";
import { CHAIN, edge, makeEditor, TYPES, until } from "../world";
import { card, names, screen, show, within } from "./support";

describe("what is shown", () => {
  test("every node as a card, with a label that says what it is", async () => {
    await show();
    expect(names().sort()).toEqual(["A", "B", "C", "Start"]);
    expect(card("A").getAttribute("aria-label")).toBe("A, Set fields, 1 inputs, 1 outputs");
    expect(card("B").querySelector(".wf-node-sub")?.textContent).toBe("$('A').item.json.x");
  });

  test("marks of a node that is disabled, pinned, of an unknown type", async () => {
    await show({ nodes: { d: { name: "D", type: "data.set", disabled: true }, p: { name: "P", type: "data.set", pin: { main: [{ a: 1 }] } }, u: { name: "U", type: "no.such" } } });
    expect(card("D").querySelector("[data-disabled=true]")).not.toBeNull();
    expect(card("P").querySelector("[data-pinned=true]")).not.toBeNull();
    expect(within(card("U")).getByRole("button", { name: /not installed/ })).toBeTruthy();
  });

  test("the detailed view lists what was set, the compact one only names", async () => {
    const { editor } = await show();
    act(() => { editor.setView("detailed"); });
    expect(card("B").querySelector("dt")?.textContent).toBe("Value");
    act(() => { editor.setView("compact"); });
    expect(card("B").querySelector(".wf-node-sub")).toBeNull();
  });

  test("notes as Markdown, made harmless", async () => {
    await show({ nodes: {}, notes: { n: { text: "# Title\n<img src=https://evil.example/x onerror=alert(1)><script>alert(2)</script>[link](javascript:alert(3))" } } });
    const note = document.querySelector(".wf-note")!;
    expect(note.querySelector("h1")?.textContent).toBe("Title");
    expect(note.querySelector("img, script")).toBeNull();
    expect(note.querySelector("a[href]")).toBeNull();
  });

  test("an empty workflow says how to begin", async () => {
    const { editor, user } = await show({ nodes: {} });
    expect(screen.getByText("Start with what sets it off")).toBeTruthy();
    await user.click(screen.getByText("Choose a node"));
    await user.keyboard("start{Enter}");
    expect(Object.values(editor.workflow.get().nodes).map((node) => node.name)).toEqual(["Start"]);
    expect(screen.queryByText("Start with what sets it off")).toBeNull();
  });
});

describe("keys", () => {
  test("remove, undo, redo", async () => {
    const { editor, user } = await show();
    act(() => { editor.select(["c"]); });
    await user.keyboard("{Delete}");
    expect(names()).not.toContain("C");
    await user.keyboard("{Control>}z{/Control}");
    expect(names()).toContain("C");
    await user.keyboard("{Control>}{Shift>}z{/Shift}{/Control}");
    expect(names()).not.toContain("C");
  });

  test("rename where it stands; expressions follow", async () => {
    const { editor, user } = await show();
    act(() => { editor.select(["a"]); });
    await user.keyboard("{F2}");
    await user.keyboard("First{Enter}");
    expect(editor.node("a")?.name).toBe("First");
    expect(editor.node("b")?.parameters.value).toContain("$('First')");
  });

  test("letters typed into a field are no commands", async () => {
    const { editor, user } = await show();
    act(() => { editor.select(["a"]); });
    await user.keyboard("{F2}");
    await user.keyboard("dpn?{Delete}");
    expect(editor.node("a")?.disabled).toBe(false);
    expect(screen.queryByRole("dialog")).toBeNull();
    await user.keyboard("{Escape}");
    expect(editor.node("a")?.name).toBe("A");
  });

  test("disable, select all, duplicate, group", async () => {
    const { editor, user } = await show();
    act(() => { editor.select(["a"]); });
    await user.keyboard("d");
    expect(editor.node("a")?.disabled).toBe(true);
    await user.keyboard("{Control>}d{/Control}");
    await waitFor(() => expect(names()).toContain("A 2"));
    await user.keyboard("{Control>}a{/Control}");
    expect(editor.selection.get().size).toBe(5);
    await user.keyboard("{Control>}g{/Control}");
    expect(Object.values(editor.workflow.get().groups)[0]?.nodes).toHaveLength(5);
  });

  test("arrows go along edges and to the nearest card", async () => {
    const { editor, user } = await show();
    act(() => { editor.select(["a"]); });
    await user.keyboard("{ArrowRight}");
    expect([...editor.selection.get()]).toEqual(["b"]);
    await user.keyboard("{ArrowLeft}{ArrowDown}");
    expect([...editor.selection.get()]).toEqual(["c"]);
    act(() => { editor.select(["s"]); });
    await user.keyboard("{Shift>}{ArrowRight}{/Shift}");
    expect([...editor.selection.get()].sort()).toEqual(["a", "b", "s"]);
  });

  test("Enter opens the selected node, Esc lets go of it", async () => {
    const { editor, user } = await show();
    act(() => { editor.select(["a"]); });
    await user.keyboard("{Enter}");
    expect(editor.opened.get()).toBe("a");
    act(() => { editor.open(null); });
    screen.getByRole("region", { name: "Workflow editor" }).focus();
    await user.keyboard("{Escape}");
    expect(editor.selection.get().size).toBe(0);
  });
});

describe("the header", () => {
  test("says whether the draft is what triggers run", async () => {
    const { editor, user } = await show();
    await user.click(await screen.findByRole("button", { name: "Publish" }));
    await user.click(screen.getByRole("button", { name: "Publish the draft" }));
    await screen.findByText(/^Published, /);
    await user.click(screen.getByRole("button", { name: "Close" }));
    expect(await screen.findByRole("button", { name: "Published" })).toBeTruthy();
    act(() => { editor.rename("a", "Changed"); });
    expect(screen.getByRole("button", { name: "Publish changes" })).toBeTruthy();
  });
});

describe("waiting for a call", () => {
  const CALLED = { nodes: { w: { name: "Orders come in", type: "flow.webhook" }, a: { name: "A", type: "data.set", position: [240, 0] } }, edges: [{ source: ["w", "main"], target: ["a", "main"] }] };

  test("shows the test address, and follows what the call started", async () => {
    const client = new MemoryClient({ nodeTypes: TYPES, pace: 1 });
    let call = async (): Promise<void> => { await Promise.resolve(); };
    (client.runs as RunsClient).listen = (request, onStart) => {
      call = async () => { onStart(await client.runs.start({ ...request, payload: [{}] })); };
      return Promise.resolve({ addresses: [{ node: "Orders come in", kind: "webhook", url: "https://flow.example/webhook-test/orders", methods: ["POST"] }], until: Date.now() / 1000 + 120, cancel: () => undefined });
    };
    const { editor, user } = await show(CALLED, await makeEditor(CALLED, client));
    await user.click(screen.getByRole("button", { name: "Run" }));
    const dialog = await screen.findByRole("dialog", { name: "Waiting for a call of Orders come in" });
    expect(await within(dialog).findByText("https://flow.example/webhook-test/orders")).toBeTruthy();
    await act(call);
    await waitFor(() => { expect(editor.execution.get()?.state).toBe("succeeded"); });
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  test("waits no more when the dialog is closed; a refusal is told in it", async () => {
    const client = new MemoryClient({ nodeTypes: TYPES, pace: 1 });
    let cancelled = 0;
    (client.runs as RunsClient).listen = () => Promise.resolve({ addresses: [], until: Date.now() / 1000 + 120, cancel: () => { cancelled += 1; } });
    const { editor, user } = await show(CALLED, await makeEditor(CALLED, client));
    await user.click(screen.getByRole("button", { name: "Run" }));
    await screen.findByText(/Listening for/);
    await user.keyboard("{Escape}");
    expect(cancelled).toBe(1);
    (client.runs as RunsClient).listen = () => Promise.reject(new HostError("Somebody waits already.", "WF740", "Try again later."));
    await act(() => editor.run());
    expect((await screen.findByRole("alert")).textContent).toContain("Somebody waits already. Try again later.");
  });
});

describe("adding and connecting", () => {
  test("Tab offers what may follow the selected node", async () => {
    const { editor, user } = await show();
    act(() => { editor.select(["b"]); });
    await user.keyboard("{Tab}");
    const picker = screen.getByRole("dialog", { name: "Add a node" });
    expect(within(picker).queryByText("Start")).toBeNull();
    await user.keyboard("cond{Enter}");
    const added = Object.values(editor.workflow.get().nodes).find((node) => node.type === "flow.if")!;
    expect(editor.workflow.get().edges.map((one) => one.id)).toContain(edge("b", added.id).id);
  });

  test("by keyboard alone: ports that cannot be are listed with the reason", async () => {
    const { editor, user } = await show();
    act(() => { editor.select(["b"]); });
    await user.keyboard("c");
    const options = screen.getAllByRole("option");
    expect(options[0]?.textContent).toContain("C");
    expect(options.find((one) => one.textContent.startsWith("A"))?.textContent).toContain("cycle");
    await user.keyboard("C{Enter}");
    expect(editor.workflow.get().edges.map((one) => one.id)).toContain(edge("b", "c").id);
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  test("pasted text becomes nodes; other text stays a paste of the page", async () => {
    const { editor, root } = await show();
    const paste = (text: string) => fireEvent.paste(root, { clipboardData: { getData: () => text } });
    act(() => { paste(JSON.stringify({ format: "workflow/1", nodes: { x: { name: "Pasted", type: "data.set" } } })); });
    await waitFor(() => expect(names()).toContain("Pasted"));
    act(() => { paste(JSON.stringify({ nodes: [{ name: "Foreign", type: "n8n.x" }], connections: {} })); });
    await waitFor(() => expect(names()).toContain("Foreign"));
    expect(editor.notices.get().at(-1)?.text).toBe("Imported 1 node.");
    const count = names().length;
    act(() => { paste("hello"); });
    expect(names()).toHaveLength(count);
  });
});

describe("menus and palette", () => {
  test("the menu of a card does what it says", async () => {
    const { editor, user } = await show();
    fireEvent.contextMenu(card("A"));
    await user.click(screen.getByRole("menuitem", { name: /^Disable/ }));
    expect(editor.node("a")?.disabled).toBe(true);
    expect(screen.queryByRole("menu")).toBeNull();
  });

  test("commands, nodes to go to and nodes to add are found by typing", async () => {
    const { editor, user } = await show();
    await user.keyboard("{Control>}k{/Control}");
    await user.keyboard("go to c{Enter}");
    expect([...editor.selection.get()]).toEqual(["c"]);
    await user.keyboard("{Control>}k{/Control}");
    await user.keyboard("add merge{Enter}");
    expect(names()).toContain("Merge");
    await user.keyboard("{Control>}k{/Control}");
    await user.keyboard("compact{Enter}");
    expect(editor.view.get()).toBe("compact");
  });

  test("every command has a title, and no two share a key", async () => {
    const { COMMANDS } = await import("../../src/canvas/commands");
    const keys = COMMANDS.flatMap((command) => command.keys ?? []);
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(COMMANDS.map((command) => command.id)).size).toBe(COMMANDS.length);
    expect(COMMANDS.every((command) => command.title !== "")).toBe(true);
  });

  test("the list of keys names them all", async () => {
    const { user } = await show();
    await user.keyboard("?");
    const dialog = screen.getByRole("dialog", { name: "Keyboard shortcuts" });
    expect(within(dialog).getByText("Tidy up")).toBeTruthy();
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});

describe("runs and versions", () => {
  async function ran() {
    const client = new MemoryClient({ nodeTypes: TYPES, pace: 1 });
    const editor = await makeEditor({ ...CHAIN, nodes: { ...(CHAIN.nodes as object), b: { name: "B", type: "data.set", parameters: { fail: true } } } }, client);
    const shown = await show(CHAIN, editor);
    await act(async () => {
      await editor.run();
      await until(() => isOver(editor.execution.get()!));
    });
    return shown;
  }

  test("cards say how it went", async () => {
    await ran();
    expect(within(card("A")).getByText("Succeeded")).toBeTruthy();
    expect(within(card("B")).getByText("Failed: The server answered 503.")).toBeTruthy();
    expect(card("C").querySelector(".wf-node-badge")).toBeNull();
  });

  test("a past execution is stepped through and taken over", async () => {
    const { editor, user } = await ran();
    await user.click(screen.getByRole("button", { name: "More" }));
    await user.click(screen.getByRole("menuitem", { name: /Past executions/ }));
    await user.click(await screen.findByRole("button", { name: /Failed/ }));
    expect(editor.isReadOnly.get()).toBe(true);
    await user.click(screen.getByRole("button", { name: "One step back" }));
    expect(card("B").querySelector(".wf-node-badge")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Copy to draft" }));
    expect(editor.isReadOnly.get()).toBe(false);
    expect(within(card("B")).getByText(/Failed/)).toBeTruthy();
  });

  test("publishing, then what differs from the published version", async () => {
    const { editor, user } = await show();
    await user.click(screen.getByRole("button", { name: "Publish" }));
    await user.type(screen.getByLabelText(/What changed/), "First");
    await user.click(screen.getByRole("button", { name: "Publish the draft" }));
    await screen.findByText("First");
    act(() => { editor.setParameter("a", ["value"], "new"); });
    await user.click(screen.getByRole("button", { name: "Compare First with the draft" }));
    const list = await screen.findByRole("list", { name: "Differences" });
    await user.click(within(list).getByRole("button", { name: /changed A 1 field/ }));
    const shown = within(screen.getByRole("region", { name: "What changed of A" }));
    expect(shown.getByRole("columnheader", { name: "First" })).toBeTruthy();
    expect(shown.getByText("new").closest("td")?.dataset.side).toBe("now");
    expect(card("A").querySelector("[data-mark=changed]")).not.toBeNull();
    await user.click(screen.getByRole("button", { name: "More on First" }));
    await user.click(screen.getByRole("menuitem", { name: /Restore/ }));
    await waitFor(() => expect(editor.node("a")?.parameters.value).toBeUndefined());
    act(() => { editor.undo(); });
    expect(editor.node("a")?.parameters.value).toBe("new");
  });

  test("test data must be objects, and say so", async () => {
    const { editor, user } = await show();
    await user.click(screen.getByRole("button", { name: "Other ways to run" }));
    await user.click(screen.getByRole("menuitem", { name: /test data/ }));
    const field = screen.getByLabelText("Items");
    fireEvent.change(field, { target: { value: "[1]" } });
    await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Run" }));
    expect(screen.getByRole("alert").textContent).toContain("list of objects");
    fireEvent.change(field, { target: { value: '[{"a": 1}]' } });
    await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Run" }));
    await waitFor(() => expect(editor.execution.get()).not.toBeNull());
  });

  test("read only: nothing that changes is offered", async () => {
    const editor = await makeEditor();
    editor.setReadOnly(true);
    await show(CHAIN, editor);
    expect(screen.queryByRole("button", { name: "Run" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Add a node" })).toBeNull();
    expect(screen.getByText("Read only")).toBeTruthy();
  });
});
