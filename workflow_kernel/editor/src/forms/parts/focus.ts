/** Keeping the focus in a box, for dialogs and the panel. */
import type { KeyboardEvent } from "react";

const STOPS = "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex], [contenteditable=true]";

/** The elements Tab stops at, in order. */
export function stopsIn(box: HTMLElement): HTMLElement[] {
  return [...box.querySelectorAll<HTMLElement>(STOPS)].filter((element) => element.tabIndex >= 0 && isVisible(element));
}

function isVisible(element: HTMLElement): boolean {
  // jsdom lays nothing out, so it has no such method.
  return typeof element.checkVisibility === "function" ? element.checkVisibility({ visibilityProperty: true }) : true;
}

/** Tab from the last element goes to the first, and back. */
export function keepFocusInside(event: KeyboardEvent, box: HTMLElement): void {
  const stops = stopsIn(box);
  const first = stops[0];
  const last = stops.at(-1);
  const active = (box.getRootNode() as Document | ShadowRoot).activeElement;
  if (event.shiftKey && (active === first || active === box)) {
    event.preventDefault();
    last?.focus();
  } else if (!event.shiftKey && active === last) {
    event.preventDefault();
    first?.focus();
  }
}
