/** What the form of a node's parameters needs, made from the editor. */
import { useEffect, useId, useMemo, useRef } from "react";
import { useEditor, useReadable, useSelected } from "../canvas/context";
import type { ExpressionPlace, FlowDocument, OptionsPage } from "../client/client";
import type { FormValue, Reference, ReferenceGroup, Remembered } from "../forms";
import { byPath } from "../forms/checks";
import type { JsonObject, Node, NodeTypeInfo, Path, Workflow } from "../model/types";
import { makeTurns } from "./turns";

const MOST_AT_ONCE = 4;

interface NodeFormOptions {
  readonly node: Node;
  readonly info: NodeTypeInfo;
  readonly references: () => readonly ReferenceGroup[];
  readonly onFocus: (insert: (reference: Reference) => void) => void;
  /** What previews are of. */
  readonly execution: string | undefined;
  readonly run: number;
  readonly item: number;
  readonly moment: string;
  readonly isWithoutData: boolean;
}

export function useNodeForm({ node, info, references, onFocus, execution, run, item, moment, isWithoutData }: NodeFormOptions): FormValue {
  const editor = useEditor();
  const id = useId();
  const isReadOnly = useReadable(editor.isReadOnly);
  const problems = useReadable(editor.problems);
  const language = useSelected(editor.workflow, (workflow) => workflow.settings.language);
  const memory = useRef(new Map<string, Remembered>());
  const found = useMemo(() => byPath(problems, node.name), [problems, node.name]);
  const turns = useRef(makeTurns(MOST_AT_ONCE));
  const latest = useRef({ node, execution, run, item });
  useEffect(() => {
    latest.current = { node, execution, run, item };
  });
  return useMemo((): FormValue => {
    const { client } = editor;
    const { expressions } = client;
    let sent: { readonly draft: Workflow; readonly document: FlowDocument } | null = null;
    const documentNow = (): FlowDocument => {
      const draft = editor.draft.get();
      if (sent?.draft !== draft) sent = { draft, document: editor.toFlow() };
      return sent.document;
    };
    const place = (path: Path): ExpressionPlace => {
      const now = latest.current;
      return { workflow: documentNow(), node: now.node.id, path, language, execution: now.execution, run_index: now.run, item: now.item };
    };
    const loadOptions = async (load: string, search?: string, cursor?: string): Promise<OptionsPage> => {
      const { type, version, parameters, credentials } = latest.current.node;
      const request = { type, version, load, parameters: { ...parameters }, credentials: credentialsOf(credentials), search, cursor };
      return (await client.loadOptions?.(request)) ?? { options: [] };
    };
    return {
      id, definitions: info.parameters.$defs ?? {}, language, isReadOnly, problems: found, references, onFocus, memory: memory.current, files: client.files,
      expressions: expressions === undefined ? null : {
        complete: (path, text, cursor) => expressions.complete(place(path), text, cursor), preview: (path, text) => turns.current(() => expressions.preview(place(path), text)), moment, item, isWithoutData,
      },
      loadOptions: client.loadOptions === undefined ? undefined : loadOptions,
    };
  }, [editor, id, info, language, isReadOnly, found, references, onFocus, moment, item, isWithoutData]);
}

function credentialsOf(credentials: Node["credentials"]): JsonObject {
  return Object.fromEntries(Object.entries(credentials).map(([slot, use]) => [slot, { id: use.id, name: use.name }]));
}
