/** Renders a form by itself and keeps its values, as the panel does with a node's parameters. */
import { useState } from "react";
import { render } from "@testing-library/react";
import type { Json, JsonObject, JsonSchema, Language, Path, Problem } from "../../src/model/types";
import { setAt, isObject } from "../../src/model/json";
import { byPath } from "../../src/forms/checks";
import type { Form as FormValue } from "../../src/forms/context";
import { Form } from "../../src/forms/Form";

interface Options extends Partial<FormValue> {
  readonly language?: Language;
  readonly told?: readonly Problem[];
}

export interface Rendered {
  readonly values: () => JsonObject;
  readonly edits: readonly { readonly path: Path; readonly value: Json | undefined }[];
  readonly container: HTMLElement;
}

export function renderForm(schema: JsonSchema, first: JsonObject = {}, options: Options = {}): Rendered {
  const edits: { path: Path; value: Json | undefined }[] = [];
  let current = first;
  const memory: FormValue["memory"] = new Map();
  function Host() {
    const [values, setValues] = useState(first);
    current = values;
    const form: FormValue = {
      id: "form", definitions: schema.$defs ?? {}, language: "python", isReadOnly: false, problems: byPath(options.told ?? [], "Node"), expressions: null, references: () => [],
      memory, onFocus: () => undefined, ...options,
    };
    return (
      <Form
        form={form} schema={schema} values={values}
        edit={(value, path = []) => {
          edits.push({ path, value });
          setValues((before) => {
            const next = setAt(before, path, value);
            return isObject(next) ? next : {};
          });
        }}
      />
    );
  }
  const { container } = render(<Host />);
  return { values: () => current, edits, container };
}
