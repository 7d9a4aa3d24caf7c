/** Renders a form by itself and keeps its values, as the panel does with a node's parameters. */
import { useState } from "react";
import { render } from "@testing-library/react";
import type { JsonObject, JsonSchema, Language, NodeTypeInfo, Path, Json, Problem } from "../../src/model/types";
import { setAt, isObject } from "../../src/model/json";
import { byPath } from "../../src/forms/checks";
import type { Form as FormValue } from "../../src/forms/context";
import { Form } from "../../src/forms/Form";
import data from "../../src/forms/fixtures/node-types.json";

export interface Known {
  readonly info: NodeTypeInfo;
  readonly filled: JsonObject;
}

export const known = data.types as unknown as readonly Known[];

export function typeNamed(name: string): Known {
  const found = known.find((each) => each.info.type === name);
  if (found === undefined) throw new Error(`There is no node type ${name}.`);
  return found;
}

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
