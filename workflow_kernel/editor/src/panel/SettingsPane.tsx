/** What holds for a node of any type: errors, retries, timeout, cache, resources. */
import { useId, useMemo } from "react";
import { useEditor, useReadable } from "../canvas/context";
import { Form } from "../forms";
import type { FormValue } from "../forms";
import type { Node, NodeTypeInfo } from "../model/types";
import { SETTINGS, settingChange, settingsOf } from "./settings";

export function SettingsPane({ node, info }: { readonly node: Node; readonly info: NodeTypeInfo | undefined }) {
  const editor = useEditor();
  const id = useId();
  const isReadOnly = useReadable(editor.isReadOnly);
  const form = useMemo((): FormValue => ({
    id, definitions: {}, language: "python", isReadOnly, problems: new Map(), expressions: null, references: () => [], memory: new Map(), onFocus: () => undefined,
  }), [id, isReadOnly]);
  return (
    <>
      <Form
        form={form} schema={SETTINGS} values={settingsOf(node)}
        edit={(value, path = []) => {
          const change = settingChange(node, path, value);
          if (change !== null) editor.apply(change, { merge: `${node.id}.${path.join(".")}` });
        }}
      />
      <p className="wf-data-note">
        {node.type}, version {node.version}{info?.is_pure === false ? ". It has effects outside the workflow, so each try may repeat them." : "."}
      </p>
    </>
  );
}
