/** The size of the editor's root: the panel's layout follows its place rather than the window. */
import { useLayoutEffect, useState } from "react";
import type { RefObject } from "react";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export function useRootSize(inside: RefObject<HTMLElement>): Size {
  const [size, setSize] = useState<Size>({ width: 1200, height: 800 });
  useLayoutEffect(() => {
    const root = inside.current?.closest<HTMLElement>(".wf-root");
    if (root === null || root === undefined) return;
    const read = () => {
      // Nothing is laid out in tests.
      if (root.clientWidth > 0) setSize((before) => (before.width === root.clientWidth && before.height === root.clientHeight ? before : { width: root.clientWidth, height: root.clientHeight }));
    };
    read();
    const observer = new ResizeObserver(read);
    observer.observe(root);
    return () => { observer.disconnect(); };
  }, [inside]);
  return size;
}
