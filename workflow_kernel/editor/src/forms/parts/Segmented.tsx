/** A few choices side by side, of which one holds. A radio group for keyboards and screen readers. */
import type { KeyboardEvent } from "react";
import type { IconNode } from "lucide";
import { Icon } from "./Icon";

export interface Segment<T> {
  readonly value: T;
  readonly label: string;
  readonly icon?: IconNode;
}

interface SegmentedProps<T> {
  readonly segments: readonly Segment<T>[];
  readonly value: T | undefined;
  readonly onChange: (value: T) => void;
  readonly label?: string;
  readonly labelledBy?: string;
  readonly isDisabled?: boolean;
  readonly size?: "small";
  /** Icons alone; the label is told by the tooltip. */
  readonly isCompact?: boolean;
}

export function Segmented<T>({ segments, value, onChange, label, labelledBy, isDisabled, size, isCompact = false }: SegmentedProps<T>) {
  const chosen = segments.findIndex((segment) => segment.value === value);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || isDisabled === true) return;
    event.preventDefault();
    event.stopPropagation();
    const index = (chosen + step + segments.length) % segments.length;
    const next = segments[index];
    if (next === undefined) return;
    onChange(next.value);
    event.currentTarget.querySelectorAll<HTMLElement>("[role=radio]")[index]?.focus();
  };
  return (
    <div className="wf-segmented" role="radiogroup" aria-label={label} aria-labelledby={labelledBy} data-size={size} onKeyDown={onKeyDown}>
      {segments.map((segment, index) => (
        <button
          key={segment.label} type="button" role="radio" aria-checked={index === chosen} disabled={isDisabled}
          tabIndex={index === Math.max(chosen, 0) ? 0 : -1} title={isCompact ? segment.label : undefined} aria-label={isCompact ? segment.label : undefined}
          onClick={() => { onChange(segment.value); }}
        >
          {segment.icon !== undefined && <Icon icon={segment.icon} size={14} />}
          {!isCompact && <span>{segment.label}</span>}
        </button>
      ))}
    </div>
  );
}
