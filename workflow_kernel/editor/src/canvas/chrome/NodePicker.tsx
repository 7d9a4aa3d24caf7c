/** Choosing a node type: search, families, recently used. As a panel for dragging, or floating beside a port. */
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { ArrowLeft, ChevronRight, GripVertical, Search, X } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import type { NodeTypeInfo } from "../../model/types";
import { familyColor, familyIcon, familyVariable, iconOf } from "../../theme/nodeIcons";
import { useReadable } from "../context";
import { noteRecent, recentTypes } from "../recent";
import type { Picker } from "../state";
import { useCanvas } from "../useCanvas";
import type { CanvasParts } from "../useCanvas";
import { fits, sectionsOf } from "./pickerRows";
import type { Row } from "./pickerRows";
import { useTypeDrag } from "./useTypeDrag";
import type { TypeDrag } from "./useTypeDrag";

const POPUP = { width: 320, height: 420 };

export function NodePicker() {
  const { state } = useCanvas();
  const picker = useReadable(state.picker);
  return picker === null ? null : <OpenPicker picker={picker} />;
}

function OpenPicker({ picker }: { readonly picker: Picker }) {
  const parts = useCanvas();
  const { editor, state, viewpoint } = parts;
  const types = useReadable(editor.catalog.types);
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const isLoaded = useReadable(parts.editor.catalog.isLoaded);
  const prefix = useId();
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [family, setFamily] = useState<string | null>(null);
  const fitting = useMemo(() => types.filter((info) => fits(info, picker, parts)), [types, picker, parts]);
  const isFirst = picker.place === "panel" || picker.origin === null;
  const sections = useMemo(() => sectionsOf(fitting, query, family, recentTypes(), isFirst), [fitting, query, family, isFirst]);
  const flat = useMemo(() => sections.flatMap((section) => section.rows), [sections]);
  const drag = useTypeDrag();
  useEffect(() => { input.current?.focus({ preventScroll: true }); }, [picker]);
  useEffect(() => { setActive(family !== null && query === "" ? 1 : 0); }, [query, family]);
  useEffect(() => { list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }); }, [active]);
  const close = () => {
    state.picker.set(null);
    viewpoint.root?.focus({ preventScroll: true });
  };
  const choose = (row: Row) => {
    if (row.kind === "back") setFamily(null);
    else if (row.kind === "family") setFamily(row.family);
    else {
      close();
      addChosen(row.info, picker, parts);
    }
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const move = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (move !== 0) setActive((now) => (now + move + flat.length) % Math.max(flat.length, 1));
    else if (event.key === "Enter" && flat[active] !== undefined) choose(flat[active]);
    else if (event.key === "ArrowRight" && flat[active]?.kind === "family") choose(flat[active]);
    else if ((event.key === "ArrowLeft" || event.key === "Backspace") && family !== null && query === "") setFamily(null);
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  let index = -1;
  return (
    <div
      className="wf-chooser wf-surface" data-place={picker.place} style={picker.place === "popup" ? placeOf(picker.at, viewpoint.size) : undefined}
      role="dialog" aria-label="Add a node" onKeyDown={onKeyDown}
    >
      <div className="wf-chooser-search">
        <Icon icon={Search} size={16} />
        <input
          ref={input} value={query} placeholder={picker.place === "popup" && picker.origin !== null ? "What happens next?" : "Search nodes"} aria-label="Search nodes"
          role="combobox" aria-expanded="true" aria-controls={`${prefix}list`} aria-activedescendant={flat[active] === undefined ? undefined : `${prefix}${active}`}
          onChange={(event) => { setQuery(event.currentTarget.value); }}
        />
        <button type="button" className="wf-icon-button" aria-label="Close" onClick={close}><Icon icon={X} /></button>
      </div>
      <div ref={list} className="wf-chooser-list wf-scroll" role="listbox" id={`${prefix}list`} aria-label="Node types" tabIndex={-1}>
        {sections.map((section) => (
          <div key={section.title} role="group" aria-label={section.title}>
            <div className="wf-chooser-heading" aria-hidden="true">{section.title}</div>
            {section.rows.map((row) => {
              index += 1;
              const own = index;
              return (
                <PickerRow
                  key={own} id={`${prefix}${own}`} row={row} isActive={own === active} hasGrip={picker.place === "panel"} drag={drag}
                  onPoint={() => { setActive(own); }} onChoose={() => { choose(row); }}
                />
              );
            })}
          </div>
        ))}
        {flat.length === 0 && <p className="wf-chooser-none">{isLoaded ? `Nothing found for “${query}”. Try another word, or use an HTTP request or code.` : "The nodes are loading…"}</p>}
      </div>
    </div>
  );
}

export function firstLine(info: NodeTypeInfo): string {
  return (info.description.split("\n")[0] ?? "").replaceAll("*", "").replaceAll("`", "");
}

interface PickerRowProps {
  readonly id: string;
  readonly row: Row;
  readonly isActive: boolean;
  readonly hasGrip: boolean;
  readonly drag: TypeDrag;
  readonly onPoint: () => void;
  readonly onChoose: () => void;
}

function PickerRow({ id, row, isActive, hasGrip, drag, onPoint, onChoose }: PickerRowProps) {
  if (row.kind === "back") {
    return (
      <div id={id} className="wf-chooser-type" role="option" aria-selected={isActive} onPointerMove={onPoint} onClick={onChoose}>
        <Icon icon={ArrowLeft} size={16} /><span className="wf-chooser-words">All nodes</span>
      </div>
    );
  }
  if (row.kind === "family") {
    const color = { "--wf-family": row.family === "trigger" ? "var(--wf-family-trigger)" : familyVariable(row.family) } as React.CSSProperties;
    return (
      <div id={id} className="wf-chooser-type" role="option" aria-selected={isActive} style={color} onPointerMove={onPoint} onClick={onChoose}>
        <span className="wf-node-tile"><Icon icon={familyIcon(row.family)} size={18} /></span>
        <span className="wf-chooser-words"><span className="wf-ellipsis wf-chooser-name">{row.title}</span></span>
        <span className="wf-muted wf-small">{row.count}</span><Icon icon={ChevronRight} size={15} />
      </div>
    );
  }
  const { info } = row;
  return (
    <div
      id={id} className="wf-chooser-type" role="option" aria-selected={isActive} style={{ "--wf-family": familyColor(info) } as React.CSSProperties}
      onPointerMove={onPoint} onPointerDown={(event) => { drag.begin(event, info); }} onClick={() => { if (!drag.hasMoved()) onChoose(); }}
    >
      <span className="wf-node-tile"><Icon icon={iconOf(info)} size={18} /></span>
      <span className="wf-chooser-words">
        <span className="wf-ellipsis wf-chooser-name" title={info.title}>{info.title}</span>
        <span className="wf-ellipsis wf-chooser-about" title={firstLine(info)}>{firstLine(info)}</span>
      </span>
      {hasGrip && <span className="wf-chooser-grip"><Icon icon={GripVertical} size={14} /></span>}
    </div>
  );
}

function addChosen(info: NodeTypeInfo, picker: Picker, parts: CanvasParts): void {
  const { editor, actions, viewpoint } = parts;
  noteRecent(info.type);
  let id: string | null;
  if (picker.place === "panel") id = actions.add(info, viewpoint.middle());
  else if (picker.edge !== null) id = actions.insert(info, picker.edge);
  else if (picker.origin !== null && isBesidePort(picker, parts)) id = actions.addAfter(info, picker.origin);
  else id = actions.add(info, picker.flow, picker.origin);
  if (id === null) return;
  viewpoint.reveal(id);
  // What cannot run as it is asks to be filled in at once.
  if (asksForMore(info)) editor.open(id);
}

/** Whether the picker was opened at a port rather than by drawing an edge to an empty place. */
function isBesidePort(picker: Extract<Picker, { place: "popup" }>, { editor, actions }: CanvasParts): boolean {
  const node = picker.origin === null ? undefined : editor.node(picker.origin.node);
  const port = node === undefined || picker.origin === null ? null : actions.placement.portAt(node, picker.origin.side, picker.origin.port);
  return port !== null && picker.flow[0] === port[0] + 200 && picker.flow[1] === port[1];
}

function placeOf([x, y]: readonly [number, number], room: { readonly width: number; readonly height: number }): React.CSSProperties {
  const width = Math.min(POPUP.width, room.width - 16);
  const height = Math.min(POPUP.height, room.height - 16);
  return {
    left: Math.max(8, Math.min(x + 12, room.width - width - 8)), top: Math.max(8, Math.min(y - 40, room.height - height - 8)), width, height,
  };
}

const TELLING: ReadonlySet<string> = new Set(["code", "conditions", "assignments"]);

/** Whether a node does nothing of use before something is set. */
function asksForMore({ parameters }: NodeTypeInfo): boolean {
  if ((parameters.required ?? []).length > 0) return true;
  return Object.values(parameters.properties ?? {}).some((schema) => TELLING.has(schema.ui?.widget ?? "") && (schema.ui?.section ?? "") === "");
}
