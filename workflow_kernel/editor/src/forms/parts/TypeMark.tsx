/** The type of a value as a small mark: `T` text, `#` number and so on. */
import { Braces, Brackets, Calendar, CircleSlash, File, Hash, ToggleLeft, Type } from "lucide";
import type { IconNode } from "lucide";
import { Icon } from "./Icon";

const MARKS: Readonly<Record<string, IconNode>> = {
  text: Type, string: Type, number: Hash, integer: Hash, boolean: ToggleLeft, list: Brackets, array: Brackets, object: Braces, date: Calendar,
  null: CircleSlash, binary: File,
};

export function TypeMark({ type }: { readonly type: string }) {
  const first = type.split(" or ")[0] ?? "";
  return (
    <span className="wf-type-mark" data-type={first} title={type}>
      <Icon icon={MARKS[first] ?? Type} size={12} />
      <span className="wf-hidden">{type}</span>
    </span>
  );
}
