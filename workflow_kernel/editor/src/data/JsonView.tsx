/** Items as JSON, a page of them at a time, of which only the lines in sight are drawn. */
import { useEffect, useMemo, useState } from "react";
import type { KeyboardEvent } from "react";
import type { Json } from "../model/types";
import { startDrag } from "../forms/drag";
import { copyText, plain } from "./copy";
import { JsonRow } from "./JsonRow";
import { linesOf } from "./jsonLines";
import type { Folds, JsonLine } from "./jsonLines";
import { Pager } from "./Pager";
import { useVirtual } from "./useVirtual";
import type { ViewProps } from "./view";

const LINE = 21;
export const SHOWN = 50;

export function JsonView({ pages, state, total, search, label, refer, current, onCurrent, failing }: ViewProps) {
  const [start, setStart] = useState(failing === null ? 0 : failing - (failing % SHOWN));
  const [folds, setFolds] = useState<Folds>(new Map());
  const [active, setActive] = useState(0);
  const end = Math.min(start + SHOWN, total);
  useEffect(() => {
    pages.want(start, end);
  }, [pages, state, start, end]);
  const lines = useMemo(() => {
    const found: JsonLine[] = [];
    for (let index = start; index < end; index++) {
      const json: Json = pages.item(index)?.json ?? null;
      found.push(...linesOf(json, folds, [index], index));
    }
    return found;
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `pages` changes its items when `state` does
  }, [pages, state, start, end, folds]);
  const virtual = useVirtual(lines.length, LINE);
  const fold = (line: JsonLine, isOpen: boolean) => { setFolds(new Map(folds).set(line.key, isOpen)); };
  const onKeyDown = (event: KeyboardEvent) => {
    const line = lines[active];
    if (line === undefined) return;
    const next = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: lines.length - 1 }[event.key];
    if (next !== undefined) {
      const row = Math.min(Math.max(next, 0), lines.length - 1);
      setActive(row);
      virtual.scrollTo(row);
    } else if (event.key === "ArrowRight" && line.kind === "closed") fold(line, true);
    else if (event.key === "ArrowLeft" && line.kind === "open") fold(line, false);
    else if (event.key.toLowerCase() === "c" && (event.ctrlKey || event.metaKey) && getSelection()?.toString() === "") void copyText(plain(line.value));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const shown = lines.slice(virtual.first, virtual.end);
  return (
    <div className="wf-json">
      <div ref={virtual.box} className="wf-json-box wf-scroll" onScroll={virtual.onScroll}>
        <div
          className="wf-json-lines" role="tree" aria-label={label} tabIndex={0} aria-activedescendant={`${label}-line-${active}`} style={{ height: virtual.height }} onKeyDown={onKeyDown}
        >
          {shown.map((line, position) => {
            const row = virtual.first + position;
            const [item, ...path] = line.path;
            return (
              <div
                key={line.key} className="wf-json-place" data-failing={item === failing || undefined} data-current={(item === current && onCurrent !== undefined) || undefined}
                style={{ transform: `translateY(${virtual.topOf(row)}px)` }} onClick={() => { setActive(row); }}
              >
                <JsonRow
                  id={`${label}-line-${row}`} line={line} search={search} isActive={row === active} onFold={(isOpen) => { fold(line, isOpen); }}
                  onDragStart={refer === null || path.length === 0 ? undefined : (event) => { startDrag(event.dataTransfer, refer(path)); }}
                />
              </div>
            );
          })}
        </div>
      </div>
      <Pager start={start} size={SHOWN} total={total} onChange={(next) => { setStart(next); setActive(0); virtual.scrollTo(0); }} />
    </div>
  );
}
