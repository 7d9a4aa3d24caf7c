/** Goes through items by the page, and to any of them by its number. */
import { useEffect, useState } from "react";
import { ChevronLeft, ChevronRight, ChevronsLeft, ChevronsRight } from "lucide";
import type { IconNode } from "lucide";
import { Icon } from "../forms/parts/Icon";

interface PagerProps {
  readonly start: number;
  readonly size: number;
  readonly total: number;
  readonly onChange: (start: number) => void;
}

export function Pager({ start, size, total, onChange }: PagerProps) {
  const [typed, setTyped] = useState(String(start + 1));
  useEffect(() => {
    setTyped(String(start + 1));
  }, [start]);
  if (total <= size) return null;
  const last = total - 1 - ((total - 1) % size);
  const go = () => {
    const wanted = Number(typed);
    if (Number.isInteger(wanted) && wanted >= 1 && wanted <= total) onChange(wanted - 1 - ((wanted - 1) % size));
    else setTyped(String(start + 1));
  };
  return (
    <nav className="wf-pager" aria-label="Pages">
      <Step icon={ChevronsLeft} label="First page" isDisabled={start === 0} onClick={() => { onChange(0); }} />
      <Step icon={ChevronLeft} label="Page before" isDisabled={start === 0} onClick={() => { onChange(Math.max(start - size, 0)); }} />
      <span className="wf-pager-place">
        <input
          className="wf-input" aria-label="Go to item" inputMode="numeric" value={typed} style={{ width: `${Math.max(typed.length, 2) + 3}ch` }} onChange={(event) => { setTyped(event.target.value); }} onBlur={go}
          onKeyDown={(event) => { if (event.key === "Enter") go(); }}
        />
        <span>– {Math.min(start + size, total).toLocaleString("en-US")} of {total.toLocaleString("en-US")}</span>
      </span>
      <Step icon={ChevronRight} label="Next page" isDisabled={start >= last} onClick={() => { onChange(Math.min(start + size, last)); }} />
      <Step icon={ChevronsRight} label="Last page" isDisabled={start >= last} onClick={() => { onChange(last); }} />
    </nav>
  );
}

function Step({ icon, label, isDisabled, onClick }: { readonly icon: IconNode; readonly label: string; readonly isDisabled: boolean; readonly onClick: () => void }) {
  return <button type="button" className="wf-mini-button" aria-label={label} title={label} disabled={isDisabled} onClick={onClick}><Icon icon={icon} size={15} /></button>;
}
