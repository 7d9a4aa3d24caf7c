/**
 * Items as a table that draws only what is in sight and loads only that. Arrow keys move, Enter shows a whole value,
 * Ctrl+C copies; headers can be dragged to a field and made wider.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { KeyboardEvent } from "react";
import { copyText, plain } from "./copy";
import { cellOf, columnsOf } from "./columns";
import type { Column } from "./columns";
import { CellDetails } from "./CellDetails";
import { columnMenu } from "./columnMenu";
import { TableHeader } from "./TableHeader";
import { TableRow } from "./TableRow";
import { useColumnLayout } from "./useColumnLayout";
import { useVirtual } from "./useVirtual";
import type { ViewProps } from "./view";

export const ROW = 30;
export const HEADER = 34;

interface Place {
  readonly row: number;
  readonly column: number;
}

export function TableView(props: ViewProps) {
  const { pages, state, total, label, refer, onInsert, failing } = props;
  const columns = useMemo(() => columnsOf(state), [state]);
  const virtual = useVirtual(total, ROW, HEADER);
  const layout = useColumnLayout(columns, virtual.left, virtual.width);
  const [active, setActive] = useState<Place | null>(null);
  const [details, setDetails] = useState<Place | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  const { scrollTo } = virtual;
  useEffect(() => {
    pages.want(virtual.first, virtual.end);
  }, [pages, state, virtual.first, virtual.end]);
  useEffect(() => {
    if (failing !== null) scrollTo(failing);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only when another item fails
  }, [failing]);

  const { current } = props;
  useEffect(() => {
    if (current !== null && failing === null) scrollTo(current);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only when another item is chosen
  }, [current]);

  const go = (place: Place) => {
    const row = Math.min(Math.max(place.row, 0), total - 1);
    const column = Math.min(Math.max(place.column, 0), columns.length - 1);
    setActive({ row, column });
    scrollTo(row);
    layout.show(column, virtual.box.current);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== grid.current) return;
    const from = active ?? { row: 0, column: -1 };
    if (event.key.toLowerCase() === "c" && (event.ctrlKey || event.metaKey)) {
      event.stopPropagation();
      const item = pages.item(from.row);
      const column = columns[from.column];
      if (item !== undefined && column !== undefined && getSelection()?.toString() === "") void copyText(plain(cellOf(item, column.name)));
      return;
    }
    if (event.key === "Enter" && active !== null) setDetails(active);
    else if (MOVES[event.key] === undefined) return;
    else go(MOVES[event.key]?.(from, event.ctrlKey || event.metaKey, { rows: total, columns: columns.length }) ?? from);
    event.preventDefault();
    event.stopPropagation();
  };
  const choose = useCallback((row: number, column: number) => { setActive({ row, column }); }, []);
  const open = useCallback((row: number, column: number) => {
    setActive({ row, column });
    setDetails({ row, column });
  }, []);
  const rows = Array.from({ length: Math.max(virtual.end - virtual.first, 0) }, (_, index) => virtual.first + index);
  const anchor = details === null ? null : (grid.current?.querySelector<HTMLElement>(`[data-cell="${details.row}:${details.column}"]`) ?? null);
  const detailed = details === null ? undefined : columns[details.column];
  return (
    <div ref={virtual.box} className="wf-table-box wf-scroll" onScroll={virtual.onScroll}>
      <div
        ref={grid} className="wf-table" role="grid" aria-label={label} aria-rowcount={total + 1} aria-colcount={columns.length + 1} tabIndex={0}
        aria-activedescendant={active === null ? undefined : `${label}-${active.row}-${active.column}`} style={{ width: layout.total, height: virtual.height + HEADER }} onKeyDown={onKeyDown}
        onMouseLeave={() => { props.onPoint?.(null, undefined); }}
      >
        <TableHeader layout={layout} menuOf={(column: Column) => columnMenu(column, { pages, state, refer, onInsert })} refer={refer} />
        {rows.map((row) => (
          <TableRow
            key={row} row={row} item={pages.item(row)} top={HEADER + virtual.topOf(row)} layout={layout} label={label} activeColumn={active?.row === row ? active.column : null}
            search={props.search} isCurrent={props.current === row} isMarked={props.marked(row, pages.item(row))} isFailing={failing === row} onCurrent={props.onCurrent} onPoint={props.onPoint} onOrigin={props.onOrigin}
            onChoose={choose} onOpen={open} refer={refer}
          />
        ))}
      </div>
      {details !== null && detailed !== undefined && anchor !== null && (
        <CellDetails
          anchor={anchor} name={detailed.name} row={details.row} value={cellOf(pages.item(details.row) ?? { json: null }, detailed.name)}
          reference={refer?.([detailed.name]) ?? null} onInsert={onInsert} onClose={() => { setDetails(null); grid.current?.focus(); }}
        />
      )}
    </div>
  );
}

type Move = (from: Place, isFar: boolean, size: { readonly rows: number; readonly columns: number }) => Place;

const MOVES: Readonly<Record<string, Move>> = {
  ArrowDown: (from, isFar, { rows }) => ({ row: isFar ? rows - 1 : from.column < 0 ? 0 : from.row + 1, column: Math.max(from.column, 0) }),
  ArrowUp: (from, isFar) => ({ ...from, row: isFar ? 0 : from.row - 1 }),
  ArrowRight: (from, isFar, { columns }) => ({ ...from, column: isFar ? columns - 1 : from.column + 1 }),
  ArrowLeft: (from, isFar) => ({ ...from, column: isFar ? 0 : from.column - 1 }),
  PageDown: (from) => ({ ...from, row: from.row + 15 }),
  PageUp: (from) => ({ ...from, row: from.row - 15 }),
  Home: (from, isFar) => ({ row: isFar ? 0 : from.row, column: 0 }),
  End: (from, isFar, { rows, columns }) => ({ row: isFar ? rows - 1 : from.row, column: columns - 1 }),
};
