/** Any number of a closed set, as marks that are pressed or not. */
import { isEqual } from "../../model/json";
import type { ControlProps, ShapeOf } from "../Control";

export function ChoicesControl({ shape, value, edit, title, labelledBy, describedBy, isDisabled }: ControlProps<ShapeOf<"choices">>) {
  const chosen = Array.isArray(value) ? value : [];
  return (
    <div className="wf-chips" role="group" aria-labelledby={labelledBy} aria-label={labelledBy === undefined ? title : undefined} aria-describedby={describedBy}>
      {shape.choices.map((choice) => {
        const isChosen = chosen.some((each) => isEqual(each, choice.value));
        return (
          <button
            key={choice.label} type="button" className="wf-chip" aria-pressed={isChosen} disabled={isDisabled}
            onClick={() => {
              const next = shape.choices.filter((each) => (each === choice ? !isChosen : chosen.some((one) => isEqual(one, each.value))));
              edit(next.map((each) => each.value));
            }}
          >
            {choice.label}
          </button>
        );
      })}
    </div>
  );
}
