/** A value as a tree of lines that fold. For one cell; whole items are shown by `JsonView`. */
import { useMemo, useState } from "react";
import type { Json } from "../model/types";
import { JsonRow } from "./JsonRow";
import { linesOf } from "./jsonLines";

const MOST_LINES = 500;

export function ValueTree({ value, label }: { readonly value: Json; readonly label: string }) {
  const [folds, setFolds] = useState<ReadonlyMap<string, boolean>>(new Map());
  const lines = useMemo(() => linesOf(value, folds), [value, folds]);
  return (
    <div className="wf-json-tree" role="tree" aria-label={label}>
      {lines.slice(0, MOST_LINES).map((line) => (
        <JsonRow key={line.key} line={line} search="" onFold={(isOpen) => { setFolds(new Map(folds).set(line.key, isOpen)); }} />
      ))}
      {lines.length > MOST_LINES && <p className="wf-empty-line">{lines.length - MOST_LINES} more lines are in the JSON view.</p>}
    </div>
  );
}
