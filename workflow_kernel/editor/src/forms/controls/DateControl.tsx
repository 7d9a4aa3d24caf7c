/** A moment, as text in any form a date may have, or chosen from the browser's calendar. */
import { useRef } from "react";
import { Calendar } from "lucide";
import type { ControlProps } from "../Control";
import { Icon } from "../parts/Icon";
import { TextControl } from "./TextControl";

export function DateControl(props: ControlProps) {
  const { value, edit, title, isDisabled } = props;
  const picker = useRef<HTMLInputElement>(null);
  const local = typeof value === "string" ? (/^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d)?/.exec(value)?.[0].replace(" ", "T") ?? "") : "";
  return (
    <div className="wf-with-button">
      <TextControl {...props} hints={{ placeholder: "2026-01-31T08:00", ...props.hints }} />
      <input
        ref={picker} type="datetime-local" className="wf-hidden" tabIndex={-1} aria-hidden="true" value={local.length === 10 ? `${local}T00:00` : local} disabled={isDisabled}
        onChange={(event) => { edit(event.target.value); }}
      />
      <button type="button" className="wf-mini-button" aria-label={`Choose ${title} from a calendar`} title="Calendar" disabled={isDisabled} onClick={() => { picker.current?.showPicker(); }}>
        <Icon icon={Calendar} size={14} />
      </button>
    </div>
  );
}
