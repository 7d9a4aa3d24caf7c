/** A box over the panel that holds the focus until it is closed. */
import { useEffect, useId, useRef } from "react";
import type { KeyboardEvent, ReactNode } from "react";
import { X } from "lucide";
import { Icon } from "./Icon";
import { keepFocusInside } from "./focus";
import { toTopLayer } from "./usePopover";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly className?: string;
  readonly footer?: ReactNode;
  readonly children: ReactNode;
}

export function Dialog({ title, onClose, className = "", footer, children }: DialogProps) {
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const root = element.getRootNode() as Document | ShadowRoot;
    const before = root.activeElement;
    toTopLayer(element);
    if (!element.contains(root.activeElement)) element.querySelector<HTMLElement>("[data-autofocus], input, textarea, .cm-content")?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.key === "Tab") keepFocusInside(event, event.currentTarget);
    if (event.key === "Escape" && !event.defaultPrevented) {
      event.preventDefault();
      onClose();
    }
    event.stopPropagation();
  };
  return (
    <div ref={box} role="dialog" aria-modal="true" aria-labelledby={id} className={`wf-dialog wf-surface ${className}`} onKeyDown={onKeyDown}>
      <header className="wf-dialog-header">
        <h2 id={id}>{title}</h2>
        <button type="button" className="wf-icon-button" aria-label="Close" onClick={onClose}><Icon icon={X} /></button>
      </header>
      <div className="wf-dialog-body">{children}</div>
      {footer !== undefined && <footer className="wf-dialog-footer">{footer}</footer>}
    </div>
  );
}
