/** Three panes side by side, with edges between them that can be moved. */
import { useRef } from "react";
import type { KeyboardEvent, PointerEvent, ReactNode } from "react";

interface ColumnsProps {
  readonly start: ReactNode;
  readonly middle: ReactNode;
  readonly end: ReactNode;
  /** Shares of the width, in percent. */
  readonly startShare: number;
  readonly endShare: number;
  readonly onStart: (share: number) => void;
  readonly onEnd: (share: number) => void;
}

export const LEAST_SHARE = 16;
const LEAST_MIDDLE = 24;
const STEP = 2;

export function Columns({ start, middle, end, startShare, endShare, onStart, onEnd }: ColumnsProps) {
  const box = useRef<HTMLDivElement>(null);
  const share = (clientX: number) => {
    const rect = box.current?.getBoundingClientRect();
    return rect === undefined || rect.width === 0 ? startShare : ((clientX - rect.left) / rect.width) * 100;
  };
  const setStart = (wanted: number) => { onStart(clamp(wanted, 100 - endShare - LEAST_MIDDLE)); };
  const setEnd = (wanted: number) => { onEnd(clamp(wanted, 100 - startShare - LEAST_MIDDLE)); };
  return (
    <div ref={box} className="wf-columns" style={{ gridTemplateColumns: `minmax(0, ${startShare}fr) 0 minmax(0, ${100 - startShare - endShare}fr) 0 minmax(0, ${endShare}fr)` }}>
      {start}
      <Divider label="Width of the input" value={startShare} onMove={(x) => { setStart(share(x)); }} onStep={(step) => { setStart(startShare + step); }} />
      {middle}
      <Divider label="Width of the output" value={endShare} onMove={(x) => { setEnd(100 - share(x)); }} onStep={(step) => { setEnd(endShare - step); }} />
      {end}
    </div>
  );
}

function clamp(share: number, most: number): number {
  return Math.round(Math.min(Math.max(share, LEAST_SHARE), most) * 10) / 10;
}

interface DividerProps {
  readonly label: string;
  readonly value: number;
  readonly onMove: (clientX: number) => void;
  /** To the right, or (negative) to the left. */
  readonly onStep: (step: number) => void;
}

function Divider({ label, value, onMove, onStep }: DividerProps) {
  const latest = useRef(onMove);
  latest.current = onMove;
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    event.preventDefault();
    const element = event.currentTarget;
    element.setPointerCapture(event.pointerId);
    element.dataset.moving = "";
    const move = (moved: globalThis.PointerEvent) => { latest.current(moved.clientX); };
    const end = () => {
      delete element.dataset.moving;
      element.removeEventListener("pointermove", move);
    };
    element.addEventListener("pointermove", move);
    element.addEventListener("lostpointercapture", end, { once: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onStep(step);
  };
  return (
    <div
      className="wf-divider" role="separator" tabIndex={0} aria-orientation="vertical" aria-label={label} aria-valuenow={Math.round(value)} aria-valuemin={LEAST_SHARE} aria-valuemax={100 - LEAST_MIDDLE - LEAST_SHARE}
      onPointerDown={onPointerDown} onKeyDown={onKeyDown}
    />
  );
}
