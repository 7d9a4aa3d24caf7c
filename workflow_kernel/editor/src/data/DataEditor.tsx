/** Items as JSON to write: a list of objects that stands in a node's place in manual runs. */
import { useState } from "react";
import type { Json, JsonObject } from "../model/types";
import { isObject } from "../model/json";
import { CodeEditor } from "../forms/code/CodeEditor";
import { Dialog } from "../forms/parts/Dialog";
import { counted } from "../forms/words";

interface DataEditorProps {
  readonly title: string;
  readonly first: readonly JsonObject[];
  readonly onSave: (items: readonly JsonObject[]) => void;
  readonly onClose: () => void;
}

export function DataEditor({ title, first, onSave, onClose }: DataEditorProps) {
  const [text, setText] = useState(() => JSON.stringify(first.length === 0 ? [{ name: "value" }] : first, null, 2));
  const found = readItems(text);
  return (
    <Dialog
      title={title} onClose={onClose} className="wf-code-dialog"
      footer={
        <>
          <p className="wf-data-verdict" data-severity={found.items === null ? "error" : "fine"} role="status">{found.items === null ? found.message : counted(found.items.length, "item")}</p>
          <button type="button" className="wf-button" onClick={onClose}>Cancel</button>
          <button type="button" className="wf-button" data-kind="primary" disabled={found.items === null} onClick={() => { if (found.items !== null) onSave(found.items); }}>Save</button>
        </>
      }
    >
      <CodeEditor value={text} onChange={setText} language="json" label={`${title} as JSON`} isProgram fills isInvalid={found.items === null} autoFocus />
    </Dialog>
  );
}

export type ReadItems = { readonly items: readonly JsonObject[]; readonly message: "" } | { readonly items: null; readonly message: string };

/** Items from text; one object stands for a list of one. */
export function readItems(text: string): ReadItems {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    return { items: null, message: `This is no JSON: ${error instanceof Error ? error.message : "it cannot be read"}.` };
  }
  const list = Array.isArray(value) ? value : [value];
  const wrong = list.findIndex((each) => !isObject(each));
  if (wrong >= 0) return { items: null, message: `Entry ${wrong + 1} is no object. Write items as {"name": "value"}.` };
  return { items: list.filter(isObject), message: "" };
}
