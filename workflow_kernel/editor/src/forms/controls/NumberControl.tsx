/** A number, with a slider where the hints ask for one. What is no number yet is kept as typed and not sent. */
import { useEffect, useRef, useState } from "react";
import type { ControlProps, ShapeOf } from "../Control";

export function NumberControl(props: ControlProps<ShapeOf<"number">>) {
  const { shape, schema, value, edit, hints, title, id, labelledBy, describedBy, isInvalid, isDisabled, onExpression } = props;
  const [typed, setTyped] = useState(textOf(value));
  const isTyping = useRef(false);
  const number = typeof value === "number" ? value : undefined;
  useEffect(() => {
    // An emptied field would fill itself with the default under the hands of whoever types.
    setTyped((before) => ((isTyping.current && before === "") || (before !== "" && Number(before) === number) ? before : textOf(value)));
  }, [number, value]);
  const least = schema.minimum ?? schema.exclusiveMinimum;
  const most = schema.maximum ?? schema.exclusiveMaximum;
  const step = schema.multipleOf ?? (shape.integer ? 1 : "any");
  const onChange = (text: string) => {
    if (text === "=" && onExpression !== undefined) {
      onExpression(text);
      return;
    }
    setTyped(text);
    if (text.trim() === "") edit(undefined);
    else if (Number.isFinite(Number(text))) edit(Number(text));
  };
  const isWrong = isInvalid || (typed.trim() !== "" && !Number.isFinite(Number(typed)));
  return (
    <div className="wf-number" data-slider={shape.slider || undefined}>
      {shape.slider && (
        <input
          type="range" min={least ?? 0} max={most ?? 100} step={step} value={number ?? least ?? 0} disabled={isDisabled} aria-label={title}
          onChange={(event) => { onChange(event.target.value); }}
        />
      )}
      <input
        id={id} className="wf-input" type="text" inputMode={shape.integer ? "numeric" : "decimal"} role="spinbutton" value={typed} placeholder={hints.placeholder ?? (schema.default === null ? "Not set" : undefined)}
        disabled={isDisabled} aria-valuenow={number} aria-valuemin={least} aria-valuemax={most} aria-invalid={isWrong || undefined} aria-describedby={describedBy}
        aria-label={labelledBy === undefined ? title : undefined} onChange={(event) => { onChange(event.target.value); }}
        onFocus={() => { isTyping.current = true; }}
        onBlur={() => {
          isTyping.current = false;
          if (typed === "") setTyped(textOf(value));
        }}
        onKeyDown={(event) => {
          const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
          if (direction === undefined) return;
          event.preventDefault();
          const next = (number ?? 0) + direction * (typeof step === "number" ? step : 1) * (event.shiftKey ? 10 : 1);
          onChange(String(Math.min(Math.max(next, least ?? -Infinity), most ?? Infinity)));
        }}
      />
    </div>
  );
}

function textOf(value: unknown): string {
  return typeof value === "number" || typeof value === "string" ? String(value) : "";
}
