/** One item of a table. */
import { memo } from "react";
import type { Item, Json } from "../model/types";
import { isObject } from "../model/json";
import { startDrag } from "../forms/drag";
import type { Reference } from "../forms/expression";
import { cellOf, cellText } from "./columns";
import { Marked } from "./Marked";
import type { ColumnLayout } from "./useColumnLayout";

const MOST_LETTERS = 400;

interface TableRowProps {
  readonly row: number;
  /** Undefined while it is loaded. */
  readonly item: Item | undefined;
  readonly top: number;
  readonly layout: ColumnLayout;
  readonly label: string;
  readonly activeColumn: number | null;
  readonly search: string;
  readonly isCurrent: boolean;
  readonly isMarked: boolean;
  readonly isFailing: boolean;
  readonly onCurrent?: (row: number) => void;
  readonly onOrigin?: (item: Item) => void;
  readonly onPoint?: (row: number | null, item: Item | undefined) => void;
  readonly onChoose: (row: number, column: number) => void;
  readonly onOpen: (row: number, column: number) => void;
  readonly refer: ((path: readonly string[]) => Reference) | null;
}

export const TableRow = memo(function TableRow(props: TableRowProps) {
  const { row, item, top, layout, label, activeColumn, search, isCurrent, isMarked, isFailing, refer } = props;
  return (
    <div
      className="wf-table-row" role="row" aria-rowindex={row + 2} style={{ transform: `translateY(${top}px)`, width: layout.total }} data-current={isCurrent || undefined}
      data-marked={isMarked || undefined} data-failing={isFailing || undefined} data-odd={row % 2 === 1 || undefined} onMouseEnter={() => { props.onPoint?.(row, item); }}
    >
      <div className="wf-table-index" role="rowheader" aria-colindex={1}>
        <RowNumber {...props} />
      </div>
      {layout.shown.map((column) => {
        const value = item === undefined ? undefined : cellOf(item, column.name);
        return (
          <div
            key={column.name} id={`${label}-${row}-${column.index}`} role="gridcell" aria-colindex={column.index + 2} className="wf-table-cell" data-cell={`${row}:${column.index}`}
            data-type={typeOfCell(value)} data-active={activeColumn === column.index || undefined} data-loading={item === undefined || undefined} style={{ left: column.left, width: column.width }}
            onClick={() => { props.onChoose(row, column.index); }} onDoubleClick={() => { props.onOpen(row, column.index); }}
            draggable={refer !== null && activeColumn === column.index} onDragStart={(event) => { if (refer !== null) startDrag(event.dataTransfer, refer([column.name])); }}
          >
            <CellValue value={value} search={search} onOpen={() => { props.onOpen(row, column.index); }} />
          </div>
        );
      })}
    </div>
  );
});

/** The number of an item, which leads to its results, or to the item it came from. */
function RowNumber({ row, item, onCurrent, onOrigin }: TableRowProps) {
  if (onCurrent !== undefined) {
    return <button type="button" tabIndex={-1} aria-label={`Preview expressions with item ${row + 1}`} title="Preview expressions with this item" onClick={() => { onCurrent(row); }}>{row + 1}</button>;
  }
  if (onOrigin === undefined || item?.sources === undefined || item.sources.length === 0) return row + 1;
  return <button type="button" tabIndex={-1} aria-label={`Show where item ${row + 1} came from`} title="Show where this item came from" onClick={() => { onOrigin(item); }}>{row + 1}</button>;
}

function CellValue({ value, search, onOpen }: { readonly value: Json | undefined; readonly search: string; readonly onOpen: () => void }) {
  if (typeof value === "object" && value !== null) {
    const count = Array.isArray(value) ? value.length : Object.keys(value).length;
    return (
      <button type="button" tabIndex={-1} className="wf-table-nested" onClick={onOpen}>
        <span>{Array.isArray(value) ? `[${count}]` : `{${count}}`}</span>
        <span className="wf-ellipsis"><Marked text={cellText(value).slice(0, MOST_LETTERS)} search={search} /></span>
      </button>
    );
  }
  return <Marked text={cellText(value).slice(0, MOST_LETTERS)} search={search} />;
}

function typeOfCell(value: Json | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return "null";
  return isObject(value) || Array.isArray(value) ? "nested" : typeof value;
}
