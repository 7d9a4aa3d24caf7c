/** A list of single values, one a line. Pasting several lines adds as many entries. */
import { useMemo } from "react";
import type { ClipboardEvent } from "react";
import type { Json } from "../../model/types";
import type { ControlProps, ShapeOf } from "../Control";
import { useForm } from "../context";
import { FieldRow } from "../FieldRow";
import { AddButton } from "../parts/AddButton";
import { Entries } from "../parts/Entries";
import { emptyOf, shapeOf } from "../schema";
import type { Field } from "../schema";
import { useList } from "../useList";

export function ListControl({ shape, value, edit, hints, title, path, labelledBy, isDisabled, isRaw }: ControlProps<ShapeOf<"list">>) {
  const { definitions } = useForm();
  // Names may also come as a text with commas, as imported workflows have them.
  const isText = typeof value === "string";
  const list = useList(isText ? namesIn(value) : value, edit);
  const schema = shape.itemSchema;
  const fields = useMemo(() => Array.from({ length: list.entries.length }, (_, index): Field => ({
    name: String(index), title: `${title} ${index + 1}`, description: "", schema, shape: shapeOf(schema, definitions), hints: { ...schema.ui, placeholder: hints.placeholder },
    required: false, nullable: false, default: undefined,
  })), [list.entries.length, title, schema, definitions, hints.placeholder]);
  const onPaste = (event: ClipboardEvent, index: number) => {
    const lines = event.clipboardData.getData("text/plain").split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
    if (lines.length < 2 || schema.type !== "string") return;
    event.preventDefault();
    const before = list.entries[index] === "" ? list.entries.slice(0, index) : list.entries.slice(0, index + 1);
    edit([...before, ...lines, ...list.entries.slice(index + 1)]);
  };
  return (
    <div className="wf-list" data-empty={list.entries.length === 0 || undefined}>
      <Entries
        keys={list.keys.all} layout="row" isDisabled={isDisabled} labelledBy={labelledBy} nameOf={(index) => `${title} ${index + 1}`} onMove={list.move} onRemove={list.remove}
      >
        {(index) => fields[index] !== undefined && (
          <div onPaste={(event) => { onPaste(event, index); }}>
            <FieldRow field={fields[index]} value={list.entries[index]} edit={list.editAt(index)} path={[...path, index]} isRaw={isRaw} isBare />
          </div>
        )}
      </Entries>
      {!isDisabled && (
        <AddButton
          label={`Add ${singular(title)}`} onAdd={() => { list.add(emptyOf(schema, definitions)); }}
          onDrop={isRaw ? undefined : (reference) => { list.add(schema.type === "string" ? reference.name : `={{ ${reference.code} }}`); }}
        />
      )}
    </div>
  );
}

function namesIn(text: string): Json[] {
  return text.split(",").map((name) => name.trim()).filter((name) => name !== "");
}

/** `Fields` > `field`, for a button that adds one. */
export function singular(title: string): string {
  const word = title.charAt(0).toLowerCase() + title.slice(1);
  if (/(?:ss|x|ch|sh)es$/.test(word)) return word.slice(0, -2);
  if (word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  return word.endsWith("s") && !word.endsWith("ss") && word.length > 3 ? word.slice(0, -1) : /^(?:[A-Z]|by$|to$)/.test(word) || word.length < 4 ? "entry" : word;
}
