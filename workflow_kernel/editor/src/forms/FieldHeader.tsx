/** The line above a field's control: label, help, fixed value or expression, what else can be done. */
import { useState, useRef } from "react";
import { Braces, EllipsisVertical, RotateCcw } from "lucide";
import type { Json } from "../model/types";
import type { Edit } from "./context";
import { useForm } from "./context";
import type { Reference } from "./expression";
import { Help } from "./parts/Help";
import { Icon } from "./parts/Icon";
import { Menu } from "./parts/Menu";
import { Segmented } from "./parts/Segmented";
import { ReferencePicker } from "./ReferencePicker";
import type { Field } from "./schema";
import type { Mode } from "./useMode";

interface FieldHeaderProps {
  readonly field: Field;
  readonly value: Json | undefined;
  readonly edit: Edit;
  readonly id: string;
  readonly labelId: string;
  /** Null where no expression can stand. */
  readonly mode: Mode | null;
  readonly isExpression: boolean;
  readonly onInsert: ((reference: Reference) => void) | null;
}

const LABELLED = new Set(["text", "multiline", "password", "number", "boolean", "date", "color", "file"]);
const MODES = [{ value: false, label: "Fixed" }, { value: true, label: "Expression" }];

export function FieldHeader({ field, value, edit, id, labelId, mode, isExpression, onInsert }: FieldHeaderProps) {
  const form = useForm();
  const header = useRef<HTMLDivElement>(null);
  const [isPicking, setPicking] = useState(false);
  const label = (
    <>
      {field.title}
      {field.required && <span className="wf-required" title="Needed"> *<span className="wf-hidden">, needed</span></span>}
    </>
  );
  const isSwitchable = mode !== null && !form.isReadOnly && (isExpression || !GROUPS.has(field.shape.kind));
  const items = [
    ...(onInsert === null || isExpression ? [] : [{ label: "Insert reference…", icon: Braces, onChoose: () => { setPicking(true); } }]),
    { label: "Reset to default", icon: RotateCcw, isDisabled: value === undefined, onChoose: () => { edit(undefined); } },
  ];
  return (
    <div ref={header} className="wf-field-header">
      {LABELLED.has(field.shape.kind) && !isExpression ? <label id={labelId} htmlFor={id} className="wf-label">{label}</label> : <span id={labelId} className="wf-label">{label}</span>}
      {field.description !== "" && <Help text={field.description} about={field.title} />}
      <span className="wf-field-tools" data-shown={isExpression || undefined}>
        {isSwitchable && (
          <Segmented
            size="small" label={`${field.title}: fixed value or expression`} segments={MODES} value={isExpression}
            onChange={(next) => {
              if (next !== isExpression) (next ? mode.toExpression : mode.toFixed)();
            }}
          />
        )}
        {!form.isReadOnly && (
          <Menu label={`More for ${field.title}`} className="wf-mini-button" items={items}><Icon icon={EllipsisVertical} size={14} /></Menu>
        )}
      </span>
      {isPicking && onInsert !== null && (
        <ReferencePicker anchor={header} groups={form.references()} onChoose={onInsert} onClose={() => { setPicking(false); }} />
      )}
    </div>
  );
}

/** Of these each part may be an expression; the whole becomes one only when somebody writes it so. */
const GROUPS = new Set(["model", "conditions"]);
