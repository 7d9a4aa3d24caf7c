/**
 * The dots of the grid. A layer of its own that is only moved while the canvas is panned: drawing a pattern over the
 * whole pane for each picture costs more than all cards.
 */
import { useEffect, useRef } from "react";
import { useStoreApi } from "@xyflow/react";
import type { Transform } from "@xyflow/react";
import { GRID } from "../model/geometry";
import type { Unsubscribe } from "../model/observable";

export function Dots() {
  const element = useRef<HTMLDivElement>(null);
  const store = useStoreApi();
  useEffect((): Unsubscribe => {
    let zoomDrawn = 0;
    const place = ([x, y, zoom]: Transform) => {
      const style = element.current?.style;
      if (style === undefined) return;
      const gap = GRID * zoom;
      if (zoom !== zoomDrawn) {
        style.setProperty("--wf-gap", `${gap}px`);
        style.setProperty("--wf-dot", `${0.8 * zoom}px`);
        zoomDrawn = zoom;
      }
      style.transform = `translate(${rest(x - gap / 2, gap)}px, ${rest(y - gap / 2, gap)}px)`;
    };
    place(store.getState().transform);
    return store.subscribe((now, before) => {
      if (now.transform !== before.transform) place(now.transform);
    });
  }, [store]);
  return <div ref={element} className="wf-dots" aria-hidden="true" />;
}

/** What is left of a length when whole gaps are taken away, never negative. */
function rest(length: number, gap: number): number {
  return ((length % gap) + gap) % gap;
}
