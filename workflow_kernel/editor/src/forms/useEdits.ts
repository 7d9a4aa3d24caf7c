/** For each part of a value the function that sets it, the same one at every drawing, so that parts need not draw again. */
import { useEffect, useRef } from "react";
import type { Edit } from "./context";

export function useEdits<Step extends string | number>(editAt: (step: Step) => Edit): (step: Step) => Edit {
  const latest = useRef(editAt);
  const kept = useRef(new Map<Step, Edit>());
  useEffect(() => {
    latest.current = editAt;
  });
  return (step) => {
    const known = kept.current.get(step);
    if (known !== undefined) return known;
    const made: Edit = (value, path) => { latest.current(step)(value, path); };
    kept.current.set(step, made);
    return made;
  };
}
