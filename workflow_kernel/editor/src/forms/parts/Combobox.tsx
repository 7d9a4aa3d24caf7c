/** A list of many options with search, as a button that opens it. */
import { useEffect, useId, useMemo, useRef, useState } from "react";
import type { KeyboardEvent, ReactNode } from "react";
import { ChevronDown } from "lucide";
import { Icon } from "./Icon";
import { Popover } from "./Popover";
import type { SelectOption, SelectProps } from "./Select";

export interface ComboboxOption extends SelectOption {
  readonly description?: string;
}

interface ComboboxProps extends SelectProps {
  readonly options: readonly ComboboxOption[];
  /** Shown on the button while the value is not among the options. */
  readonly shown?: string;
  /** Asks for other options, instead of searching among those there are. */
  readonly onSearch?: (text: string) => void;
  readonly onOpen?: () => void;
  readonly isBusy?: boolean;
  /** Under the options: an error, a button for more. */
  readonly footer?: ReactNode;
}

export function Combobox(props: ComboboxProps) {
  const { id, options, value, label, labelledBy, describedBy, isInvalid, isDisabled, shown, onOpen } = props;
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const current = options.find((option) => option.value === value);
  const text = current?.label ?? shown ?? "";
  const open = () => {
    setOpen(true);
    onOpen?.();
  };
  const valueId = `${id ?? ""}-value`;
  return (
    <>
      <button
        ref={button} id={id} type="button" className="wf-input wf-select wf-combobox" disabled={isDisabled} aria-haspopup="listbox" aria-expanded={isOpen}
        aria-label={label === undefined ? undefined : `${label}: ${text}`} aria-labelledby={label === undefined ? `${labelledBy ?? ""} ${valueId}` : undefined}
        aria-describedby={describedBy} data-invalid={isInvalid === true || undefined} onClick={() => { if (isOpen) setOpen(false); else open(); }}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          open();
        }}
      >
        <span id={valueId} className="wf-ellipsis" data-empty={text === "" || undefined}>{text === "" ? "Choose…" : text}</span>
        <Icon icon={ChevronDown} size={14} />
      </button>
      {isOpen && <Choices {...props} button={button} onDone={() => { setOpen(false); button.current?.focus(); }} onClose={() => { setOpen(false); }} />}
    </>
  );
}

interface ChoicesProps extends ComboboxProps {
  readonly button: React.RefObject<HTMLButtonElement | null>;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function Choices({ options, value, onChange, onSearch, button, onDone, onClose, isBusy, footer, label }: ChoicesProps) {
  const [search, setSearch] = useState("");
  const [active, setActive] = useState(Math.max(options.findIndex((option) => option.value === value), 0));
  const listId = useId();
  const activeRow = useRef<HTMLDivElement | null>(null);
  const rows = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    return onSearch !== undefined || wanted === "" ? options : options.filter((option) => option.label.toLowerCase().includes(wanted));
  }, [options, search, onSearch]);
  useEffect(() => {
    activeRow.current?.scrollIntoView({ block: "nearest" });
  }, [active]);
  const choose = (option: ComboboxOption | undefined) => {
    if (option === undefined) return;
    onChange(option.value);
    onDone();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && rows.length > 0) {
      event.preventDefault();
      setActive((active + step + rows.length) % rows.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(rows[active]);
    }
  };
  return (
    <Popover anchor={button} onClose={onClose} label={label ?? "Options"} className="wf-picker" fits>
      <input
        className="wf-input" placeholder="Search" aria-label="Search options" role="combobox" aria-expanded="true" aria-controls={listId}
        aria-activedescendant={`${listId}-${active}`} autoFocus value={search} onKeyDown={onKeyDown}
        onChange={(event) => {
          setSearch(event.target.value);
          setActive(0);
          onSearch?.(event.target.value);
        }}
      />
      <div id={listId} role="listbox" aria-label={label ?? "Options"} aria-busy={isBusy} className="wf-picker-list wf-scroll">
        {rows.map((option, index) => (
          <div
            key={option.value} id={`${listId}-${index}`} ref={index === active ? activeRow : undefined} role="option" aria-selected={option.value === value}
            className="wf-picker-row" data-active={index === active || undefined} onMouseMove={() => { setActive(index); }} onClick={() => { choose(option); }}
          >
            <span className="wf-picker-name">{option.label}</span>
            {option.description !== undefined && <span className="wf-picker-example wf-ellipsis">{option.description}</span>}
          </div>
        ))}
        {rows.length === 0 && <p className="wf-empty-line">{isBusy === true ? "Loading…" : "Nothing found."}</p>}
      </div>
      {footer}
    </Popover>
  );
}
