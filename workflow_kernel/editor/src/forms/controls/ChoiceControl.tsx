/** One of a closed set: side by side where they are few and short, else a list. */
import type { Json } from "../../model/types";
import { isEqual } from "../../model/json";
import type { ControlProps, ShapeOf } from "../Control";
import { Combobox } from "../parts/Combobox";
import { Segmented } from "../parts/Segmented";
import { Select } from "../parts/Select";
import type { Choice } from "../schema";
import { brief } from "../words";

const MOST_SEGMENTS = 4;
const MOST_LETTERS = 30;
const MOST_PLAIN = 15;

export function ChoiceControl({ shape, schema, value, edit, title, id, labelledBy, describedBy, isInvalid, isDisabled }: ControlProps<ShapeOf<"choice">>) {
  const isOptional = schema.default === null || (schema.anyOf ?? []).some((branch) => branch.type === "null");
  const offered: Choice[] = isOptional ? [{ value: null, label: "Not set" }, ...shape.choices] : [...shape.choices];
  const current = value ?? (isOptional ? null : undefined);
  const isKnown = current === undefined || offered.some((choice) => isEqual(choice.value, current));
  const choices = isKnown ? offered : [...offered, { value: current, label: `${brief(current)} (not a choice)` }];
  const index = choices.findIndex((choice) => isEqual(choice.value, current ?? null));
  const choose = (chosen: Json) => { edit(chosen === null && schema.default === null ? undefined : chosen); };
  const letters = choices.reduce((sum, choice) => sum + choice.label.length, 0);
  if (labelledBy !== undefined && choices.length <= MOST_SEGMENTS && letters <= MOST_LETTERS) {
    return <Segmented segments={choices} value={choices[index]?.value} onChange={choose} labelledBy={labelledBy} isDisabled={isDisabled} />;
  }
  const shared = {
    id, labelledBy, label: labelledBy === undefined ? title : undefined, describedBy, isInvalid, isDisabled,
    options: choices.map((choice, position) => ({ value: String(position), label: choice.label })), value: index < 0 ? "" : String(index),
    onChange: (position: string) => {
      const chosen = choices[Number(position)];
      if (chosen !== undefined) choose(chosen.value);
    },
  };
  return choices.length > MOST_PLAIN ? <Combobox {...shared} /> : <Select {...shared} />;
}
