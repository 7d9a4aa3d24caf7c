/**
 * Makes a credential, or changes one. Its values are written and sent, never read back: those of an existing one are
 * shown as unchanged, and only what is typed anew replaces them.
 */
import { useEffect, useId, useMemo, useState } from "react";
import type { CredentialDetail, CredentialInfo, CredentialsClient, CredentialTypeInfo } from "../client/client";
import { Form } from "../forms";
import type { FormValue } from "../forms";
import { checkField } from "../forms/checks";
import { Dialog } from "../forms/parts/Dialog";
import { Select } from "../forms/parts/Select";
import { fieldsOf } from "../forms/schema";
import { valueOf, visibleFields } from "../forms/visible";
import { isObject, setAt } from "../model/json";
import type { Json, JsonObject, JsonSchema } from "../model/types";

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
  /** What is typed here; nothing else is sent. */
  const [values, setValues] = useState<JsonObject>({});
  const [detail, setDetail] = useState<CredentialDetail>(UNKNOWN);
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
  const existingId = existing?.id;
  useEffect(() => {
    if (existingId === undefined || client.load === undefined) return;
    let isCurrent = true;
    client.load(existingId).then(
      (found) => { if (isCurrent) setDetail(found); },
      (error: unknown) => { if (isCurrent) setVerdict({ isFine: false, text: messageOf(error) }); },
    );
    return () => { isCurrent = false; };
  }, [client, existingId]);
  const fitting = (known ?? []).filter((one) => types.includes(one.type));
  const type = fitting.find((one) => one.type === chosen) ?? fitting[0];
  const name = typedName ?? type?.title ?? "";
  const schema = useMemo(() => (type === undefined ? {} : existing === null ? type.fields : forChange(type.fields, detail)), [type, existing, detail]);
  const shown = useMemo(() => withoutNulls({ ...detail.public, ...values }), [detail, values]);
  const form = useMemo((): FormValue => ({
    id, definitions: schema.$defs ?? {}, language: "python", isReadOnly: false, problems: new Map(), expressions: null, references: () => [], memory: new Map(), onFocus: () => undefined,
  }), [id, schema]);
  const missing = visibleFields(fieldsOf(schema, form.definitions), shown).map((field) => checkField(field, valueOf(field, shown))).find((message) => message !== null);

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
            key={type.type} form={form} schema={schema} values={shown}
            edit={(value, path = []) => {
              const next = setAt(shown, path, value);
              const [name] = path;
              // What was there and goes must be said; what was never there need not.
              if (isObject(next) && typeof name === "string") setValues((before) => changed(before, name, next[name] ?? (Object.hasOwn(detail.public, name) ? null : undefined)));
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

const UNKNOWN: CredentialDetail = { public: {}, secrets: [] };

function changed(values: JsonObject, name: string, value: Json | undefined): JsonObject {
  const rest = Object.fromEntries(Object.entries(values).filter(([key]) => key !== name));
  return value === undefined ? rest : { ...rest, [name]: value };
}

function withoutNulls(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

/** The form for changing: nothing is needed anew, and secrets that are filled in say so. */
function forChange(schema: JsonSchema, { secrets }: CredentialDetail): JsonSchema {
  const properties = Object.entries(schema.properties ?? {}).map(([name, field]): [string, JsonSchema] => {
    const ui = secrets.includes(name) ? { ...field.ui, placeholder: "•••••••• (unchanged)" } : field.ui;
    return [name, { ...field, ui: { ...ui, expression: false } }];
  });
  return { ...schema, required: [], properties: Object.fromEntries(properties) };
}
