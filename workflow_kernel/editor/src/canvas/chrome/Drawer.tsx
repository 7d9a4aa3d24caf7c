/** A list at the right edge that leaves the canvas in use. */
import { useEffect, useRef } from "react";
import type { ReactNode } from "react";
import { X } from "lucide";
import { Icon } from "../../forms/parts/Icon";

interface DrawerProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Drawer({ title, onClose, children }: DrawerProps) {
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => { close.current?.focus({ preventScroll: true }); }, []);
  return (
    <aside
      className="wf-drawer wf-surface" aria-label={title}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header className="wf-drawer-header">
        <h2>{title}</h2>
        <button ref={close} type="button" className="wf-icon-button" aria-label="Close" onClick={onClose}><Icon icon={X} /></button>
      </header>
      <div className="wf-drawer-body wf-scroll">{children}</div>
    </aside>
  );
}
