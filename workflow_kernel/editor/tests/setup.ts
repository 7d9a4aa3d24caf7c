import fc from "fast-check";

/** What jsdom lacks and React Flow and CodeMirror ask for. Runs before every test file; does nothing in node tests. */
class Observer {
  observe() { return undefined; }
  unobserve() { return undefined; }
  disconnect() { return undefined; }
}

if (typeof window !== "undefined") {
  Object.assign(globalThis, { ResizeObserver: Observer, IntersectionObserver: Observer });
  window.matchMedia = (query: string) =>
    ({ matches: false, media: query, addEventListener: () => undefined, removeEventListener: () => undefined }) as unknown as MediaQueryList;
  Range.prototype.getClientRects = () => [] as unknown as DOMRectList;
  Range.prototype.getBoundingClientRect = () => new DOMRect();
  Element.prototype.scrollIntoView = () => undefined;
  HTMLElement.prototype.setPointerCapture = () => undefined;
  HTMLElement.prototype.releasePointerCapture = () => undefined;
}

// The same examples in every run; WORKFLOW_EXPLORE=1 looks for more.
if (!process.env.WORKFLOW_EXPLORE) fc.configureGlobal({ seed: 20261126 });
