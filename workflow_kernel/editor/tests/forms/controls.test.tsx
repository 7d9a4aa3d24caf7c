// @vitest-environment jsdom
import { EditorView } from "@codemirror/view";
import { act, cleanup, createEvent, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FILE_EXISTS, HostError } from "../../src/client/client";
import type { FilesClient } from "../../src/client/client";
import { REFERENCE } from "../../src/forms/drag";
import type { JsonSchema } from "../../src/model/types";
import { typeNamed } from "./known";
import { renderForm } from "./support";

afterEach(cleanup);

const one = (schema: JsonSchema, more: Partial<JsonSchema> = {}): JsonSchema => ({ type: "object", properties: { thing: { title: "Thing", ...schema } }, ...more });

function drop(target: Element, code: string, name: string): void {
  const dataTransfer = { types: [REFERENCE], getData: (type: string) => (type === REFERENCE ? JSON.stringify({ code, name }) : "") };
  const event = createEvent.drop(target, {});
  Object.defineProperty(event, "dataTransfer", { value: dataTransfer });
  fireEvent(target, event);
}

const mode = (name: RegExp | string) => screen.getByRole("radio", { name });

describe("a text", () => {
  it("is written, and reset to its default by the menu", async () => {
    const { values } = renderForm(one({ type: "string", default: "a" }));
    await userEvent.type(screen.getByLabelText("Thing"), "b");
    expect(values()).toEqual({ thing: "ab" });
    await userEvent.click(screen.getByRole("button", { name: "More for Thing" }));
    await userEvent.click(screen.getByRole("menuitem", { name: "Reset to default" }));
    expect(values()).toEqual({});
    expect(screen.getByLabelText("Thing")).toHaveProperty("value", "a");
  });

  it("becomes an expression when = is typed first", async () => {
    const { values } = renderForm(one({ type: "string" }));
    await userEvent.type(screen.getByLabelText("Thing"), "=");
    expect(values()).toEqual({ thing: "=" });
    expect(screen.getByLabelText("Thing, expression")).toBeTruthy();
  });

  it("takes a dragged field at its end", () => {
    const { values, container } = renderForm(one({ type: "string" }), { thing: "Dear " });
    drop(container.querySelector("[data-field=thing]")!, "$json.name", "name");
    expect(values()).toEqual({ thing: "=Dear {{ $json.name }}" });
  });
});

describe("switching between fixed value and expression", () => {
  it("keeps a number, and an expression that was written meanwhile", async () => {
    const { values } = renderForm(one({ type: "integer" }), { thing: 5 });
    await userEvent.click(mode("Expression"));
    expect(values()).toEqual({ thing: "={{ 5 }}" });
    await userEvent.click(mode("Fixed"));
    expect(values()).toEqual({ thing: 5 });
    await userEvent.click(mode("Expression"));
    expect(values()).toEqual({ thing: "={{ 5 }}" });
  });

  it("gives back the expression when the fixed value was not touched", async () => {
    const { values } = renderForm(one({ type: "integer" }), { thing: "={{ $json.count }}" });
    await userEvent.click(mode("Fixed"));
    expect(values()).toEqual({});
    await userEvent.click(mode("Expression"));
    expect(values()).toEqual({ thing: "={{ $json.count }}" });
  });

  it("makes a list its literal in the language of the workflow", async () => {
    const { values } = renderForm(one({ type: "array", items: { type: "string" } }), { thing: ["a", "b"] }, { language: "javascript" });
    await userEvent.click(mode("Expression"));
    expect(values()).toEqual({ thing: '={{ ["a","b"] }}' });
    await userEvent.click(mode("Fixed"));
    expect(values()).toEqual({ thing: ["a", "b"] });
  });

  it("is not there for code and where the schema forbids it", () => {
    renderForm(one({ type: "string", ui: { expression: false } }), { thing: "=1" });
    expect(screen.queryByRole("radio", { name: "Expression" })).toBeNull();
    expect(screen.getByLabelText("Thing")).toHaveProperty("value", "=1");
  });
});

describe("the value of an expression", () => {
  it("is shown for the chosen item, and why it fails", async () => {
    const preview = vi.fn((_path: unknown, text: string) => Promise.resolve(text.includes("bad") ? { ok: false as const, message: "There is no field 'bad'." } : { ok: true as const, value: 42, type: "number" }));
    const expressions = { complete: () => Promise.resolve([]), preview, moment: "1", item: 2, isWithoutData: false };
    renderForm({ type: "object", properties: { good: { type: "string" }, wrong: { type: "string" } } }, { good: "={{ $json.a }}", wrong: "={{ $json.bad }}" }, { expressions });
    expect(await screen.findByText("42")).toBeTruthy();
    expect(await screen.findByText(/There is no field 'bad'/)).toBeTruthy();
    expect(preview).toHaveBeenCalledTimes(2);
    expect(preview).toHaveBeenCalledWith(["good"], "={{ $json.a }}");
  });
});

describe("a number", () => {
  it("may be emptied without filling itself with the default", async () => {
    const { values } = renderForm(one({ type: "integer", default: 10 }));
    const field = screen.getByLabelText("Thing");
    await userEvent.clear(field);
    await userEvent.type(field, "7");
    expect(values()).toEqual({ thing: 7 });
  });

  it("says what is wrong with it", async () => {
    renderForm(one({ type: "integer", minimum: 1, default: 1 }));
    const field = screen.getByLabelText("Thing");
    await userEvent.clear(field);
    await userEvent.type(field, "0");
    expect(screen.getByText("This must be at least 1.")).toBeTruthy();
    expect(field.getAttribute("aria-invalid")).toBe("true");
  });

  it("goes up and down by the arrow keys, within its bounds", async () => {
    const { values } = renderForm(one({ type: "integer", maximum: 3, default: 2 }));
    await userEvent.type(screen.getByLabelText("Thing"), "{ArrowUp}{ArrowUp}");
    expect(values()).toEqual({ thing: 3 });
  });
});

describe("choices", () => {
  it("are side by side when they are few, and chosen by the arrow keys", async () => {
    const { values } = renderForm(one({ type: "string", enum: ["all", "none"], default: "all", ui: { expression: false } }));
    screen.getByRole("radio", { name: "All" }).focus();
    await userEvent.keyboard("{ArrowRight}");
    expect(values()).toEqual({ thing: "none" });
  });

  it("keep a value that is none of them, and mark it", () => {
    const { edits } = renderForm(one({ type: "string", enum: ["a", "b", "c", "d", "e"] }), { thing: "z" });
    expect(screen.getByRole("option", { name: "z (not a choice)" })).toHaveProperty("selected", true);
    expect(edits).toEqual([]);
  });

  it("may be searched when they are many", async () => {
    const { values } = renderForm(one({ type: "string", enum: Array.from({ length: 40 }, (_, index) => `option_${index}`) }));
    await userEvent.click(screen.getByRole("button", { name: /Thing/, expanded: false, description: "" }));
    await userEvent.type(screen.getByRole("combobox"), "37{Enter}");
    expect(values()).toEqual({ thing: "option_37" });
  });

  it("of which any number holds keep their order", async () => {
    const { values } = renderForm(one({ type: "array", items: { enum: ["years", "months", "days"] } }), { thing: ["days"] });
    await userEvent.click(screen.getByRole("button", { name: "Years" }));
    expect(values()).toEqual({ thing: ["years", "days"] });
  });
});

describe("names and values", () => {
  const pairs: JsonSchema = { anyOf: [{ type: "object", additionalProperties: true }, { type: "array", items: { $ref: "#/$defs/Pair" } }], ui: { widget: "key-value" } };
  const withPairs = one(pairs, { $defs: { Pair: { type: "object", properties: { name: { type: "string" }, value: {} }, required: ["name"] } } });

  it("are an object, of which a row without a name is no part", async () => {
    const { values } = renderForm(one({ type: "object", additionalProperties: true }));
    await userEvent.click(screen.getByRole("button", { name: "Add thing" }));
    expect(values()).toEqual({});
    await userEvent.type(screen.getByLabelText("Name 1 of Thing"), "a");
    await userEvent.type(screen.getByLabelText("Value of a"), "1");
    expect(values()).toEqual({ thing: { a: "1" } });
  });

  it("are a list of pairs when a name comes twice", async () => {
    const { values } = renderForm(withPairs, { thing: { a: "1" } });
    await userEvent.click(screen.getByRole("button", { name: "Add thing" }));
    await userEvent.type(screen.getByLabelText("Name 2 of Thing"), "a");
    expect(values()).toEqual({ thing: [{ name: "a", value: "1" }, { name: "a", value: "" }] });
  });

  it("warn of a name that comes twice where only one can hold", async () => {
    const { values } = renderForm(one({ type: "object", additionalProperties: { type: "string" } }), { thing: { a: "1", ab: "2" } });
    await userEvent.type(screen.getByLabelText("Name 2 of Thing"), "{Backspace}");
    expect(screen.getByText(/used twice/)).toBeTruthy();
    expect(values()).toEqual({ thing: { a: "2" } });
  });

  it("show what somebody else has written", () => {
    const { container } = renderForm(withPairs, { thing: { a: "1" } });
    drop(container.querySelector(".wf-add")!, "$json.city", "city");
    expect(screen.getByLabelText("Name 2 of Thing")).toHaveProperty("value", "city");
    expect(screen.getByLabelText("Value of city, expression")).toBeTruthy();
  });
});

describe("a list", () => {
  const list = one({ type: "array", items: { type: "string" } });

  it("grows, shrinks, and is ordered by the arrow keys", async () => {
    const { values } = renderForm(list, { thing: ["a", "b", "c"] });
    screen.getByRole("button", { name: "Move Thing 1 with the arrow keys" }).focus();
    await userEvent.keyboard("{ArrowDown}");
    expect(values()).toEqual({ thing: ["b", "a", "c"] });
    await userEvent.click(screen.getByRole("button", { name: "Remove Thing 3" }));
    await userEvent.click(screen.getByRole("button", { name: "Add thing" }));
    expect(values()).toEqual({ thing: ["b", "a", ""] });
  });

  it("takes a line of a pasted text each", () => {
    const { values } = renderForm(list, { thing: [""] });
    fireEvent.paste(screen.getByLabelText("Thing 1"), { clipboardData: { getData: () => "one\ntwo\n\nthree" } });
    expect(values()).toEqual({ thing: ["one", "two", "three"] });
  });

  it("of groups has a row each, and adds one with what is needed", async () => {
    const { parameters } = typeNamed("flow.merge").info;
    const { values } = renderForm(parameters, { mode: "by_fields" });
    await userEvent.click(screen.getByRole("button", { name: "Add field" }));
    await userEvent.type(screen.getByLabelText("Field 1"), "id");
    expect(values().fields).toEqual([{ field1: "id" }]);
  });
});

describe("fields to set", () => {
  const { parameters } = typeNamed("data.set").info;

  it("are added, named and given a value of a type", async () => {
    const { values } = renderForm(parameters);
    await userEvent.click(screen.getByRole("button", { name: /Add field/ }));
    await userEvent.type(screen.getByLabelText("Name"), "total");
    await userEvent.selectOptions(screen.getByLabelText("Type of total"), "number");
    await userEvent.type(screen.getByLabelText("Value of total"), "12");
    expect(values()).toEqual({ fields: [{ name: "total", value: 12, type: "number" }] });
  });

  it("come from a dragged field, named after it", () => {
    const { values } = renderForm(parameters);
    drop(screen.getByRole("button", { name: /Add field/ }), "$json.address.zip", "zip");
    expect(values()).toEqual({ fields: [{ name: "zip", value: "={{ $json.address.zip }}", type: "any" }] });
  });

  it("keep what was written in one when another before it goes", async () => {
    const { values } = renderForm(parameters, { fields: [{ name: "a", value: "1" }, { name: "b", value: "={{ 2 }}" }] });
    await userEvent.click(screen.getByRole("button", { name: "Remove field 1" }));
    expect(values()).toEqual({ fields: [{ name: "b", value: "={{ 2 }}" }] });
    await userEvent.click(screen.getByRole("button", { name: "Use a fixed value for Value of b" }));
    expect(values()).toEqual({ fields: [{ name: "b", value: 2 }] });
  });
});

describe("conditions", () => {
  const { parameters } = typeNamed("data.filter").info;
  const left = { left: "={{ $json.total }}", operator: "number.larger", right: 100 };

  it("are added by dragging a field", () => {
    const { values } = renderForm(parameters);
    drop(screen.getByRole("button", { name: /Add condition/ }), "$json.total", "total");
    expect(values()).toEqual({ conditions: { conditions: [{ left: "={{ $json.total }}", operator: "string.equals", right: "" }] } });
  });

  it("keep the comparison when the type changes, and lose the right side with one that has none", async () => {
    const { values } = renderForm(parameters, { conditions: { conditions: [{ ...left, operator: "number.equals" }] } });
    await userEvent.selectOptions(screen.getByLabelText("Type that is compared"), "string");
    expect(values()).toMatchObject({ conditions: { conditions: [{ operator: "string.equals" }] } });
    expect(screen.getByLabelText("Value to compare with")).toBeTruthy();
    await userEvent.selectOptions(screen.getByLabelText("Comparison"), "string.empty");
    expect(values()).toMatchObject({ conditions: { conditions: [{ operator: "string.empty" }] } });
    expect(screen.queryByLabelText("Value to compare with")).toBeNull();
  });

  it("are combined by all or any", async () => {
    const { values } = renderForm(parameters, { conditions: { conditions: [left, left] } });
    await userEvent.click(screen.getByRole("radio", { name: "Any holds" }));
    expect(values()).toMatchObject({ conditions: { combinator: "or" } });
    expect(screen.getByText("or")).toBeTruthy();
  });
});

describe("JSON", () => {
  const typeJson = (text: string) => {
    const view = EditorView.findFromDOM(document.querySelector<HTMLElement>(".cm-editor")!)!;
    act(() => { view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }); });
    return view;
  };

  it("that cannot be read yet is kept as text where a text may stand", () => {
    const { values } = renderForm(one({ ui: { widget: "json" } }), { thing: { a: 1 } });
    typeJson('{ "a": ');
    expect(values()).toEqual({ thing: '{ "a": ' });
    const view = typeJson('{"a":2}');
    expect(values()).toEqual({ thing: { a: 2 } });
    expect(view.state.doc.toString()).toBe('{"a":2}');
  });

  it("that cannot be read yet stays in the editor where only an object may stand, and says so", () => {
    const { values } = renderForm(one({ anyOf: [{ type: "object", additionalProperties: true }, { type: "null" }], ui: { widget: "json" } }), { thing: { a: 1 } });
    const view = typeJson('{ "a": ');
    expect(values()).toEqual({ thing: { a: 1 } });
    expect(view.state.doc.toString()).toBe('{ "a": ');
    expect(screen.getByText(/This is no JSON yet/)).toBeTruthy();
  });
});

describe("what is wrong", () => {
  it("is shown at its field, however deep, and opens the section it is in", () => {
    const { parameters } = typeNamed("web.http_request").info;
    const problem = { code: "WF205", message: "This must be above 0.", mend: "Use 1.", node: "Node", field: "parameters.pagination.max_requests", severity: "error" as const };
    const { container } = renderForm(parameters, { url: "https://example.com", pagination: { mode: "next_url" } }, { told: [problem] });
    const field = container.querySelector('[data-field="pagination.max_requests"]');
    expect(within(field as HTMLElement).getByText("This must be above 0. Use 1.")).toBeTruthy();
  });
});

describe("what a service has", () => {
  it("is loaded when the list is opened, searched there, and kept by its value", async () => {
    const loadOptions = vi.fn((_load: string, search?: string) => Promise.resolve({ options: [{ value: "t1", title: "orders" }, { value: "t2", title: "customers" }].filter((option) => option.title.includes(search ?? "")) }));
    const { values } = renderForm(one({ type: "string", ui: { load: "load_tables", expression: false } }), {}, { loadOptions });
    expect(loadOptions).not.toHaveBeenCalled();
    await userEvent.click(screen.getByRole("button", { name: /Thing/, expanded: false, description: "" }));
    await screen.findByText("orders");
    await userEvent.type(screen.getByRole("combobox"), "cust");
    await waitFor(() => { expect(screen.queryByText("orders")).toBeNull(); });
    await userEvent.click(screen.getByText("customers"));
    expect(values()).toEqual({ thing: "t2" });
  });
});

describe("a file", () => {
  const prices = { path: "data/prices.csv", name: "prices.csv", is_folder: false, size: 1200 };
  const field = one({ type: "string", ui: { widget: "file" } });
  const files = (upload?: FilesClient["upload"]): FilesClient => ({
    list: ({ folder, search, after }) => {
      if (search !== undefined) return Promise.resolve({ files: [prices], next: null });
      if (folder !== "") return Promise.resolve(after === undefined ? { files: [prices], next: "2" } : { files: [{ path: "data/zoo.csv", name: "zoo.csv", is_folder: false }], next: null });
      return Promise.resolve({ files: [{ path: "data", name: "data", is_folder: true }], next: null });
    },
    ...(upload === undefined ? {} : { upload }),
  });

  it("is chosen from the folders of the host, page by page", async () => {
    const { values } = renderForm(field, {}, { files: files() });
    await userEvent.click(screen.getByRole("button", { name: "Choose Thing from files" }));
    await userEvent.click(await screen.findByRole("button", { name: /data/ }));
    expect(await screen.findByRole("button", { name: /prices.csv/ })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Show more" }));
    await userEvent.click(await screen.findByRole("button", { name: /zoo.csv/ }));
    expect(values()).toEqual({ thing: "data/zoo.csv" });
  });

  it("is found by words, wherever it is", async () => {
    const { values } = renderForm(field, {}, { files: files() });
    await userEvent.click(screen.getByRole("button", { name: "Choose Thing from files" }));
    await userEvent.type(screen.getByRole("searchbox"), "prices");
    await userEvent.click(await screen.findByRole("button", { name: /prices.csv in data/ }));
    expect(values()).toEqual({ thing: "data/prices.csv" });
  });

  it("is sent by dropping it on the field, in the place of another only when told", async () => {
    const sent: string[] = [];
    const upload: FilesClient["upload"] = (folder, file, { replace }) => {
      sent.push(`${folder}/${file.name} ${String(replace)}`);
      return replace ? Promise.resolve({ path: `${folder}/${file.name}`, name: file.name, is_folder: false }) : Promise.reject(new HostError("There is a file.", FILE_EXISTS));
    };
    const { values } = renderForm(field, { thing: "data/old.csv" }, { files: files(upload) });
    const dataTransfer = { types: ["Files"], files: { item: () => new File(["a"], "new.csv") } };
    fireEvent.drop(screen.getByRole("textbox"), { dataTransfer });
    await userEvent.click(await screen.findByRole("button", { name: "Replace it" }));
    await waitFor(() => { expect(values()).toEqual({ thing: "data/new.csv" }); });
    expect(sent).toEqual(["data/new.csv false", "data/new.csv true"]);
  });
});

describe("one of several kinds", () => {
  it("keeps what can be kept when the kind changes", async () => {
    const { values } = renderForm(one({ anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] }), { thing: "a, b" });
    await userEvent.click(screen.getByRole("radio", { name: "List" }));
    expect(values()).toEqual({ thing: ["a", "b"] });
    await userEvent.click(screen.getByRole("radio", { name: "Text" }));
    expect(values()).toEqual({ thing: "a, b" });
  });
});

describe("a reference by keyboard", () => {
  it("is searched in the menu of a field and put into it", async () => {
    const references = () => [{ title: "Input", entries: [{ reference: { code: "$json.price", name: "price" }, type: "number", example: "12", fields: [] }, { reference: { code: "$json.name", name: "name" }, type: "text", example: "Ada", fields: [] }] }];
    const { values } = renderForm(one({ type: "string" }), {}, { references });
    await userEvent.click(screen.getByRole("button", { name: "More for Thing" }));
    await userEvent.click(screen.getByRole("menuitem", { name: "Insert reference…" }));
    await userEvent.keyboard("pri{Enter}");
    expect(values()).toEqual({ thing: "={{ $json.price }}" });
  });
});

describe("a form that is read-only", () => {
  it("changes nothing and offers nothing", () => {
    const { container } = renderForm(typeNamed("data.set").info.parameters, { fields: [{ name: "a", value: "1" }] }, { isReadOnly: true });
    expect(screen.queryByRole("button", { name: /Add field|Remove|Move|More for/ })).toBeNull();
    for (const input of container.querySelectorAll("input, select, textarea")) expect(input).toHaveProperty("disabled", true);
  });
});
