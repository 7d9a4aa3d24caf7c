/**
 * Puts a floating element beside its anchor. It goes into the browser's top layer, so that no scrolling box and no
 * transformed host clips it, while it stays below the editor's root for styles and keys.
 */
import { useEffect, useLayoutEffect, useRef } from "react";
import type { RefObject } from "react";

export type Placement = "below-start" | "below-end" | "above-start";

const GAP = 4;
const MARGIN = 8;

export interface PopoverOptions {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly placement?: Placement;
  /** As wide as the anchor at least. */
  readonly fits?: boolean;
}

export function usePopover({ anchor, isOpen, onClose, placement = "below-start", fits = false }: PopoverOptions): RefObject<HTMLDivElement> {
  const floating = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });

  useLayoutEffect(() => {
    const element = floating.current;
    const base = anchor.current;
    if (!isOpen || element === null || base === null) return;
    toTopLayer(element);
    const move = () => { place(element, base, placement, fits); };
    move();
    window.addEventListener("scroll", move, true);
    window.addEventListener("resize", move);
    const observer = new ResizeObserver(move);
    observer.observe(element);
    return () => {
      window.removeEventListener("scroll", move, true);
      window.removeEventListener("resize", move);
      observer.disconnect();
    };
  }, [anchor, isOpen, placement, fits]);

  useEffect(() => {
    if (!isOpen) return;
    // In a shadow root the document sees only the host, so the root's own path is asked.
    const onPress = (event: Event) => {
      const path = event.composedPath();
      const isInside = [floating.current, anchor.current].some((element) => element !== null && path.includes(element));
      if (!isInside) close.current();
    };
    document.addEventListener("pointerdown", onPress, true);
    return () => { document.removeEventListener("pointerdown", onPress, true); };
  }, [anchor, isOpen]);

  return floating;
}

/** Above everything else on the page. Not in every browser and not in jsdom; there the element floats all the same. */
export function toTopLayer(element: HTMLElement): void {
  if (typeof element.showPopover !== "function") return;
  element.setAttribute("popover", "manual");
  element.showPopover();
}

function place(element: HTMLElement, base: HTMLElement, placement: Placement, fits: boolean): void {
  const box = base.getBoundingClientRect();
  if (fits) element.style.minWidth = `${box.width}px`;
  element.style.maxHeight = "";
  const width = element.offsetWidth;
  const height = element.offsetHeight;
  const below = window.innerHeight - box.bottom - GAP - MARGIN;
  const above = box.top - GAP - MARGIN;
  const isAbove = placement === "above-start" ? above >= Math.min(height, 120) : below < height && above > below;
  const room = Math.max(isAbove ? above : below, 120);
  element.style.maxHeight = `${room}px`;
  const shown = Math.min(height, room);
  const start = placement === "below-end" ? box.right - width : box.left;
  const left = Math.min(Math.max(start, MARGIN), Math.max(window.innerWidth - width - MARGIN, MARGIN));
  element.style.left = `${left}px`;
  element.style.top = `${isAbove ? box.top - GAP - shown : box.bottom + GAP}px`;
}
