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

/** What of a value does not fit a schema; as much of JSON Schema as pydantic writes. Expressions fit everything. */
export function misfits(schema: JsonSchema, value: Json | undefined, definitions: Readonly<Record<string, JsonSchema>>, at = ""): string[] {
  if (value === undefined || (typeof value === "string" && value.startsWith("="))) return [];
  if (schema.$ref !== undefined) return misfits(definitions[schema.$ref.replace("#/$defs/", "")] ?? {}, value, definitions, at);
  if (schema.anyOf !== undefined) {
    const found = schema.anyOf.map((branch) => misfits(branch, value, definitions, at));
    return found.some((each) => each.length === 0) ? [] : found.flat();
  }
  if (schema.enum !== undefined) return schema.enum.includes(value) ? [] : [`${at}: ${JSON.stringify(value)} is no choice`];
  const types: Record<string, boolean> = {
    string: typeof value === "string", integer: Number.isInteger(value), number: typeof value === "number", boolean: typeof value === "boolean", null: value === null, array: Array.isArray(value),
    object: isObject(value),
  };
  if (typeof schema.type === "string" && types[schema.type] !== true) return [`${at}: ${JSON.stringify(value)} is no ${schema.type}`];
  if (Array.isArray(value)) return value.flatMap((each, index) => misfits(schema.items ?? {}, each, definitions, `${at}.${index}`));
  if (!isObject(value)) return [];
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name)).map((name) => `${at}.${name} is missing`);
  const inner = Object.entries(value).flatMap(([name, part]) => {
    const field = schema.properties?.[name] ?? (typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined);
    if (field === undefined) return schema.additionalProperties === false ? [`${at}.${name} is unknown`] : [];
    return misfits(field, part, definitions, `${at}.${name}`);
  });
  return [...missing, ...inner];
}
