/** A sticky note: Markdown on a coloured sheet. Double-click edits it, the corners resize it. */
import { memo, useMemo } from "react";
import { NodeResizer } from "@xyflow/react";
import type { NodeProps } from "@xyflow/react";
import { toDocument } from "../../model/geometry";
import { markdown } from "../../theme/markdown";
import { useReadable, useSelected } from "../context";
import type { NoteNode } from "../flow/flowNodes";
import { useCanvas } from "../useCanvas";

export const NOTE_COLORS = ["yellow", "blue", "green", "red", "violet", "grey"] as const;

function NoteInner({ data, selected }: NodeProps<NoteNode>) {
  const { note } = data;
  const { editor, state } = useCanvas();
  const isReadOnly = useReadable(editor.isReadOnly);
  const view = useReadable(editor.view);
  const isEditing = useSelected(state.editing, (id) => id === note.id);
  const html = useMemo(() => ({ __html: markdown(note.text) }), [note.text]);
  const color = NOTE_COLORS.find((one) => one === note.color) ?? "yellow";
  const style = { background: `var(--wf-note-${color})` };
  return (
    <>
      <NodeResizer
        isVisible={selected && !isReadOnly} minWidth={120} minHeight={80} lineClassName="wf-resize-line" handleClassName="wf-resize-handle"
        onResizeEnd={(_event, { x, y, width, height }) => {
          editor.apply({ type: "PutNote", note: { ...note, position: toDocument([x, y], view), size: toDocument([width, height], view) } });
        }}
      />
      {isEditing ? (
        <textarea
          className="wf-note wf-note-edit nodrag nopan nowheel" style={style} aria-label="Text of the note, in Markdown" defaultValue={note.text} autoFocus
          onFocus={(event) => { event.currentTarget.select(); }}
          onKeyDown={(event) => {
            event.stopPropagation();
            if (event.key === "Escape" || (event.key === "Enter" && (event.metaKey || event.ctrlKey))) event.currentTarget.blur();
          }}
          onBlur={(event) => {
            state.editing.set(null);
            const text = event.currentTarget.value;
            if (text !== note.text) editor.apply({ type: "PutNote", note: { ...note, text } });
          }}
        />
      ) : (
        <div
          className="wf-note" style={style} data-view={view} data-selected={selected} dangerouslySetInnerHTML={html}
          onDoubleClick={(event) => {
            event.stopPropagation();
            if (!isReadOnly) state.editing.set(note.id);
          }}
        />
      )}
    </>
  );
}

export const NoteCard = memo(NoteInner, (a, b) => a.data === b.data && a.selected === b.selected && a.width === b.width && a.height === b.height);
