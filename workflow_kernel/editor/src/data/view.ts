/** What every view of data is given. */
import type { Reference } from "../forms/expression";
import type { Item } from "../model/types";
import type { Pages, PagesState } from "./pages";

/** Whether an item belongs to what is pointed at elsewhere. */
export type Marking = (row: number, item: Item | undefined) => boolean;

export interface ViewProps {
  readonly pages: Pages;
  readonly state: PagesState;
  /** With the first page there. */
  readonly total: number;
  readonly search: string;
  readonly label: string;
  /** Makes a reference to a path in an item; null where the data cannot be named. */
  readonly refer: ((path: readonly (string | number)[]) => Reference) | null;
  /** Puts a reference into the field that had the focus last. */
  readonly onInsert?: (reference: Reference) => void;
  /** The item previews are of. */
  readonly current: number | null;
  readonly onCurrent?: (index: number) => void;
  /** Shows the item an item came from. */
  readonly onOrigin?: (item: Item) => void;
  /** Items that belong to the one pointed at in another view. */
  readonly marked: Marking;
  readonly onPoint?: (index: number | null, item: Item | undefined) => void;
  /** The item the node failed at. */
  readonly failing: number | null;
}
