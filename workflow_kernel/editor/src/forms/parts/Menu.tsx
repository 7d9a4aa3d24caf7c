/** A button that opens a menu. Arrow keys move, Enter chooses, Esc closes, letters jump. */
import { useEffect, useRef, useState } from "react";
import type { KeyboardEvent, ReactNode } from "react";
import type { IconNode } from "lucide";
import { Icon } from "./Icon";
import { Popover } from "./Popover";
import type { Placement } from "./usePopover";

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconNode;
  /** Undefined for a heading. */
  readonly onChoose?: () => void;
  readonly isDisabled?: boolean;
  readonly isChecked?: boolean;
  readonly kind?: "danger";
  readonly hint?: string;
}

interface MenuProps {
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly className?: string;
  readonly placement?: Placement;
  readonly isDisabled?: boolean;
  readonly children: ReactNode;
}

export function Menu({ label, items, className = "wf-icon-button", placement = "below-end", isDisabled, children }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => { setOpen(false); };
  return (
    <>
      <button
        ref={button} type="button" className={className} aria-label={label} title={label} aria-haspopup="menu" aria-expanded={isOpen} disabled={isDisabled}
        onClick={() => { setOpen(!isOpen); }}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        {children}
      </button>
      {isOpen && (
        <Popover anchor={button} onClose={close} label={label} role="menu" placement={placement} className="wf-menu">
          <MenuItems items={items} onDone={() => { close(); button.current?.focus(); }} />
        </Popover>
      )}
    </>
  );
}

function MenuItems({ items, onDone }: { readonly items: readonly MenuItem[]; readonly onDone: () => void }) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    buttonsOf(list.current)[0]?.focus();
  }, []);
  return (
    <div ref={list} onKeyDown={(event) => { moveFocus(event, buttonsOf(list.current)); }}>
      {items.map((item) =>
        item.onChoose === undefined ? (
          <div key={item.label} className="wf-menu-heading" role="presentation">{item.label}</div>
        ) : (
          <button
            key={item.label} type="button" tabIndex={-1} className="wf-menu-item" data-kind={item.kind} disabled={item.isDisabled}
            role={item.isChecked === undefined ? "menuitem" : "menuitemradio"} aria-checked={item.isChecked}
            onClick={() => { onDone(); item.onChoose?.(); }}
          >
            <span className="wf-menu-icon">{item.icon !== undefined && <Icon icon={item.icon} size={14} />}</span>
            <span className="wf-menu-label">{item.label}</span>
            {item.hint !== undefined && <span className="wf-menu-hint">{item.hint}</span>}
          </button>
        ),
      )}
    </div>
  );
}

export function buttonsOf(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>("button:not(:disabled), [role=option]") ?? [])];
}

/** Arrow keys, Home, End and first letters among elements that take the focus one at a time. */
export function moveFocus(event: KeyboardEvent, elements: readonly HTMLElement[]): void {
  const current = elements.findIndex((element) => element === event.target);
  const last = elements.length - 1;
  const next = (): number | undefined => {
    switch (event.key) {
      case "ArrowDown": return current >= last ? 0 : current + 1;
      case "ArrowUp": return current <= 0 ? last : current - 1;
      case "Home": return 0;
      case "End": return last;
      default: return event.key.length === 1 && /\S/.test(event.key) ? startingWith(event.key, elements, current) : undefined;
    }
  };
  const index = next();
  if (index === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  elements[index]?.focus();
}

function startingWith(letter: string, elements: readonly HTMLElement[], current: number): number | undefined {
  const order = elements.map((_, index) => (current + 1 + index) % elements.length);
  return order.find((index) => elements[index]?.textContent.trim().toLowerCase().startsWith(letter.toLowerCase()));
}
