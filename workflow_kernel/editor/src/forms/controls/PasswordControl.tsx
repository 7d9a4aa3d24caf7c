/** A secret as dots, which can be looked at while it is written. */
import { useState } from "react";
import { Eye, EyeOff } from "lucide";
import type { ControlProps } from "../Control";
import { Icon } from "../parts/Icon";

export function PasswordControl({ value, edit, hints, title, id, labelledBy, describedBy, isInvalid, isDisabled, onExpression }: ControlProps) {
  const [isShown, setShown] = useState(false);
  const text = typeof value === "string" ? value : "";
  return (
    <div className="wf-with-button">
      <input
        id={id} className="wf-input" type={isShown ? "text" : "password"} value={text} placeholder={hints.placeholder} disabled={isDisabled} spellCheck={false}
        autoComplete="new-password" aria-invalid={isInvalid || undefined} aria-describedby={describedBy} aria-label={labelledBy === undefined ? title : undefined}
        onChange={(event) => {
          if (text === "" && event.target.value === "=" && onExpression !== undefined) onExpression("=");
          else edit(event.target.value);
        }}
      />
      <button type="button" className="wf-mini-button" aria-label={isShown ? "Hide" : "Show"} aria-pressed={isShown} onClick={() => { setShown(!isShown); }}>
        <Icon icon={isShown ? EyeOff : Eye} size={14} />
      </button>
    </div>
  );
}
