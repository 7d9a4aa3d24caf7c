/** Which credential the node uses in a slot: chosen, or made here. Never its value. */
import { useEffect, useId, useState } from "react";
import { KeyRound, Pencil, Plus } from "lucide";
import { useEditor, useReadable } from "../canvas/context";
import type { CredentialInfo } from "../client/client";
import { Icon } from "../forms/parts/Icon";
import { Select } from "../forms/parts/Select";
import { titleOf } from "../forms/words";
import type { CredentialSlot, Node } from "../model/types";
import { CredentialDialog } from "./CredentialDialog";

const NEW = "new";
const NONE = "none";

interface CredentialFieldProps {
  readonly node: Node;
  readonly slot: CredentialSlot;
  /** One that is seldom used: a line that opens it, while it is empty. */
  readonly isExtra: boolean;
}

export function CredentialField({ node, slot, isExtra }: CredentialFieldProps) {
  const [isOpen, setOpen] = useState(false);
  const name = titleOf(slot.slot, undefined);
  if (!isExtra || isOpen || slot.required || node.credentials[slot.slot] !== undefined) return <Chooser node={node} slot={slot} title={isExtra ? `${name} credential` : "Credential"} />;
  return (
    <button type="button" className="wf-text-button wf-credential-extra" onClick={() => { setOpen(true); }}>
      <Icon icon={Plus} size={13} /> {name} credential
    </button>
  );
}

function Chooser({ node, slot, title }: { readonly node: Node; readonly slot: CredentialSlot; readonly title: string }) {
  const editor = useEditor();
  const { credentials } = editor.client;
  const isReadOnly = useReadable(editor.isReadOnly);
  const id = useId();
  const [known, setKnown] = useState<readonly CredentialInfo[] | null>(null);
  const [message, setMessage] = useState("");
  const [dialog, setDialog] = useState<"new" | "edit" | null>(null);
  const used = node.credentials[slot.slot];
  const types = slot.types.join(" ");
  useEffect(() => {
    if (credentials === undefined) return;
    let isCurrent = true;
    credentials.list(types.split(" ")).then(
      (found) => { if (isCurrent) { setKnown(found); setMessage(""); } },
      (error: unknown) => { if (isCurrent) { setKnown([]); setMessage(error instanceof Error ? error.message : "The credentials could not be loaded."); } },
    );
    return () => { isCurrent = false; };
  }, [credentials, types, dialog]);
  const use = (credential: CredentialInfo | null) => {
    const rest = Object.fromEntries(Object.entries(node.credentials).filter(([name]) => name !== slot.slot));
    editor.apply({ type: "SetNodeField", node: node.id, field: "credentials", value: credential === null ? rest : { ...rest, [slot.slot]: { id: credential.id, name: credential.name } } });
  };
  const isGone = used !== undefined && known !== null && message === "" && !known.some((one) => one.id === used.id);
  const options = [
    { value: NONE, label: "None" },
    ...(known ?? []).map((one) => ({ value: one.id, label: one.name })),
    ...(used !== undefined && !(known ?? []).some((one) => one.id === used.id) ? [{ value: used.id, label: used.name === "" ? used.id : used.name }] : []),
    ...(credentials === undefined ? [] : [{ value: NEW, label: "Create new…" }]),
  ];
  const chosen = known?.find((one) => one.id === used?.id);
  return (
    <div className="wf-field wf-credential">
      <div className="wf-field-header">
        <Icon icon={KeyRound} size={14} />
        <label className="wf-label" htmlFor={id}>{title}{slot.required && <span className="wf-required"> *<span className="wf-hidden">, needed</span></span>}</label>
      </div>
      <div className="wf-credential-row">
        <Select
          id={id} options={options} value={used?.id ?? NONE} isDisabled={isReadOnly} isInvalid={isGone || (slot.required && used === undefined)}
          onChange={(value) => {
            if (value === NEW) setDialog("new");
            else use(known?.find((one) => one.id === value) ?? null);
          }}
        />
        {chosen !== undefined && credentials?.update !== undefined && !isReadOnly && (
          <button type="button" className="wf-icon-button" aria-label={`Edit ${chosen.name}`} title="Edit" onClick={() => { setDialog("edit"); }}><Icon icon={Pencil} size={15} /></button>
        )}
        {credentials !== undefined && !isReadOnly && used === undefined && (
          <button type="button" className="wf-icon-button" aria-label="Create a credential" title="Create a credential" onClick={() => { setDialog("new"); }}><Icon icon={Plus} size={16} /></button>
        )}
      </div>
      {isGone && <p className="wf-field-problem" data-severity="error">This credential is gone, or not shared with you. Choose another one.</p>}
      {message !== "" && <p className="wf-field-problem" data-severity="error">{message}</p>}
      {dialog !== null && credentials !== undefined && (
        <CredentialDialog
          client={credentials} types={slot.types} existing={dialog === "edit" ? (chosen ?? null) : null} onClose={() => { setDialog(null); }}
          onDone={(made) => { use(made); setDialog(null); }}
        />
      )}
    </div>
  );
}
