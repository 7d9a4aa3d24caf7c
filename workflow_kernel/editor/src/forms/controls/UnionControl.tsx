/** A value that may be of several kinds: choose the kind, then the value. */
import { useState } from "react";
import type { Json } from "../../model/types";
import { Control } from "../Control";
import type { ControlProps, ShapeOf } from "../Control";
import { useForm } from "../context";
import { Segmented } from "../parts/Segmented";
import { Select } from "../parts/Select";
import { branchOf, emptyOf } from "../schema";
import type { Branch } from "../schema";

const MOST_SEGMENTS = 3;

export function UnionControl({ shape, ...props }: ControlProps<ShapeOf<"union">>) {
  const { value, edit, title, isDisabled, hints } = props;
  const { definitions } = useForm();
  // An empty value may belong to several kinds, so the last choice holds while it fits.
  const [chosen, setChosen] = useState<number | null>(null);
  const told = branchOf(shape.options, value);
  const index = value === undefined || value === null ? (chosen ?? told) : told;
  const branch = shape.options[index];
  if (branch === undefined) return null;
  const choose = (next: number) => {
    const target = shape.options[next];
    if (target === undefined || next === index) return;
    setChosen(next);
    edit(converted(value, target, () => emptyOf(target.schema, definitions)));
  };
  const kinds = shape.options.map((option, position) => ({ value: position, label: option.label }));
  return (
    <div className="wf-union">
      {kinds.length <= MOST_SEGMENTS ? (
        <Segmented size="small" label={`Kind of ${title}`} segments={kinds} value={index} onChange={choose} isDisabled={isDisabled} />
      ) : (
        <Select label={`Kind of ${title}`} value={String(index)} options={kinds.map((kind) => ({ value: String(kind.value), label: kind.label }))} isDisabled={isDisabled} onChange={(position) => { choose(Number(position)); }} />
      )}
      <Control {...props} shape={branch.shape} schema={{ ...branch.schema, default: props.schema.default }} hints={{ ...branch.schema.ui, placeholder: hints.placeholder }} />
    </div>
  );
}

/** The value as another kind, as far as it can be kept. */
function converted(value: Json | undefined, branch: Branch, empty: () => Json): Json {
  const text = typeof value === "string" ? value : typeof value === "number" ? String(value) : Array.isArray(value) && value.every((each) => typeof each === "string") ? value.join(", ") : "";
  switch (branch.shape.kind) {
    case "text": case "multiline": return text;
    case "number": return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : empty();
    case "list": return text === "" ? [] : listOf(text, branch);
    default: return empty();
  }
}

function listOf(text: string, branch: Branch): Json {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  const isNumbers = branch.shape.kind === "list" && ["integer", "number"].includes(String(branch.shape.itemSchema.type));
  return isNumbers ? parts.map(Number).filter(Number.isFinite) : parts;
}
