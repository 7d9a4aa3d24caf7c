/** Keys for the entries of a list that stay with them when they move, so that each keeps its cursor and its folds. */
import { useRef } from "react";
import { moved } from "./values";

export interface Keys {
  readonly all: readonly number[];
  readonly insert: (index: number) => void;
  readonly remove: (index: number) => void;
  readonly move: (from: number, to: number) => void;
}

export function useKeys(length: number): Keys {
  const next = useRef(0);
  const keys = useRef<number[]>([]);
  // Entries that came or went elsewhere (undo, somebody else) are taken to have done so at the end.
  while (keys.current.length < length) keys.current.push(next.current++);
  keys.current.length = length;
  return {
    all: keys.current,
    insert: (index) => { keys.current.splice(index, 0, next.current++); },
    remove: (index) => { keys.current.splice(index, 1); },
    move: (from, to) => { keys.current = moved(keys.current, from, to); },
  };
}
