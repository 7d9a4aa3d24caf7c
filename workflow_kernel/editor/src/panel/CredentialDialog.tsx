/**
 * Makes a credential, or changes one. Its values are written and sent, never read back: those of an existing one are
 * shown as unchanged, and only what is typed anew replaces them.
 */
import { useEffect, useId, useMemo, useState } from "react";
import type { CredentialInfo, CredentialsClient, CredentialTypeInfo } from "../client/client";
import { Form } from "../forms";
import type { FormValue } from "../forms";
import { checkField } from "../forms/checks";
import { Dialog } from "../forms/parts/Dialog";
import { Select } from "../forms/parts/Select";
import { fieldsOf } from "../forms/schema";
import { valueOf, visibleFields } from "../forms/visible";
import { isObject, setAt } from "../model/json";
import type { JsonObject, JsonSchema } from "../model/types";

interface CredentialDialogProps {
  readonly client: CredentialsClient;
  readonly types: readonly string[];
  readonly existing: CredentialInfo | null;
  readonly onDone: (credential: CredentialInfo) => void;
  readonly onClose: () => void;
}

export function CredentialDialog({ client, types, existing, onDone, onClose }: CredentialDialogProps) {
  const [known, setKnown] = useState<readonly CredentialTypeInfo[] | null>(null);
  const [chosen, setChosen] = useState(existing?.type ?? types[0] ?? "");
  const [typedName, setTypedName] = useState<string | null>(existing?.name ?? null);
  const [values, setValues] = useState<JsonObject>({});
  const [verdict, setVerdict] = useState<{ readonly isFine: boolean; readonly text: string } | null>(null);
  const [isBusy, setBusy] = useState(false);
  const id = useId();
  useEffect(() => {
    let isCurrent = true;
    client.types().then(
      (found) => { if (isCurrent) setKnown(found); },
      (error: unknown) => { if (isCurrent) { setKnown([]); setVerdict({ isFine: false, text: messageOf(error) }); } },
    );
    return () => { isCurrent = false; };
  }, [client]);
  const fitting = (known ?? []).filter((one) => types.includes(one.type));
  const type = fitting.find((one) => one.type === chosen) ?? fitting[0];
  const name = typedName ?? type?.title ?? "";
  const schema = useMemo(() => (type === undefined ? {} : existing === null ? type.fields : withoutNeeds(type.fields)), [type, existing]);
  const form = useMemo((): FormValue => ({
    id, definitions: schema.$defs ?? {}, language: "python", isReadOnly: false, problems: new Map(), expressions: null, references: () => [], memory: new Map(), onFocus: () => undefined,
  }), [id, schema]);
  const missing = visibleFields(fieldsOf(schema, form.definitions), values).map((field) => checkField(field, valueOf(field, values))).find((message) => message !== null);

  const call = async (action: () => Promise<void>) => {
    setBusy(true);
    setVerdict(null);
    try {
      await action();
    } catch (error) {
      setVerdict({ isFine: false, text: messageOf(error) });
    }
    setBusy(false);
  };
  const save = () => call(async () => {
    if (type === undefined) return;
    const made = existing === null || client.update === undefined ? await client.create(type.type, name.trim(), values) : await client.update(existing.id, name.trim(), values);
    if (type.has_sign_in === true && client.signIn !== undefined) await client.signIn(made.id);
    onDone(made);
  });
  const test = () => call(async () => {
    if (type === undefined || client.test === undefined) return;
    const answer = await client.test(type.type, values, existing?.id);
    setVerdict({ isFine: answer.ok, text: answer.message });
  });
  return (
    <Dialog
      title={existing === null ? "New credential" : `Edit ${existing.name}`} onClose={onClose} className="wf-credential-dialog"
      footer={
        <>
          <p className="wf-data-verdict" data-severity={verdict?.isFine === false ? "error" : "fine"} role="status">{verdict?.text ?? missing ?? ""}</p>
          {type?.can_test === true && client.test !== undefined && <button type="button" className="wf-button" disabled={isBusy || missing !== undefined} onClick={() => void test()}>Test</button>}
          <button type="button" className="wf-button" onClick={onClose}>Cancel</button>
          <button type="button" className="wf-button" data-kind="primary" disabled={isBusy || type === undefined || name.trim() === "" || missing !== undefined} onClick={() => void save()}>
            {type?.has_sign_in === true ? "Save and sign in" : "Save"}
          </button>
        </>
      }
    >
      {known === null ? <p className="wf-empty-line">Loading…</p> : type === undefined ? <p className="wf-empty-line">No credential of this kind can be made here.</p> : (
        <div className="wf-fields">
          {existing === null && fitting.length > 1 && (
            <div className="wf-field">
              <label className="wf-label" htmlFor={`${id}-type`}>Kind</label>
              <Select id={`${id}-type`} value={type.type} options={fitting.map((one) => ({ value: one.type, label: one.title }))} onChange={(next) => { setChosen(next); setValues({}); setVerdict(null); }} />
            </div>
          )}
          {type.description !== "" && <p className="wf-muted">{type.description}</p>}
          <div className="wf-field">
            <label className="wf-label" htmlFor={`${id}-name`}>Name</label>
            <input id={`${id}-name`} className="wf-input" data-autofocus value={name} onChange={(event) => { setTypedName(event.target.value); }} />
          </div>
          <Form
            key={type.type} form={form} schema={schema} values={values}
            edit={(value, path = []) => {
              const next = setAt(values, path, value);
              if (isObject(next)) setValues(next);
            }}
          />
        </div>
      )}
    </Dialog>
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong.";
}

/** The form for changing: nothing is needed, and nothing has a default that would overwrite what is kept. */
function withoutNeeds(schema: JsonSchema): JsonSchema {
  const properties = Object.entries(schema.properties ?? {}).map(([name, field]): [string, JsonSchema] => {
    const isSecret = field.ui?.secret === true || field.ui?.widget === "password";
    return [name, { ...field, ui: { ...field.ui, expression: false, placeholder: isSecret ? "•••••••• (unchanged)" : "Unchanged" } }];
  });
  return { ...schema, required: [], properties: Object.fromEntries(properties) };
}
