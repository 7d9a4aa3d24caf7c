/** Completion in expressions: asks the host what can be written at the cursor. */
import { autocompletion } from "@codemirror/autocomplete";
import type { Completion as Option, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { EditorView } from "@codemirror/view";
import type { Extension } from "@codemirror/state";
import type { Completion } from "../../client/client";

type Complete = (text: string, cursor: number) => Promise<readonly Completion[]>;

const ICONS: Readonly<Record<Completion["kind"], string>> = {
  variable: "variable", field: "property", node: "class", function: "function", method: "method",
};

/** The document leaves out the `=` at the beginning. */
export function expressionCompletion(complete: Complete): Extension {
  const source = async (context: CompletionContext): Promise<CompletionResult | null> => {
    const text = `=${context.state.doc.toString()}`;
    const found = await complete(text, context.pos + 1).catch(() => []);
    if (found.length === 0 || context.aborted) return null;
    const typed = /[\w$]*$/.exec(context.state.sliceDoc(0, context.pos))?.[0].length ?? 0;
    const from = context.pos - typed;
    return { from, options: found.map((one, index) => optionOf(one, typed, -index)), validFor: /^[\w$]*$/ };
  };
  return [autocompletion({ override: [source], activateOnTypingDelay: 80, maxRenderedOptions: 100 }), braces];
}

function optionOf(found: Completion, typed: number, boost: number): Option {
  // Some take the place of more than the word: `.first name` becomes `["first name"]`.
  const extra = Math.max((found.replace ?? 0) - typed, 0);
  const about = [found.detail, found.example === undefined || found.example === "" ? "" : `e.g. ${found.example}`].filter((text) => text !== undefined && text !== "");
  return {
    label: found.label,
    type: ICONS[found.kind],
    detail: found.type,
    boost: Math.max(boost, -99),
    info: about.length === 0 ? undefined : about.join("\n"),
    apply: (view, _option, from, to) => {
      const start = from - extra;
      view.dispatch({ changes: { from: start, to, insert: found.insert }, selection: { anchor: start + found.insert.length }, userEvent: "input.complete" });
    },
  };
}

/** A second opening brace makes room for code: `{{ | }}`. */
const braces = EditorView.inputHandler.of((view, from, to, text) => {
  if (text !== "{" || from === 0 || from !== to || view.state.sliceDoc(from - 1, from) !== "{") return false;
  const closed = view.state.sliceDoc(from, from + 1) === "}" ? 1 : 0;
  view.dispatch({ changes: { from, to: from + closed, insert: "{  }}" }, selection: { anchor: from + 2 }, userEvent: "input.type" });
  return true;
});
