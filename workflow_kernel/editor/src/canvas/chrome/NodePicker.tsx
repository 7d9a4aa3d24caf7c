/** Choosing a node type: search, families, recently used. As a panel for dragging, or floating beside a port. */
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { GripVertical, Search, X } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { fittingInput, fittingOutput } from "../../model/connect";
import { search } from "../../model/search";
import type { NodeTypeInfo } from "../../model/types";
import { familyColor, iconOf } from "../../theme/nodeIcons";
import { useReadable } from "../context";
import { compareFamilies, familyTitle } from "../families";
import { noteRecent, recentTypes } from "../recent";
import type { Picker } from "../state";
import { useCanvas } from "../useCanvas";
import type { CanvasParts } from "../useCanvas";
import { useTypeDrag } from "./useTypeDrag";

interface Section {
  readonly title: string;
  readonly types: readonly NodeTypeInfo[];
}

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
  const prefix = useId();
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const sections = useMemo(() => sectionsOf(types.filter((info) => fits(info, picker, parts)), query, picker), [types, query, picker, parts]);
  const flat = useMemo(() => sections.flatMap((section) => section.types), [sections]);
  const drag = useTypeDrag();
  useEffect(() => { input.current?.focus({ preventScroll: true }); }, [picker]);
  useEffect(() => { setActive(0); }, [query]);
  useEffect(() => { list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }); }, [active]);
  const close = () => {
    state.picker.set(null);
    viewpoint.root?.focus({ preventScroll: true });
  };
  const choose = (info: NodeTypeInfo) => {
    close();
    addChosen(info, picker, parts);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const move = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (move !== 0) setActive((now) => (now + move + flat.length) % Math.max(flat.length, 1));
    else if (event.key === "Enter" && flat[active] !== undefined) choose(flat[active]);
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
            {section.types.map((info) => {
              index += 1;
              const own = index;
              return (
                <div
                  key={info.type} id={`${prefix}${own}`} className="wf-chooser-type" role="option" aria-selected={own === active}
                  style={{ "--wf-family": familyColor(info) } as React.CSSProperties} onPointerEnter={() => { setActive(own); }}
                  onPointerDown={(event) => { drag.begin(event, info); }} onClick={() => { if (!drag.hasMoved()) choose(info); }}
                >
                  <span className="wf-node-tile"><Icon icon={iconOf(info)} size={18} /></span>
                  <span className="wf-chooser-words">
                    <span className="wf-ellipsis wf-chooser-name">{info.title}</span>
                    <span className="wf-ellipsis wf-chooser-about" title={firstLine(info)}>{firstLine(info)}</span>
                  </span>
                  {picker.place === "panel" && <span className="wf-chooser-grip"><Icon icon={GripVertical} size={14} /></span>}
                </div>
              );
            })}
          </div>
        ))}
        {flat.length === 0 && <p className="wf-chooser-none">Nothing found for “{query}”. Try another word, or use an HTTP request or code.</p>}
      </div>
    </div>
  );
}

export function firstLine(info: NodeTypeInfo): string {
  return (info.description.split("\n")[0] ?? "").replaceAll("*", "").replaceAll("`", "");
}

/** Only types that can stand at the port or in the edge. */
function fits(info: NodeTypeInfo, picker: Picker, { editor, actions }: CanvasParts): boolean {
  if (info.type === "flow.placeholder") return false;
  if (picker.place === "panel" || (picker.origin === null && picker.edge === null)) return true;
  const { origin, edge } = picker;
  if (edge !== null) return info.ports.inputs.length > 0 && info.ports.outputs.length > 0;
  const node = origin === null ? undefined : editor.node(origin.node);
  if (origin === null || node === undefined) return true;
  const ports = actions.placement.ports(node);
  const kind = (origin.side === "output" ? ports.outputs : ports.inputs).find((port) => port.name === origin.port)?.kind ?? "any";
  return (origin.side === "output" ? fittingInput(kind, info.ports) : fittingOutput(kind, info.ports)) !== undefined;
}

function sectionsOf(types: readonly NodeTypeInfo[], query: string, picker: Picker): readonly Section[] {
  if (query.trim() !== "") {
    const found = search(query, types, (info) => ({ title: info.title, keywords: [...info.keywords, info.type], description: info.description }));
    return found.length === 0 ? [] : [{ title: "Results", types: found }];
  }
  const recent = recentTypes().flatMap((type) => types.find((info) => info.type === type) ?? []);
  const triggers = types.filter((info) => info.is_trigger);
  const families = new Map<string, NodeTypeInfo[]>();
  for (const info of types) if (!info.is_trigger) families.set(info.family, [...(families.get(info.family) ?? []), info]);
  const isPanel = picker.place === "panel" || picker.origin === null;
  return [
    { title: "Recently used", types: recent },
    ...(isPanel ? [{ title: "Triggers", types: triggers }] : []),
    ...[...families].sort(([a], [b]) => compareFamilies(a, b)).map(([family, members]) => ({ title: familyTitle(family), types: members })),
    ...(isPanel ? [] : [{ title: "Triggers", types: triggers }]),
  ].filter((section) => section.types.length > 0);
}

function addChosen(info: NodeTypeInfo, picker: Picker, parts: CanvasParts): void {
  const { actions, viewpoint } = parts;
  noteRecent(info.type);
  let id: string | null;
  if (picker.place === "panel") id = actions.add(info, viewpoint.middle());
  else if (picker.edge !== null) id = actions.insert(info, picker.edge);
  else if (picker.origin !== null && isBesidePort(picker, parts)) id = actions.addAfter(info, picker.origin);
  else id = actions.add(info, picker.flow, picker.origin);
  if (id !== null) viewpoint.reveal(id);
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
