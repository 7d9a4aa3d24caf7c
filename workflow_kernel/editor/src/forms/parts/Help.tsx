/** The question mark beside a label. Shows its text on hover, focus and touch. */
import { useId, useRef, useState } from "react";
import { CircleHelp } from "lucide";
import { Icon } from "./Icon";
import { Popover } from "./Popover";
import { Rich } from "./Rich";

export function Help({ text, about }: { readonly text: string; readonly about: string }) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = () => { setOpen(false); };
  return (
    <>
      <button
        ref={button} type="button" className="wf-help" aria-label={`Help on ${about}`} aria-describedby={isOpen ? id : undefined}
        onMouseEnter={() => { setOpen(true); }} onMouseLeave={close} onFocus={() => { setOpen(true); }} onBlur={close}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || !isOpen) return;
          event.stopPropagation();
          close();
        }}
      >
        <Icon icon={CircleHelp} size={13} />
      </button>
      {isOpen && (
        <Popover anchor={button} onClose={close} id={id} label={about} role="tooltip" placement="above-start" className="wf-tooltip">
          <Rich text={text} />
        </Popover>
      )}
    </>
  );
}
