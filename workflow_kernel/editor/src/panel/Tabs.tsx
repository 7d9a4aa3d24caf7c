/** Tabs over a pane. Arrow keys go from one to the next. */
import type { KeyboardEvent, ReactNode } from "react";

export interface Tab<T extends string> {
  readonly value: T;
  readonly label: string;
  /** A count or a mark beside the label. */
  readonly mark?: ReactNode;
}

interface TabsProps<T extends string> {
  readonly tabs: readonly Tab<T>[];
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly label: string;
  readonly id: string;
  readonly kind?: "ports";
}

export function Tabs<T extends string>({ tabs, value, onChange, label, id, kind }: TabsProps<T>) {
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const index = (tabs.findIndex((tab) => tab.value === value) + step + tabs.length) % tabs.length;
    const next = tabs[index];
    if (next === undefined) return;
    onChange(next.value);
    event.currentTarget.querySelectorAll<HTMLElement>("[role=tab]")[index]?.focus();
  };
  return (
    <div className="wf-tabs" role="tablist" aria-label={label} data-kind={kind} onKeyDown={onKeyDown}>
      {tabs.map((tab) => (
        <button
          key={tab.value} id={`${id}-${tab.value}`} type="button" role="tab" aria-selected={tab.value === value} aria-controls={kind === "ports" ? undefined : `${id}-pane`} tabIndex={tab.value === value ? 0 : -1}
          onClick={() => { onChange(tab.value); }}
        >
          <span className="wf-ellipsis">{tab.label}</span>
          {tab.mark !== undefined && <span className="wf-tab-mark">{tab.mark}</span>}
        </button>
      ))}
    </div>
  );
}
