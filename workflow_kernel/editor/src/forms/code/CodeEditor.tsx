/**
 * A CodeMirror editor as a controlled field. Tab indents only where `keepsTab` says so, and Esc before Tab leaves even
 * then; elsewhere Tab goes on to the next field.
 */
import { useEffect, useRef } from "react";
import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput } from "@codemirror/language";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import type { Extension } from "@codemirror/state";
import { EditorView, drawSelection, keymap, lineNumbers, placeholder as placeholderText } from "@codemirror/view";
import { languageOf } from "./languages";
import { codeTheme } from "./theme";

export interface CodeEditorProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly language?: string;
  readonly label?: string;
  readonly labelledBy?: string;
  readonly describedBy?: string;
  readonly isReadOnly?: boolean;
  readonly isInvalid?: boolean;
  readonly placeholder?: string;
  /** Line numbers, folding and Tab for indenting; for whole programs. */
  readonly isProgram?: boolean;
  readonly minLines?: number;
  /** The height is the surrounding box's. */
  readonly fills?: boolean;
  /** Not changed after the first time. */
  readonly extensions?: Extension;
  readonly onView?: (view: EditorView | null) => void;
  readonly onFocus?: () => void;
  readonly onBlur?: () => void;
  readonly autoFocus?: boolean;
}

export function CodeEditor(props: CodeEditorProps) {
  const { value, language = "", isReadOnly = false, fills = false, minLines = 1, isInvalid = false } = props;
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  const parts = useRef({ language: new Compartment(), reading: new Compartment(), attributes: new Compartment() });
  useEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    if (box.current === null) return;
    const made = new EditorView({ parent: box.current, state: firstState(latest, parts.current) });
    view.current = made;
    latest.current.onView?.(made);
    if (latest.current.autoFocus === true) made.focus();
    return () => {
      latest.current.onView?.(null);
      made.destroy();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    const current = view.current;
    if (current === null || current.state.doc.toString() === value) return;
    current.dispatch({ changes: { from: 0, to: current.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.language.reconfigure(languageOf(language)) });
  }, [language]);
  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.reading.reconfigure(readOnly(isReadOnly)) });
  }, [isReadOnly]);
  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.attributes.reconfigure(EditorView.contentAttributes.of(attributesOf(latest.current))) });
  }, [props.label, props.labelledBy, props.describedBy, isInvalid]);

  return <div ref={box} className="wf-code-editor" data-fills={fills || undefined} style={fills ? undefined : { minHeight: `${minLines * 20 + 12}px` }} />;
}

type Parts = Record<"language" | "reading" | "attributes", Compartment>;

function firstState(latest: { readonly current: CodeEditorProps }, parts: Parts): EditorState {
  const props = latest.current;
  return EditorState.create({
    doc: props.value,
    extensions: [
      props.extensions ?? [],
      parts.language.of(languageOf(props.language ?? "")),
      parts.reading.of(readOnly(props.isReadOnly ?? false)),
      parts.attributes.of(EditorView.contentAttributes.of(attributesOf(props))),
      history(), drawSelection(), closeBrackets(), bracketMatching(), indentOnInput(), highlightSelectionMatches(),
      props.isProgram === true ? [lineNumbers(), foldGutter(), keymap.of([indentWithTab, ...foldKeymap])] : EditorView.lineWrapping,
      keymap.of([...completionKeymap, ...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...searchKeymap]),
      placeholderText(props.placeholder ?? ""),
      codeTheme,
      EditorView.updateListener.of((update) => {
        // What comes from outside is in `value` already.
        const text = update.docChanged ? update.state.doc.toString() : latest.current.value;
        if (text !== latest.current.value) latest.current.onChange(text);
        if (update.focusChanged) (update.view.hasFocus ? latest.current.onFocus : latest.current.onBlur)?.();
      }),
    ],
  });
}

function readOnly(isReadOnly: boolean): Extension {
  return [EditorState.readOnly.of(isReadOnly), EditorView.editable.of(!isReadOnly)];
}

function attributesOf(props: CodeEditorProps): Record<string, string> {
  const given: Record<string, string | undefined> = {
    "aria-label": props.label, "aria-labelledby": props.labelledBy, "aria-describedby": props.describedBy,
    "aria-invalid": props.isInvalid === true ? "true" : undefined, "aria-readonly": props.isReadOnly === true ? "true" : undefined,
    // A read-only text can still be scrolled and copied by keyboard.
    tabindex: "0",
  };
  return Object.fromEntries(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
