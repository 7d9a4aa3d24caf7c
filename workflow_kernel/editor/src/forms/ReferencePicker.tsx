/** Chooses a field of the sample data by keyboard or touch, where dragging is no way. */
import { useId, useMemo, useState } from "react";
import type { KeyboardEvent, RefObject } from "react";
import type { ReferenceEntry, ReferenceGroup } from "./context";
import type { Reference } from "./expression";
import { Popover } from "./parts/Popover";
import { TypeMark } from "./parts/TypeMark";

interface ReferencePickerProps {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly groups: readonly ReferenceGroup[];
  readonly onChoose: (reference: Reference) => void;
  readonly onClose: () => void;
}

interface Row {
  readonly group: string;
  readonly entry: ReferenceEntry;
  readonly level: number;
}

const MOST_ROWS = 200;

export function ReferencePicker({ anchor, groups, onChoose, onClose }: ReferencePickerProps) {
  const [search, setSearch] = useState("");
  const [active, setActive] = useState(0);
  const id = useId();
  const rows = useMemo(() => found(groups, search), [groups, search]);
  const choose = (row: Row | undefined) => {
    if (row === undefined) return;
    onClose();
    onChoose(row.entry.reference);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setActive((active + step + rows.length) % Math.max(rows.length, 1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(rows[active]);
    }
  };
  return (
    <Popover anchor={anchor} onClose={onClose} label="Insert reference" className="wf-picker" fits>
      <input
        className="wf-input" placeholder="Search fields" aria-label="Search fields" role="combobox" aria-expanded="true" aria-controls={id}
        aria-activedescendant={rows.length > 0 ? `${id}-${active}` : undefined} value={search} autoFocus
        onChange={(event) => { setSearch(event.target.value); setActive(0); }} onKeyDown={onKeyDown}
      />
      <div id={id} role="listbox" aria-label="Fields" className="wf-picker-list wf-scroll">
        {rows.length === 0 && <p className="wf-empty-line">{groups.length === 0 ? "No data yet. Run the nodes before this one to choose from their fields." : "No field has this name."}</p>}
        {rows.map((row, index) => (
          <div key={`${row.group} ${row.entry.reference.code}`}>
            {rows[index - 1]?.group !== row.group && <div className="wf-menu-heading">{row.group}</div>}
            <div
              id={`${id}-${index}`} role="option" aria-selected={index === active} className="wf-picker-row" style={{ paddingInlineStart: 8 + row.level * 14 }}
              ref={(element) => { if (index === active) element?.scrollIntoView({ block: "nearest" }); }}
              onMouseMove={() => { setActive(index); }} onClick={() => { choose(row); }}
            >
              <TypeMark type={row.entry.type} />
              <span className="wf-picker-name">{row.entry.reference.name}</span>
              <span className="wf-picker-example wf-ellipsis">{row.entry.example}</span>
            </div>
          </div>
        ))}
      </div>
    </Popover>
  );
}

function found(groups: readonly ReferenceGroup[], search: string): Row[] {
  const wanted = search.trim().toLowerCase();
  const rows: Row[] = [];
  const walk = (group: string, entries: readonly ReferenceEntry[], level: number) => {
    for (const entry of entries) {
      if (rows.length >= MOST_ROWS) return;
      if (wanted === "" || entry.reference.code.toLowerCase().includes(wanted)) rows.push({ group, entry, level: wanted === "" ? level : 0 });
      walk(group, entry.fields, level + 1);
    }
  };
  for (const group of groups) walk(group.title, group.entries, 0);
  return rows;
}
