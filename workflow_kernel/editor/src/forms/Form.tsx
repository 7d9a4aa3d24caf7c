/** The parameters of a node (or the values of a credential) as a form made from their JSON Schema. */
import type { JsonObject, JsonSchema } from "../model/types";
import { FormContext } from "./context";
import type { Edit, Form as FormValue } from "./context";
import { FieldList } from "./FieldList";
import { fieldsOf } from "./schema";

interface FormProps {
  readonly form: FormValue;
  readonly schema: JsonSchema;
  readonly values: Readonly<JsonObject>;
  /** Sets a parameter by its path; undefined takes it away, so that its default holds. */
  readonly edit: Edit;
}

export function Form({ form, schema, values, edit }: FormProps) {
  const fields = fieldsOf(schema, form.definitions);
  return (
    <FormContext.Provider value={form}>
      <div className="wf-form">
        {fields.length === 0 && <p className="wf-empty-line">There is nothing to set.</p>}
        <FieldList fields={fields} values={values} edit={edit} path={[]} />
      </div>
    </FormContext.Provider>
  );
}
