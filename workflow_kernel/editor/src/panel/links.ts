/** Which items of the other side belong to the item under the pointer. No React here. */
import type { Marking } from "../data";
import type { Item } from "../model/types";

export interface Pointed {
  readonly side: "input" | "output";
  readonly index: number;
  readonly item: Item | undefined;
}

export interface Links {
  readonly input: Marking;
  readonly output: Marking;
}

const none: Marking = () => false;

/** Marks of both sides; `input` is the position of the input that is shown, -1 where it is none of this node's. */
export function linksOf(pointed: Pointed | null, input: number): Links {
  if (pointed === null || input < 0) return { input: none, output: none };
  const comesFrom = (item: Item | undefined, index: number): boolean => item?.sources?.some((source) => source.input === input && source.item === index && source.run === undefined) === true;
  if (pointed.side === "output") return { input: (row) => comesFrom(pointed.item, row), output: none };
  return { input: none, output: (_row, item) => comesFrom(item, pointed.index) };
}
