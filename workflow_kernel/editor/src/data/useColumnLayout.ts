/** Where the columns of a table stand, which are in sight, and how wide somebody has made them. */
import { useMemo, useState } from "react";
import type { Column } from "./columns";

export const INDEX = 52;

export interface PlacedColumn extends Column {
  readonly index: number;
  readonly left: number;
}

export interface ColumnLayout {
  /** Those in sight, with where they begin. */
  readonly shown: readonly PlacedColumn[];
  readonly total: number;
  readonly resize: (name: string, width: number) => void;
  readonly show: (index: number, box: HTMLElement | null) => void;
}

const MORE = 200;
const STEP = 200;
const LEAST = 48;
const MOST = 1200;
const VIEW = 1000;

export function useColumnLayout(columns: readonly Column[], scrolled: number, width: number): ColumnLayout {
  const [widths, setWidths] = useState<ReadonlyMap<string, number>>(new Map());
  const placed = useMemo(() => {
    let left = INDEX;
    return columns.map((column, index): PlacedColumn => {
      const own = widths.get(column.name) ?? column.width;
      const made = { ...column, index, left, width: own };
      left += own;
      return made;
    });
  }, [columns, widths]);
  // By steps, so that a table that is scrolled draws its rows again only when other columns come into sight.
  const start = Math.floor(Math.max(scrolled - MORE, 0) / STEP) * STEP;
  const end = Math.ceil((scrolled + (width === 0 ? VIEW : width) + MORE) / STEP) * STEP;
  return useMemo(() => {
    const last = placed.at(-1);
    return {
      shown: placed.filter((column) => column.left + column.width > start && column.left < end),
      total: last === undefined ? INDEX : last.left + last.width,
      resize: (name: string, wanted: number) => { setWidths((before) => new Map(before).set(name, Math.min(Math.max(wanted, LEAST), MOST))); },
      show: (index: number, box: HTMLElement | null) => { scrollInto(placed[index], box); },
    };
  }, [placed, start, end]);
}

function scrollInto(column: PlacedColumn | undefined, box: HTMLElement | null): void {
  if (column === undefined || box === null) return;
  if (column.left - INDEX < box.scrollLeft) box.scrollLeft = column.left - INDEX;
  else if (column.left + column.width > box.scrollLeft + box.clientWidth) box.scrollLeft = column.left + column.width - box.clientWidth;
}
