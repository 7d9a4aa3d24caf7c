/** A group of fields inside a field. */
import { useState } from "react";
import { ChevronRight } from "lucide";
import type { ControlProps, ShapeOf } from "../Control";
import { useForm } from "../context";
import { FieldList } from "../FieldList";
import { Icon } from "../parts/Icon";
import { emptyOf, fieldsOf } from "../schema";
import { isEqual, isObject } from "../../model/json";

export function ModelControl({ shape, schema, value, edit, title, path, labelledBy, isDisabled, isRaw }: ControlProps<ShapeOf<"model">>) {
  const form = useForm();
  const values = isObject(value) ? value : {};
  const count = isEqual(value, schema.default) ? 0 : Object.keys(values).length;
  const [isOpen, setOpen] = useState(count > 0 || path.length > 1);
  const isNothing = (schema.default === null || schema.anyOf !== undefined) && !isObject(value);
  if (isNothing) {
    return (
      <button type="button" className="wf-add" disabled={isDisabled} onClick={() => { edit(emptyOf(shape.model, form.definitions)); setOpen(true); }}>
        Set {title.toLowerCase()}
      </button>
    );
  }
  return (
    <div className="wf-group" data-open={isOpen || undefined}>
      <button type="button" className="wf-group-toggle" aria-expanded={isOpen} aria-label={labelledBy === undefined ? title : `${title}: ${isOpen ? "fold" : "unfold"}`} onClick={() => { setOpen(!isOpen); }}>
        <Icon icon={ChevronRight} size={14} />
        <span>{count === 0 ? "Defaults" : `${count} set`}</span>
      </button>
      {isOpen && (
        <div className="wf-group-body">
          <FieldList
            fields={fieldsOf(shape.model, form.definitions)} values={values} path={path} isRaw={isRaw}
            edit={(part, inner = []) => {
              // A part of null or of a text cannot be set; the group is made first.
              if (value === undefined || isObject(value)) edit(part, inner);
            }}
          />
        </div>
      )}
    </div>
  );
}
