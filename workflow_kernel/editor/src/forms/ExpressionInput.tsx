/** The text of an expression, with completion, and its value for the chosen item below it. */
import { useEffect, useMemo, useRef, useState } from "react";
import { EditorView } from "@codemirror/view";
import { Maximize2 } from "lucide";
import type { Path } from "../model/types";
import { CodeEditor } from "./code/CodeEditor";
import { expressionCompletion } from "./code/expressionCompletion";
import { expressionMarks } from "./code/expressionMarks";
import { useForm } from "./context";
import { carriesReference, draggedReference } from "./drag";
import { insertionAt } from "./expression";
import type { Reference } from "./expression";
import { ExpressionResult } from "./ExpressionResult";
import { Dialog } from "./parts/Dialog";
import { Icon } from "./parts/Icon";

export interface ExpressionInputProps {
  /** Beginning with `=`. */
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly path: Path;
  readonly title: string;
  readonly describedBy?: string;
  readonly isInvalid?: boolean;
  /** Where there is no other switch: makes it a fixed value again. */
  readonly onFixed?: () => void;
  readonly autoFocus?: boolean;
}

export function ExpressionInput(props: ExpressionInputProps) {
  const [isLarge, setLarge] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const { isReadOnly } = useForm();
  return (
    <div className="wf-expression" data-invalid={props.isInvalid === true || undefined}>
      <div className="wf-expression-box">
        {props.onFixed === undefined ? (
          <span className="wf-expression-mark" aria-hidden="true">=</span>
        ) : (
          <button type="button" className="wf-expression-mark" aria-label={`Use a fixed value for ${props.title}`} title="Use a fixed value" disabled={isReadOnly} onClick={props.onFixed}>=</button>
        )}
        <ExpressionText {...props} onFocused={setFocused} />
        <button type="button" className="wf-expression-enlarge" aria-label={`Edit ${props.title} in a large window`} title="Edit in a large window" onClick={() => { setLarge(true); }}>
          <Icon icon={Maximize2} size={12} />
        </button>
      </div>
      <ExpressionResult text={props.text} path={props.path} isFocused={isFocused} />
      {isLarge && (
        <Dialog title={props.title} onClose={() => { setLarge(false); }} className="wf-expression-dialog">
          <div className="wf-expression-large">
            <ExpressionText {...props} fills autoFocus />
          </div>
          <ExpressionResult text={props.text} path={props.path} isFocused isLarge />
        </Dialog>
      )}
    </div>
  );
}

interface ExpressionTextProps extends ExpressionInputProps {
  readonly onFocused?: (isFocused: boolean) => void;
  readonly fills?: boolean;
}

function ExpressionText({ text, onChange, path, title, describedBy, isInvalid, autoFocus, onFocused, fills }: ExpressionTextProps) {
  const form = useForm();
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ form, path });
  useEffect(() => {
    latest.current = { form, path };
  });
  const extensions = useMemo(
    () => [
      expressionMarks,
      expressionCompletion((typed, cursor) => latest.current.form.expressions?.complete(latest.current.path, typed, cursor) ?? Promise.resolve([])),
      dropOfReferences,
    ],
    [],
  );
  return (
    <CodeEditor
      value={text.slice(1)} onChange={(value) => { onChange(`=${value}`); }} label={`${title}, expression`} describedBy={describedBy}
      isReadOnly={form.isReadOnly} isInvalid={isInvalid} extensions={extensions} placeholder="Text, with code in {{ }}" autoFocus={autoFocus} fills={fills}
      onView={(made) => { view.current = made; }}
      onFocus={() => {
        onFocused?.(true);
        form.onFocus((reference) => {
          if (view.current !== null) insertReference(view.current, reference, view.current.state.selection.main.head);
        });
      }}
      onBlur={() => { onFocused?.(false); }}
    />
  );
}

export function insertReference(view: EditorView, reference: Reference, position: number): void {
  const insert = insertionAt(`=${view.state.doc.toString()}`, position + 1, reference);
  view.dispatch({ changes: { from: position, insert }, selection: { anchor: position + insert.length }, userEvent: "input.drop" });
  view.focus();
}

const dropOfReferences = EditorView.domEventHandlers({
  dragover: (event) => {
    if (!carriesReference(event.dataTransfer)) return false;
    event.preventDefault();
    return false; // CodeMirror draws its drop cursor
  },
  drop: (event, view) => {
    const reference = draggedReference(event.dataTransfer);
    if (reference === null || view.state.readOnly) return false;
    event.preventDefault();
    event.stopPropagation();
    insertReference(view, reference, view.posAtCoords({ x: event.clientX, y: event.clientY }) ?? view.state.doc.length);
    return true;
  },
});
