/** A note on the node, in Markdown. */
import { useState } from "react";
import { useEditor, useReadable } from "../canvas/context";
import { Markdown } from "../data";
import { CodeEditor } from "../forms/code/CodeEditor";
import { Segmented } from "../forms/parts/Segmented";
import type { Node } from "../model/types";

const WAYS = [{ value: "write", label: "Write" }, { value: "read", label: "Read" }] as const;

export function NotesPane({ node }: { readonly node: Node }) {
  const editor = useEditor();
  const isReadOnly = useReadable(editor.isReadOnly);
  const [way, setWay] = useState<"write" | "read">(node.notes === "" && !isReadOnly ? "write" : "read");
  return (
    <div className="wf-notes">
      <Segmented size="small" label="How the note is shown" segments={WAYS} value={way} onChange={setWay} />
      {way === "read" ? (
        node.notes === "" ? <p className="wf-empty-line">No note yet.</p> : <Markdown text={node.notes} />
      ) : (
        <div className="wf-code-box wf-notes-editor">
          <CodeEditor
            value={node.notes} language="markdown" label="Note, in Markdown" isReadOnly={isReadOnly} minLines={12} placeholder="What this node is for, in Markdown"
            onChange={(value) => { editor.apply({ type: "SetNodeField", node: node.id, field: "notes", value }, { merge: `${node.id}.notes` }); }}
          />
        </div>
      )}
    </div>
  );
}
