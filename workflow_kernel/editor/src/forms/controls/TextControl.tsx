/** A line of text, or several. Typing `=` first begins an expression. */
import { useLayoutEffect, useRef } from "react";
import type { ControlProps } from "../Control";
import { brief } from "../words";

const MOST_HEIGHT = 320;

interface TextControlProps extends ControlProps {
  readonly isMultiline?: boolean;
}

export function TextControl({ isMultiline = false, ...props }: TextControlProps) {
  const { value, edit, hints, title, id, labelledBy, describedBy, isInvalid, isDisabled, onExpression } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const text = typeof value === "string" ? value : value === undefined || value === null ? "" : brief(value, 10_000);
  useLayoutEffect(() => {
    const element = area.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight + 2, MOST_HEIGHT)}px`;
  }, [text]);
  const onChange = (typed: string) => {
    if (text === "" && typed === "=" && onExpression !== undefined) onExpression(typed);
    else edit(typed);
  };
  const shared = {
    id, className: "wf-input", value: text, placeholder: hints.placeholder, disabled: isDisabled, "aria-invalid": isInvalid || undefined,
    "aria-describedby": describedBy, "aria-label": labelledBy === undefined ? title : undefined, spellCheck: false, autoComplete: "off",
  };
  // A text with line breaks would lose them in a line.
  if (isMultiline || text.includes("\n")) {
    return <textarea ref={area} rows={isMultiline ? 3 : 2} {...shared} onChange={(event) => { onChange(event.target.value); }} />;
  }
  return <input type="text" {...shared} onChange={(event) => { onChange(event.target.value); }} />;
}
