/** What can be done with a column of a table. */
import { Braces, Clipboard, CornerDownLeft } from "lucide";
import type { Reference } from "../forms/expression";
import type { MenuItem } from "../forms/parts/Menu";
import { cellOf } from "./columns";
import type { Column } from "./columns";
import { copyText, plain } from "./copy";
import { firstItems } from "./pages";
import type { Pages, PagesState } from "./pages";

const MOST_COPIED = 4_000;

interface Around {
  readonly pages: Pages;
  readonly state: PagesState;
  readonly refer: ((path: readonly string[]) => Reference) | null;
  readonly onInsert?: (reference: Reference) => void;
}

export function columnMenu(column: Column, { state, refer, onInsert }: Around): readonly MenuItem[] {
  const reference = refer?.([column.name]);
  const items = firstItems(state, MOST_COPIED);
  return [
    ...(reference === undefined || onInsert === undefined ? [] : [{ label: "Insert into the field", icon: CornerDownLeft, onChoose: () => { onInsert(reference); } }]),
    ...(reference === undefined ? [] : [{ label: "Copy reference", icon: Braces, onChoose: () => void copyText(`{{ ${reference.code} }}`) }]),
    { label: "Copy name", icon: Clipboard, onChoose: () => void copyText(column.name) },
    {
      label: `Copy ${items.length.toLocaleString("en-US")} values`, icon: Clipboard, isDisabled: items.length === 0,
      onChoose: () => void copyText(items.map((item) => plain(cellOf(item, column.name))).join("\n")),
    },
  ];
}
