/**
 * The panel of one node: input, parameters and output. Large and in the middle, at the side of the canvas, or over a
 * small host such as a notebook cell. Shown by the canvas while a node is opened.
 */
import { useEffect, useId, useRef } from "react";
import type { KeyboardEvent } from "react";
import { useEditor, useReadable, useSelected } from "../canvas/context";
import { keepFocusInside } from "../forms/parts/focus";
import { toTopLayer } from "../forms/parts/usePopover";
import { neighbours } from "./inputs";
import { PanelBody } from "./PanelBody";
import { PanelHeader } from "./PanelHeader";
import { usePreference } from "./usePreference";
import { useRootSize } from "./useRootSize";
import "./panel.css";

export interface NodePanelProps {
  readonly node: string;
  readonly onClose: () => void;
}

const NARROW = 760;
const LOW = 460;
const PLACES = ["middle", "side"] as const;
type Place = (typeof PLACES)[number];

export function NodePanel({ node: id, onClose }: NodePanelProps) {
  const editor = useEditor();
  const node = useSelected(editor.workflow, (workflow) => workflow.nodes[id]);
  // A panel that is opened before the node types have come fills in when they do.
  useReadable(editor.catalog.isLoaded);
  const [place, setPlace] = usePreference<Place>("panel", "middle", (value): value is Place => PLACES.some((one) => one === value));
  const frame = useRef<HTMLDivElement>(null);
  const dialog = useRef<HTMLDivElement>(null);
  const size = useRootSize(frame);
  const titleId = useId();
  // A small cell of a notebook has no room: the panel takes the page.
  const isOver = size.height < LOW;
  const isDocked = place === "side" && size.width >= NARROW && !isOver;
  useFocus(dialog, id);
  useEffect(() => {
    if (isOver && frame.current !== null) toTopLayer(frame.current);
  }, [isOver]);
  if (node === undefined) return null;
  const info = editor.catalog.find(node.type, node.version);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.defaultPrevented) return;
    if (event.key === "Escape") {
      event.preventDefault();
      if (!leaveCode(event.target)) onClose();
    } else if (event.key === "Tab" && !isDocked) keepFocusInside(event, event.currentTarget);
    else if (event.key === "F2") event.currentTarget.querySelector<HTMLElement>("[data-rename]")?.click();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void editor.run({ to: id });
    } else if (event.altKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      event.preventDefault();
      const [next] = neighbours(editor.workflow.get(), id)[event.key === "ArrowLeft" ? "before" : "after"];
      if (next !== undefined) editor.open(next.id);
    }
    // The keys of the canvas below are not those of a form.
    if (!(event.ctrlKey || event.metaKey) || !["z", "y", "s"].includes(event.key.toLowerCase())) event.stopPropagation();
  };
  return (
    <div ref={frame} className="wf-panel-frame" data-place={isDocked ? "side" : "middle"} data-over={isOver || undefined} onPointerDown={(event) => { if (event.target === event.currentTarget) onClose(); }}>
      <div
        ref={dialog} className="wf-panel" role="dialog" aria-modal={!isDocked} aria-labelledby={titleId} tabIndex={-1} data-narrow={size.width < NARROW || isDocked || undefined} onKeyDown={onKeyDown}
      >
        <PanelHeader
          node={node} info={info} titleId={titleId} isDocked={isDocked} onClose={onClose}
          onDock={size.width < NARROW || isOver ? undefined : () => { setPlace(isDocked ? "middle" : "side"); }}
        />
        <PanelBody key={id} node={node} info={info} isNarrow={size.width < NARROW || isDocked} />
      </div>
    </div>
  );
}

/** The first Esc in a code editor leaves it, so that Tab goes on from there; the next one closes the panel. */
function leaveCode(target: EventTarget): boolean {
  const editor = target instanceof Element ? target.closest(".cm-editor") : null;
  const field = editor?.closest<HTMLElement>("[data-field], .wf-code-box");
  if (editor === null || field === undefined || field === null) return false;
  field.tabIndex = -1;
  field.focus();
  return true;
}

/** The panel takes the focus when it opens or goes to another node, and gives it back at the end. */
function useFocus(dialog: React.RefObject<HTMLElement>, node: string): void {
  const before = useRef<Element | null>(null);
  useEffect(() => {
    const root = dialog.current?.getRootNode() as Document | ShadowRoot | undefined;
    before.current = root?.activeElement ?? null;
    return () => {
      if (before.current instanceof HTMLElement || before.current instanceof SVGElement) before.current.focus();
    };
  }, [dialog]);
  useEffect(() => {
    dialog.current?.focus();
  }, [dialog, node]);
}
