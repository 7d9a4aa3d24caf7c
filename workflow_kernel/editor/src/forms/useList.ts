/** Editing a list as a whole value: what all lists of a form do alike. */
import type { Json, Path } from "../model/types";
import { setAt } from "../model/json";
import type { Edit } from "./context";
import { useEdits } from "./useEdits";
import { useKeys } from "./useKeys";
import type { Keys } from "./useKeys";
import { moved } from "./values";

export interface List {
  readonly entries: readonly Json[];
  readonly keys: Keys;
  readonly add: (entry: Json, index?: number) => void;
  readonly remove: (index: number) => void;
  readonly double: (index: number) => void;
  readonly move: (from: number, to: number) => void;
  /** Sets an entry, or a part of it. */
  readonly editAt: (index: number) => Edit;
}

export function useList(value: Json | undefined, edit: Edit): List {
  const entries = Array.isArray(value) ? value : [];
  const keys = useKeys(entries.length);
  const add = (entry: Json, index = entries.length) => {
    keys.insert(index);
    edit([...entries.slice(0, index), entry, ...entries.slice(index)]);
  };
  const editAt = useEdits((index: number): Edit => (part: Json | undefined, path: Path = []) => {
    edit(entries.map((entry, position) => (position === index ? changed(entry, path, part) : entry)));
  });
  return {
    entries,
    keys,
    editAt,
    add,
    remove: (index) => {
      keys.remove(index);
      edit(entries.filter((_, position) => position !== index));
    },
    double: (index) => {
      const entry = entries[index];
      if (entry !== undefined) add(entry, index + 1);
    },
    move: (from, to) => {
      keys.move(from, to);
      edit(moved(entries, from, to));
    },
  };
}

function changed(entry: Json, path: Path, part: Json | undefined): Json {
  // An entry itself cannot be taken away by its own control, only emptied.
  return path.length === 0 ? (part ?? null) : setAt(entry, path, part);
}
