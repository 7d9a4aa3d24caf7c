/** The entries of a list: each can be moved by its handle (drag, or arrow keys), doubled and removed. */
import { useState } from "react";
import type { DragEvent, KeyboardEvent, ReactNode } from "react";
import { Copy, GripVertical, Trash2 } from "lucide";
import { Icon } from "./Icon";

const ENTRY = "application/x-workflow-entry";

interface EntriesProps {
  readonly keys: readonly number[];
  /** What an entry is called, for its buttons: `condition 2`. */
  readonly nameOf: (index: number) => string;
  readonly onMove: (from: number, to: number) => void;
  readonly onRemove: (index: number) => void;
  readonly onDouble?: (index: number) => void;
  readonly isDisabled: boolean;
  readonly layout: "row" | "card";
  readonly labelledBy?: string;
  readonly children: (index: number) => ReactNode;
}

export function Entries({ keys, nameOf, onMove, onRemove, onDouble, isDisabled, layout, labelledBy, children }: EntriesProps) {
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const end = () => {
    setDragged(null);
    setOver(null);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>, index: number) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const target = index + (step ?? 0);
    if (step === undefined || target < 0 || target >= keys.length) return;
    event.preventDefault();
    event.stopPropagation();
    onMove(index, target);
  };
  const onDragOver = (event: DragEvent, index: number) => {
    if (dragged === null || !event.dataTransfer.types.includes(ENTRY)) return;
    event.preventDefault();
    setOver(index);
  };
  return (
    <div className="wf-entries" data-layout={layout} role="list" aria-labelledby={labelledBy}>
      {keys.map((key, index) => (
        <div
          key={key} role="listitem" className="wf-entry" data-over={over === index && dragged !== index ? (index > (dragged ?? 0) ? "after" : "before") : undefined}
          data-dragged={dragged === index || undefined} onDragOver={(event) => { onDragOver(event, index); }}
          onDrop={(event) => {
            if (dragged === null) return;
            event.preventDefault();
            event.stopPropagation();
            onMove(dragged, index);
            end();
          }}
        >
          {!isDisabled && (
            <button
              type="button" className="wf-entry-handle" draggable aria-label={`Move ${nameOf(index)} with the arrow keys`} title="Drag to move"
              onKeyDown={(event) => { onKeyDown(event, index); }} onDragEnd={end}
              onDragStart={(event) => {
                event.dataTransfer.setData(ENTRY, String(index));
                event.dataTransfer.effectAllowed = "move";
                setDragged(index);
              }}
            >
              <Icon icon={GripVertical} size={14} />
            </button>
          )}
          <div className="wf-entry-body">{children(index)}</div>
          {!isDisabled && (
            <div className="wf-entry-tools">
              {onDouble !== undefined && (
                <button type="button" className="wf-mini-button" aria-label={`Duplicate ${nameOf(index)}`} title="Duplicate" onClick={() => { onDouble(index); }}>
                  <Icon icon={Copy} size={13} />
                </button>
              )}
              <button type="button" className="wf-mini-button" data-kind="danger" aria-label={`Remove ${nameOf(index)}`} title="Remove" onClick={() => { onRemove(index); }}>
                <Icon icon={Trash2} size={13} />
              </button>
            </div>
          )}
        </div>
      ))}
    </div>
  );
}
