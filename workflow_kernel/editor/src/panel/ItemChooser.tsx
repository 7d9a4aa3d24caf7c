/** Which item of the input the results of expressions are of. */
import { ChevronLeft, ChevronRight } from "lucide";
import { Icon } from "../forms/parts/Icon";

interface ItemChooserProps {
  readonly item: number;
  readonly items: number;
  readonly onItem: (item: number) => void;
}

export function ItemChooser({ item, items, onItem }: ItemChooserProps) {
  return (
    <div className="wf-item-chooser" role="group" aria-label="Item that results are shown for">
      <span>Results for item</span>
      <button type="button" className="wf-mini-button" aria-label="Item before" disabled={item <= 0} onClick={() => { onItem(item - 1); }}><Icon icon={ChevronLeft} size={14} /></button>
      <span className="wf-item-number" aria-live="polite">{(item + 1).toLocaleString("en-US")} of {items.toLocaleString("en-US")}</span>
      <button type="button" className="wf-mini-button" aria-label="Next item" disabled={item >= items - 1} onClick={() => { onItem(item + 1); }}><Icon icon={ChevronRight} size={14} /></button>
    </div>
  );
}
