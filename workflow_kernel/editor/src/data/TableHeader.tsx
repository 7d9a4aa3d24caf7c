/** The titles of the columns: dragged to a field as references, made wider at their edge, with a menu each. */
import type { KeyboardEvent, PointerEvent } from "react";
import { ChevronDown } from "lucide";
import { startDrag } from "../forms/drag";
import type { Reference } from "../forms/expression";
import { Icon } from "../forms/parts/Icon";
import { Menu } from "../forms/parts/Menu";
import type { MenuItem } from "../forms/parts/Menu";
import { TypeMark } from "../forms/parts/TypeMark";
import type { Column } from "./columns";
import type { ColumnLayout, PlacedColumn } from "./useColumnLayout";

interface TableHeaderProps {
  readonly layout: ColumnLayout;
  readonly menuOf: (column: Column) => readonly MenuItem[];
  readonly refer: ((path: readonly string[]) => Reference) | null;
}

export function TableHeader({ layout, menuOf, refer }: TableHeaderProps) {
  return (
    <div className="wf-table-header" role="row" aria-rowindex={1} style={{ width: layout.total }}>
      <div className="wf-table-corner" role="columnheader" aria-colindex={1}><span className="wf-hidden">Item</span></div>
      {layout.shown.map((column) => (
        <div
          key={column.name} role="columnheader" aria-colindex={column.index + 2} className="wf-table-title" data-draggable={refer !== null || undefined} draggable={refer !== null}
          style={{ left: column.left, width: column.width }} title={`${column.name} (${column.type})`}
          onDragStart={(event) => { if (refer !== null) startDrag(event.dataTransfer, refer([column.name])); }}
        >
          <TypeMark type={column.type} />
          <span className="wf-ellipsis">{column.name}</span>
          <Menu label={`Column ${column.name}`} className="wf-mini-button wf-table-menu" items={menuOf(column)}><Icon icon={ChevronDown} size={13} /></Menu>
          <Edge column={column} layout={layout} />
        </div>
      ))}
    </div>
  );
}

function Edge({ column, layout }: { readonly column: PlacedColumn; readonly layout: ColumnLayout }) {
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    event.preventDefault();
    event.stopPropagation();
    const edge = event.currentTarget;
    const start = event.clientX;
    edge.setPointerCapture(event.pointerId);
    const move = (moved: globalThis.PointerEvent) => { layout.resize(column.name, column.width + moved.clientX - start); };
    edge.addEventListener("pointermove", move);
    edge.addEventListener("pointerup", () => { edge.removeEventListener("pointermove", move); }, { once: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    layout.resize(column.name, column.width + step);
  };
  return (
    <span
      className="wf-table-edge" role="separator" tabIndex={0} aria-orientation="vertical" aria-label={`Width of ${column.name}`} aria-valuenow={column.width} aria-valuemin={48}
      aria-valuemax={1200} onPointerDown={onPointerDown} onKeyDown={onKeyDown} draggable onDragStart={(event) => { event.preventDefault(); event.stopPropagation(); }}
    />
  );
}
