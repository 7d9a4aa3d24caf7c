/** The middle of the panel: parameters, settings, notes, and what the node type is. */
import { useId, useMemo } from "react";
import { useEditor, useReadable } from "../canvas/context";
import { Form } from "../forms";
import type { FormValue } from "../forms";
import type { Node, NodeTypeInfo } from "../model/types";
import { AboutPane } from "./AboutPane";
import { CredentialField } from "./CredentialField";
import { ItemChooser } from "./ItemChooser";
import { NodeProblem } from "./NodeProblem";
import { NotesPane } from "./NotesPane";
import { drawnParameters, hiddenParameter } from "./hidden";
import { settingsOf } from "./settings";
import { SettingsPane } from "./SettingsPane";
import { Tabs } from "./Tabs";

export type Part = "parameters" | "settings" | "notes" | "about";

interface ParametersPaneProps {
  readonly node: Node;
  readonly info: NodeTypeInfo | undefined;
  readonly form: FormValue | null;
  readonly part: Part;
  readonly onPart: (part: Part) => void;
  readonly item: number;
  readonly items: number | null;
  readonly onItem: (item: number) => void;
}

export function ParametersPane({ node, info, form, part, onPart, item, items, onItem }: ParametersPaneProps) {
  const editor = useEditor();
  const id = useId();
  const problems = useReadable(editor.problems).filter((problem) => problem.node === node.name);
  const wrong = problems.filter((problem) => problem.severity === "error" && problem.field.startsWith("parameters")).length;
  const changed = Object.keys(settingsOf(node)).length;
  const tabs = [
    { value: "parameters" as const, label: "Parameters", mark: wrong === 0 ? undefined : <span className="wf-tab-wrong" title={`${wrong} wrong`}>{wrong}</span> },
    { value: "settings" as const, label: "Settings", mark: changed === 0 ? undefined : changed },
    { value: "notes" as const, label: "Notes", mark: node.notes === "" ? undefined : "•" },
    { value: "about" as const, label: "About" },
  ];
  const isReadOnly = useReadable(editor.isReadOnly);
  const isLoaded = useReadable(editor.catalog.isLoaded);
  const drawn = useMemo(() => (info === undefined ? null : drawnParameters(info.parameters, node.parameters)), [info, node.parameters]);
  const general = problems.filter((problem) => hiddenParameter(problem, drawn) !== null || !problem.field.startsWith("parameters."));
  return (
    <section className="wf-pane wf-pane-parameters" aria-label="Parameters">
      <header className="wf-pane-header">
        <Tabs id={id} label="Parts of the node" tabs={tabs} value={part} onChange={onPart} />
      </header>
      <div id={`${id}-pane`} role="tabpanel" aria-labelledby={`${id}-${part}`} className="wf-pane-body wf-scroll wf-parameters" tabIndex={-1}>
        {part === "parameters" && general.map((problem) => (
          <NodeProblem key={`${problem.code} ${problem.message}`} problem={problem} onRemove={isReadOnly ? undefined : removal(hiddenParameter(problem, drawn), (name) => { editor.setParameter(node.id, [name], undefined); })} />
        ))}
        {part === "parameters" && info === undefined && <p className="wf-empty-line">{isLoaded ? `The node type ${node.type} is not installed here, so its parameters cannot be shown.` : "Loading…"}</p>}
        {part === "parameters" && info !== undefined && form !== null && (
          <>
            {info.credentials.map((slot, index) => <CredentialField key={slot.slot} node={node} slot={slot} isExtra={index > 0} />)}
            {items !== null && items > 0 && form.expressions !== null && <ItemChooser item={item} items={items} onItem={onItem} />}
            <Form
              key={node.id} form={form} schema={info.parameters} values={node.parameters}
              edit={(value, path = []) => { editor.setParameter(node.id, path, value); }}
            />
          </>
        )}
        {part === "settings" && <SettingsPane node={node} info={info} />}
        {part === "notes" && <NotesPane node={node} />}
        {part === "about" && <AboutPane node={node} info={info} />}
      </div>
    </section>
  );
}

function removal(name: string | null, remove: (name: string) => void): (() => void) | undefined {
  return name === null ? undefined : () => { remove(name); };
}
