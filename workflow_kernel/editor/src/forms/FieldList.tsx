/** The fields of a model that are shown, one below the other; those of a section after those of none. */
import type { JsonObject, Path } from "../model/types";
import type { Edit } from "./context";
import { FieldRow } from "./FieldRow";
import { Section } from "./Section";
import type { Field } from "./schema";
import { useEdits } from "./useEdits";
import { visibleFields } from "./visible";

interface FieldListProps {
  readonly fields: readonly Field[];
  readonly values: Readonly<JsonObject>;
  /** Sets a part of the model by its path. */
  readonly edit: Edit;
  readonly path: Path;
  readonly isRaw?: boolean;
}

export function FieldList({ fields, values, edit, path, isRaw }: FieldListProps) {
  const shown = visibleFields(fields, values);
  const main = shown.filter((field) => field.hints.section === undefined);
  const sections = [...new Set(shown.map((field) => field.hints.section).filter((name) => name !== undefined))];
  const editAt = useEdits((name: string): Edit => (part, inner = []) => { edit(part, [name, ...inner]); });
  const rowOf = (field: Field) => (
    <FieldRow
      key={field.name} field={field} value={Object.hasOwn(values, field.name) ? values[field.name] : undefined} path={[...path, field.name]} isRaw={isRaw}
      edit={editAt(field.name)}
    />
  );
  return (
    <div className="wf-fields">
      {main.map(rowOf)}
      {sections.map((name) => {
        const inside = shown.filter((field) => field.hints.section === name);
        return (
          <Section key={name} title={name} path={path} fields={inside} values={values} isOpenFirst={main.length === 0}>
            {inside.map(rowOf)}
          </Section>
        );
      })}
    </div>
  );
}
