// @vitest-environment jsdom
import { cleanup, fireEvent } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { MockInstance } from "vitest";
import { fieldsOf } from "../../src/forms/schema";
import { visibleFields } from "../../src/forms/visible";
import { known } from "./known";
import { misfits, renderForm } from "./support";

let errors: MockInstance<typeof console.error>;
beforeEach(() => {
  errors = vi.spyOn(console, "error");
});
afterEach(() => {
  cleanup();
  // React tells of repeated keys, unknown attributes and the like only there.
  expect(errors).not.toHaveBeenCalled();
});

describe.each(known.map((each) => [each.info.type, each] as const))("%s", (_, { info, filled }) => {
  const schema = info.parameters;
  const fields = fieldsOf(schema, schema.$defs ?? {});

  it("shows a form of its defaults and changes nothing by itself", () => {
    const { edits, container } = renderForm(schema);
    const shown = visibleFields(fields, {}).filter((field) => field.hints.section === undefined);
    for (const field of shown) expect(container.querySelector(`[data-field="${field.name}"]`), field.name).not.toBeNull();
    expect(edits).toEqual([]);
  });

  it("shows a form with every field filled in and changes nothing by itself", () => {
    const { edits, values, container } = renderForm(schema, filled);
    for (const field of visibleFields(fields, filled)) expect(container.querySelector(`[data-field="${field.name}"]`), field.name).not.toBeNull();
    expect(edits).toEqual([]);
    expect(values()).toEqual(filled);
    expect(container.querySelectorAll(".wf-field-problem[data-severity=error]")).toHaveLength(0);
    expect(misfits({ ...schema, required: [] }, filled, schema.$defs ?? {})).toEqual([]);
  });

  it("writes only what its schema takes when entries are added everywhere and every switch is turned", () => {
    const { values, container } = renderForm(schema, filled);
    const press = (selector: string) => {
      for (const button of container.querySelectorAll<HTMLElement>(selector)) fireEvent.click(button);
    };
    press(".wf-add");
    for (const input of container.querySelectorAll<HTMLInputElement>("input[placeholder=Name]")) {
      if (input.value === "") fireEvent.change(input, { target: { value: "added" } });
    }
    press("[role=switch]");
    press(".wf-chip");
    for (const handle of container.querySelectorAll<HTMLElement>(".wf-entry-handle")) fireEvent.keyDown(handle, { key: "ArrowDown" });
    for (const select of container.querySelectorAll<HTMLSelectElement>("select")) fireEvent.change(select, { target: { value: select.options[0]?.value } });
    expect(misfits({ ...schema, required: [] }, values(), schema.$defs ?? {})).toEqual([]);
  });
});
