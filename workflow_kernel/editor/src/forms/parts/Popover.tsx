/** A floating box beside an anchor: menus, pickers, help. Esc and a press outside close it. */
import type { KeyboardEvent, ReactNode, RefObject } from "react";
import { usePopover } from "./usePopover";
import type { Placement } from "./usePopover";

interface PopoverProps {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly onClose: () => void;
  readonly label: string;
  readonly role?: "dialog" | "listbox" | "menu" | "tooltip";
  readonly id?: string;
  readonly placement?: Placement;
  readonly fits?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Popover({ anchor, onClose, label, role = "dialog", id, placement, fits, className = "", children }: PopoverProps) {
  const floating = usePopover({ anchor, isOpen: true, onClose, placement, fits });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    event.preventDefault();
    onClose();
    anchor.current?.focus();
  };
  return (
    <div ref={floating} id={id} role={role} aria-label={role === "tooltip" ? undefined : label} className={`wf-popover wf-surface ${className}`} onKeyDown={onKeyDown}>
      {children}
    </div>
  );
}
