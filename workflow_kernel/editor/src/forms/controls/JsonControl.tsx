/**
 * A value as JSON. What cannot be read yet is kept as text where the schema takes a text (the node reads it, or says
 * what is wrong with it), and otherwise stays in the editor until it can be read.
 */
import { useEffect, useState } from "react";
import type { Json, JsonSchema } from "../../model/types";
import { isEqual } from "../../model/json";
import { CodeEditor } from "../code/CodeEditor";
import type { ControlProps } from "../Control";

export function JsonControl({ schema, value, edit, hints, title, labelledBy, describedBy, isInvalid, isDisabled }: ControlProps) {
  const [text, setText] = useState(() => textOf(value));
  const [message, setMessage] = useState("");
  useEffect(() => {
    // The text is somebody's own; it is only replaced when it no longer says what the value is.
    setText((before) => (isEqual(read(before, schema).value, value) ? before : textOf(value)));
  }, [value, schema]);
  const onChange = (typed: string) => {
    const found = read(typed, schema);
    setText(typed);
    setMessage(found.message);
    if (found.message === "") edit(found.value);
  };
  return (
    <div className="wf-code-box" data-invalid={isInvalid || message !== "" || undefined}>
      <CodeEditor
        value={text} onChange={onChange} language="json" label={labelledBy === undefined ? title : undefined} labelledBy={labelledBy} describedBy={describedBy}
        isInvalid={isInvalid || message !== ""} isReadOnly={isDisabled} placeholder={hints.placeholder ?? '{ "name": "value" }'} minLines={4}
      />
      {message !== "" && <p className="wf-field-problem" data-severity="error" role="status">{message}</p>}
    </div>
  );
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

interface Read {
  readonly value: Json | undefined;
  readonly message: string;
}

function read(text: string, schema: JsonSchema): Read {
  if (text.trim() === "") return { value: undefined, message: "" };
  if (schema.type === "string") return { value: text, message: "" };
  try {
    return { value: JSON.parse(text) as Json, message: "" };
  } catch (error) {
    const takesText = schema.type === undefined && (schema.anyOf === undefined || schema.anyOf.some((branch) => branch.type === "string"));
    if (takesText) return { value: text, message: "" };
    return { value: undefined, message: `This is no JSON yet: ${error instanceof Error ? error.message : "it cannot be read"}.` };
  }
}
