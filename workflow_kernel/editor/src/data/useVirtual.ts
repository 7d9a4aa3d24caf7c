/** Which rows of a long list are in view. Lists longer than a browser can scroll are scrolled in proportion. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { RefObject } from "react";

const MOST_PIXELS = 8_000_000;
const MORE = 8;
const HEIGHT = 400;

export interface Virtual {
  readonly box: RefObject<HTMLDivElement>;
  /** The rows to draw: from `first` to before `end`. */
  readonly first: number;
  readonly end: number;
  /** Of everything. */
  readonly height: number;
  readonly topOf: (row: number) => number;
  readonly left: number;
  readonly width: number;
  readonly onScroll: () => void;
  readonly scrollTo: (row: number) => void;
}

/** `offset` is the height of what stands above the rows and stays there. */
export function useVirtual(count: number, rowHeight: number, offset = 0): Virtual {
  const box = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ top: 0, left: 0, width: 0, height: HEIGHT });
  const read = useCallback(() => {
    const element = box.current;
    if (element === null) return;
    const next = { top: element.scrollTop, left: element.scrollLeft, width: element.clientWidth, height: element.clientHeight || HEIGHT };
    setPlace((before) => (before.top === next.top && before.left === next.left && before.width === next.width && before.height === next.height ? before : next));
  }, []);
  useLayoutEffect(read, [read, count]);
  useEffect(() => {
    if (box.current === null) return;
    const observer = new ResizeObserver(read);
    observer.observe(box.current);
    return () => { observer.disconnect(); };
  }, [read]);

  const whole = count * rowHeight;
  const height = Math.min(whole, MOST_PIXELS);
  const view = Math.max(place.height - offset, rowHeight);
  // How far the rows themselves are scrolled, when the list stands for a longer one.
  const stretch = whole > height ? Math.max(whole - view, 0) / Math.max(height - view, 1) : 1;
  const scrolled = Math.min(place.top * stretch, Math.max(whole - view, 0));
  const first = Math.max(Math.floor(scrolled / rowHeight) - MORE, 0);
  const end = Math.min(Math.ceil((scrolled + view) / rowHeight) + MORE, count);
  const topOf = (row: number) => row * rowHeight - scrolled + place.top;
  const scrollTo = useCallback(
    (row: number) => {
      const element = box.current;
      if (element === null) return;
      const top = row * rowHeight;
      const seen = element.scrollTop * stretch;
      if (top < seen) element.scrollTop = top / stretch;
      else if (top + rowHeight > seen + view) element.scrollTop = (top + rowHeight - view) / stretch;
      read();
    },
    [rowHeight, stretch, view, read],
  );
  return { box, first, end, height, topOf, left: place.left, width: place.width, onScroll: read, scrollTo };
}
