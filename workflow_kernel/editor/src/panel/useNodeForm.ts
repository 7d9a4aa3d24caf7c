/** What the form of a node's parameters needs, made from the editor. */
import { useId, useMemo, useRef } from "react";
import { useEditor, useReadable, useSelected } from "../canvas/context";
import type { ExpressionPlace } from "../client/client";
import type { FormValue, Reference, ReferenceGroup, Remembered } from "../forms";
import { byPath } from "../forms/checks";
import type { JsonObject, Node, NodeTypeInfo, Path } from "../model/types";

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
}

export function useNodeForm({ node, info, references, onFocus, execution, run, item, moment }: NodeFormOptions): FormValue {
  const editor = useEditor();
  const id = useId();
  const isReadOnly = useReadable(editor.isReadOnly);
  const problems = useReadable(editor.problems);
  const language = useSelected(editor.workflow, (workflow) => workflow.settings.language);
  const memory = useRef(new Map<string, Remembered>());
  const found = useMemo(() => byPath(problems, node.name), [problems, node.name]);
  const { expressions, files } = editor.client;
  const place = (path: Path): ExpressionPlace => ({ workflow: editor.toFlow(), node: node.id, path, language, execution, run_index: run, item });
  return {
    id, definitions: info.parameters.$defs ?? {}, language, isReadOnly, problems: found, references, onFocus, memory: memory.current, files,
    expressions: expressions === undefined ? null : {
      complete: (path, text, cursor) => expressions.complete(place(path), text, cursor),
      preview: (path, text) => expressions.preview(place(path), text),
      moment, item,
    },
    loadOptions: editor.client.loadOptions === undefined ? undefined : async (load, search, cursor) => {
      const request = { type: node.type, version: node.version, load, parameters: { ...node.parameters }, credentials: credentialsOf(node), search, cursor };
      return (await editor.client.loadOptions?.(request)) ?? { options: [] };
    },
  };
}

function credentialsOf(node: Node): JsonObject {
  return Object.fromEntries(Object.entries(node.credentials).map(([slot, use]) => [slot, { id: use.id, name: use.name }]));
}
