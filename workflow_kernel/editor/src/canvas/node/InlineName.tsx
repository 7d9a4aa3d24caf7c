/** A name being edited where it stands: Enter keeps it, Esc gives up. */
import { useEffect, useRef } from "react";

interface InlineNameProps {
  readonly value: string;
  readonly label: string;
  /** The new name, or null when nothing is to change. */
  readonly onDone: (name: string | null) => void;
}

export function InlineName({ value, label, onDone }: InlineNameProps) {
  const input = useRef<HTMLInputElement>(null);
  const isDone = useRef(false);
  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  const finish = (name: string | null) => {
    if (isDone.current) return;
    isDone.current = true;
    onDone(name);
  };
  return (
    <input
      ref={input} className="wf-inline-name nodrag nopan" aria-label={label} defaultValue={value} maxLength={200} spellCheck={false}
      onBlur={(event) => { finish(event.currentTarget.value); }}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") finish(event.currentTarget.value);
        if (event.key === "Escape") finish(null);
      }}
      onDoubleClick={(event) => { event.stopPropagation(); }}
    />
  );
}
