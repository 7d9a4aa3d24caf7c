/** Adds an entry to a list; takes a dragged reference where that can become one. */
import { Plus } from "lucide";
import { dropTarget } from "../drag";
import type { Reference } from "../expression";
import { Icon } from "./Icon";

interface AddButtonProps {
  readonly label: string;
  readonly onAdd: () => void;
  readonly onDrop?: (reference: Reference) => void;
  readonly isLarge?: boolean;
}

export function AddButton({ label, onAdd, onDrop, isLarge }: AddButtonProps) {
  return (
    <button type="button" className="wf-add" data-large={isLarge === true || undefined} onClick={onAdd} {...dropTarget(onDrop ?? null)}>
      <Icon icon={Plus} size={14} />
      <span>{label}</span>
    </button>
  );
}
