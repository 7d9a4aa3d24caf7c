/** A box in front of the canvas with a scrim behind it. Esc and a press outside close it; Tab stays inside. */
import { useEffect, useRef } from "react";
import type { ReactNode } from "react";
import { X } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { keepFocusInside } from "../../forms/parts/focus";

interface OverlayProps {
  readonly label: string;
  readonly className?: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Overlay({ label, className = "", onClose, children }: OverlayProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    const scope = element?.getRootNode() as Document | ShadowRoot | undefined;
    const before = scope?.activeElement;
    (element?.querySelector<HTMLElement>("[data-autofocus]") ?? element?.querySelector<HTMLElement>("input, textarea, select, button") ?? element)?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <div className="wf-overlay" onPointerDown={(event) => { if (event.target === event.currentTarget) onClose(); }}>
      <div
        ref={box} role="dialog" aria-modal="true" aria-label={label} tabIndex={-1} className={`wf-overlay-box wf-surface ${className}`}
        onKeyDown={(event) => {
          if (event.key === "Tab") keepFocusInside(event, event.currentTarget);
          if (event.key !== "Escape" || event.defaultPrevented) return;
          event.preventDefault();
          event.stopPropagation();
          onClose();
        }}
      >
        {children}
      </div>
    </div>
  );
}

interface HeaderProps {
  readonly title: string;
  readonly about?: ReactNode;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}

export function OverlayHeader({ title, about, onClose, children }: HeaderProps) {
  return (
    <div className="wf-overlay-header">
      <div className="wf-overlay-title">
        <h2>{title}</h2>
        {about !== undefined && <p className="wf-muted">{about}</p>}
      </div>
      {children}
      <button type="button" className="wf-icon-button" aria-label="Close" onClick={onClose}><Icon icon={X} /></button>
    </div>
  );
}
