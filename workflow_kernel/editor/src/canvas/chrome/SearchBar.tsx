/** Find on the canvas: names, types, notes and parameters of nodes, and sticky notes. Enter goes to the next one. */
import { useEffect, useMemo, useRef, useState } from "react";
import { ChevronDown, ChevronUp, Search, X } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { texts } from "../../model/json";
import type { Workflow } from "../../model/types";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";

function matches(workflow: Workflow, query: string, titleOf: (type: string) => string): readonly string[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === "") return [];
  const has = (text: string): boolean => text.toLowerCase().includes(wanted);
  const nodes = Object.values(workflow.nodes).map((node) => {
    const rank = has(node.name) ? 0 : has(node.type) || has(titleOf(node.type)) ? 1 : has(node.notes) || [...texts(node.parameters)].some(([, text]) => has(text)) ? 2 : 3;
    return { id: node.id, rank, at: node.position };
  });
  const notes = Object.values(workflow.notes).map((note) => ({ id: note.id, rank: has(note.text) ? 2 : 3, at: note.position }));
  const found = [...nodes, ...notes].filter((one) => one.rank < 3);
  found.sort((a, b) => a.rank - b.rank || a.at[0] - b.at[0] || a.at[1] - b.at[1]);
  return found.map((one) => one.id);
}

export function SearchBar() {
  const { editor, state, viewpoint } = useCanvas();
  const workflow = useReadable(editor.workflow);
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const found = useMemo(() => matches(workflow, query, (type) => editor.catalog.find(type)?.title ?? ""), [workflow, query, editor]);
  useEffect(() => { input.current?.focus(); }, []);
  const show = (index: number) => {
    const id = found[index];
    if (id === undefined) return;
    setAt(index);
    editor.select([id]);
    viewpoint.goTo(id);
  };
  const step = (by: number) => { show((at + by + found.length) % Math.max(found.length, 1)); };
  const close = () => {
    state.dialog.set(null);
    viewpoint.root?.focus({ preventScroll: true });
  };
  return (
    <div
      className="wf-search wf-surface" role="search" aria-label="Find on the canvas"
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
        else if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <Icon icon={Search} size={16} />
      <input
        ref={input} value={query} placeholder="Find nodes, notes and values" aria-label="Find on the canvas"
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          const [first] = matches(workflow, event.currentTarget.value, (type) => editor.catalog.find(type)?.title ?? "");
          setAt(0);
          if (first === undefined) return;
          editor.select([first]);
          viewpoint.goTo(first);
        }}
      />
      <span className="wf-muted wf-small" role="status">{query.trim() === "" ? "" : found.length === 0 ? "None" : `${at + 1} of ${found.length}`}</span>
      <button type="button" className="wf-icon-button" aria-label="Previous" disabled={found.length < 2} onClick={() => { step(-1); }}><Icon icon={ChevronUp} /></button>
      <button type="button" className="wf-icon-button" aria-label="Next" disabled={found.length < 2} onClick={() => { step(1); }}><Icon icon={ChevronDown} /></button>
      <button type="button" className="wf-icon-button" aria-label="Close" onClick={close}><Icon icon={X} /></button>
    </div>
  );
}
