/** One field: label, help, the switch between fixed value and expression, the control, what is wrong. */
import { memo, useCallback, useId } from "react";
import type { FocusEvent } from "react";
import type { Json, Path } from "../model/types";
import { isEqual } from "../model/json";
import { checkField } from "./checks";
import { Control } from "./Control";
import { idOf, useForm } from "./context";
import type { Edit } from "./context";
import { dropTarget } from "./drag";
import { isExpression, withReference } from "./expression";
import type { Reference } from "./expression";
import { ExpressionInput } from "./ExpressionInput";
import { FieldHeader } from "./FieldHeader";
import { FieldProblems } from "./FieldProblems";
import { ModelField } from "./ModelField";
import { ModeToggle } from "./ModeToggle";
import type { Field } from "./schema";
import { useMode } from "./useMode";

export interface FieldRowProps {
  readonly field: Field;
  /** As written; undefined when the default holds. */
  readonly value: Json | undefined;
  readonly edit: Edit;
  readonly path: Path;
  /** Nothing in it is an expression. */
  readonly isRaw?: boolean;
  /** In a row of a list: the label is told, not shown. */
  readonly isBare?: boolean;
}

/** Drawn again only when something of it has changed: forms may have hundreds of fields. */
export const FieldRow = memo(function FieldRow(props: FieldRowProps) {
  const { field, path, value, isRaw = false, isBare = false } = props;
  const id = idOf(useForm(), path);
  if (field.shape.kind !== "model" || isBare || isExpression(value)) return <SingleField {...props} />;
  return <ModelField field={field} shape={field.shape} value={value} edit={props.edit} path={path} id={id} isRaw={isRaw || field.hints.expression !== undefined} />;
}, isSame);

function isSame(before: FieldRowProps, after: FieldRowProps): boolean {
  return before.field === after.field && before.edit === after.edit && before.isRaw === after.isRaw && before.isBare === after.isBare
    && before.path.length === after.path.length && before.path.every((step, index) => step === after.path[index]) && isEqual(before.value, after.value);
}

function SingleField({ field, value, edit, path, isRaw = false, isBare = false }: FieldRowProps) {
  const form = useForm();
  const noteId = useId();
  const id = idOf(form, path);
  const raw = isRaw || field.hints.expression === false;
  const mode = useMode({ field, value, edit, path });
  const isExpr = !raw && isExpression(value);
  const shown = value === undefined ? field.default : value;
  const local = checkField(field, value === undefined && field.default !== undefined ? field.default : value);
  const isMissing = value === undefined && field.required && local !== null;
  // What is missing is said by the name the field has here.
  const told = isMissing ? [] : (form.problems.get(path.join(".")) ?? []);
  const isInvalid = (isMissing && form.problems.has(path.join("."))) || told.some((problem) => problem.severity === "error") || (local !== null && value !== undefined);
  const takesReference = !raw && !form.isReadOnly && !isNested(field);
  const insert = (reference: Reference) => { edit(withReference(value, reference, isTexty(field))); };
  const registerInsert = useCallback((event: FocusEvent) => {
    // An expression's own editor registers itself, to insert at its cursor; nested fields do as well.
    if (!takesReference || isExpr || event.isPropagationStopped()) return;
    event.stopPropagation();
    form.onFocus(insert);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- made anew with each value
  }, [takesReference, isExpr, value, edit]);
  const labelId = `${id}-label`;

  const body = isExpr ? (
    <ExpressionInput text={value} onChange={edit} path={path} title={field.title} describedBy={noteId} isInvalid={isInvalid} onFixed={isBare ? mode.toFixed : undefined} autoFocus={mode.isFresh} />
  ) : (
    <Control
      shape={field.shape} schema={field.schema} hints={field.hints} title={field.title} value={shown} edit={edit} path={path} id={id}
      labelledBy={isBare ? undefined : labelId} describedBy={noteId} isInvalid={isInvalid} isRaw={raw || field.hints.expression === "whole"} isDisabled={form.isReadOnly}
      onExpression={raw ? undefined : mode.startExpression}
    />
  );
  return (
    <div
      className="wf-field" data-kind={field.shape.kind} data-bare={isBare || undefined} data-field={path.join(".")} data-expression={isExpr || undefined}
      data-set={value !== undefined || undefined} onFocus={registerInsert} {...dropTarget(takesReference && !isExpr ? insert : null)}
    >
      {!isBare && <FieldHeader field={field} value={value} edit={edit} id={id} labelId={labelId} mode={raw ? null : mode} isExpression={isExpr} onInsert={takesReference ? insert : null} />}
      {isBare ? (
        <div className="wf-field-bare">
          {body}
          {!raw && !isExpr && !form.isReadOnly && <ModeToggle mode={mode} title={field.title} />}
        </div>
      ) : body}
      <FieldProblems id={noteId} told={told} local={isInvalid ? local : null} />
    </div>
  );
}

/** Fields with fields of their own take no reference themselves. */
function isNested(field: Field): boolean {
  return ["model", "models", "conditions", "assignments", "key-value"].includes(field.shape.kind);
}

/** A reference dropped on a text is put at its end; on anything else it takes its place. */
function isTexty(field: Field): boolean {
  return field.shape.kind === "text" || field.shape.kind === "multiline";
}
