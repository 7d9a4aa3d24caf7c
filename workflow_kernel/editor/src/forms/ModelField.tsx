/** A field with fields of its own: its label folds and unfolds them. */
import { useState } from "react";
import { ChevronRight, EllipsisVertical, RotateCcw } from "lucide";
import type { Json, Path } from "../model/types";
import { isEqual, isObject } from "../model/json";
import { isTroubled } from "./checks";
import { ModelControl } from "./controls/ModelControl";
import { useForm } from "./context";
import type { Edit } from "./context";
import { FieldProblems } from "./FieldProblems";
import { Help } from "./parts/Help";
import { Icon } from "./parts/Icon";
import { Menu } from "./parts/Menu";
import type { Field, Shape } from "./schema";

interface ModelFieldProps {
  readonly field: Field;
  readonly shape: Extract<Shape, { readonly kind: "model" }>;
  readonly value: Json | undefined;
  readonly edit: Edit;
  readonly path: Path;
  readonly isRaw: boolean;
  readonly id: string;
}

export function ModelField({ field, shape, value, edit, path, isRaw, id }: ModelFieldProps) {
  const form = useForm();
  const key = path.join(".");
  const count = isObject(value) && !isEqual(value, field.default) ? Object.keys(value).length : 0;
  const [choice, setChoice] = useState<boolean | null>(null);
  const [wasSet] = useState(count > 0);
  // One that is not in a section is a main part of the node.
  const isOpen = choice ?? (wasSet || (field.hints.section === undefined && path.length === 1) || isTroubled(form.problems, key));
  return (
    <div className="wf-field wf-model-field" data-field={key} data-open={isOpen || undefined} data-set={value !== undefined || undefined}>
      <div className="wf-field-header">
        <button type="button" className="wf-group-toggle" aria-expanded={isOpen} onClick={() => { setChoice(!isOpen); }}>
          <Icon icon={ChevronRight} size={14} />
          <span className="wf-label">{field.title}</span>
          {count > 0 && <span className="wf-section-count">{count} set</span>}
        </button>
        {field.description !== "" && <Help text={field.description} about={field.title} />}
        <span className="wf-field-tools">
          {!form.isReadOnly && value !== undefined && (
            <Menu label={`More for ${field.title}`} className="wf-mini-button" items={[{ label: "Reset to default", icon: RotateCcw, onChoose: () => { edit(undefined); } }]}>
              <Icon icon={EllipsisVertical} size={14} />
            </Menu>
          )}
        </span>
      </div>
      {isOpen && (
        <ModelControl
          shape={shape} schema={field.schema} hints={field.hints} title={field.title} value={value ?? field.default} edit={edit} path={path} id={id} labelledBy={undefined} describedBy={`${id}-note`}
          isInvalid={false} isDisabled={form.isReadOnly} isRaw={isRaw} onExpression={undefined}
        />
      )}
      <FieldProblems id={`${id}-note`} told={form.problems.get(key) ?? []} local={null} />
    </div>
  );
}
