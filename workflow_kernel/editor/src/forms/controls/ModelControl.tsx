/** The fields of a group; where the group may be missing, a button that makes it. */
import type { ControlProps, ShapeOf } from "../Control";
import { useForm } from "../context";
import { FieldList } from "../FieldList";
import { emptyOf, fieldsOf } from "../schema";
import { isObject } from "../../model/json";

export function ModelControl({ shape, schema, value, edit, title, path, isDisabled, isRaw }: ControlProps<ShapeOf<"model">>) {
  const form = useForm();
  const mayBeMissing = schema.default === null || schema.anyOf !== undefined;
  if (mayBeMissing && !isObject(value)) {
    return (
      <button type="button" className="wf-add" disabled={isDisabled} onClick={() => { edit(emptyOf(shape.model, form.definitions)); }}>
        Set {title.toLowerCase()}
      </button>
    );
  }
  return (
    <div className="wf-group">
      <FieldList fields={fieldsOf(shape.model, form.definitions)} values={isObject(value) ? value : {}} path={path} isRaw={isRaw} edit={edit} />
    </div>
  );
}
