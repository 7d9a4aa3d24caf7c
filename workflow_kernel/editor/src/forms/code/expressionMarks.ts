/** Colours the code in an expression: the braces, names, texts, numbers. Works in both languages. */
import { Decoration, ViewPlugin } from "@codemirror/view";
import type { DecorationSet, EditorView, ViewUpdate } from "@codemirror/view";
import type { Range } from "@codemirror/state";
import { split } from "../../model/references";

const TOKEN = /(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)|(?<variable>\$[\w$]*)|(?<word>\b(?:if|else|for|in|not|and|or|is|lambda|new|return|typeof|True|False|None|true|false|null|undefined)\b)|(?<number>\b\d+(?:\.\d+)?\b)|(?<call>\b\w+(?=\())/g;

const CLASSES: Readonly<Record<string, string>> = {
  text: "tok-string", variable: "wf-tok-variable", word: "tok-keyword", number: "tok-number", call: "wf-tok-call",
};

/** The document leaves out the `=` at the beginning, which the field shows by itself. */
function marksOf(view: EditorView): DecorationSet {
  const ranges: Range<Decoration>[] = [];
  for (const part of split(`=${view.state.doc.toString()}`)) {
    if (!part.isCode) continue;
    const start = part.start - 1;
    const end = start + part.text.length;
    ranges.push(Decoration.mark({ class: "wf-tok-code" }).range(start - 2, end + 2));
    ranges.push(Decoration.mark({ class: "wf-tok-brace" }).range(start - 2, start));
    for (const match of part.text.matchAll(TOKEN)) {
      const kind = Object.keys(match.groups ?? {}).find((name) => match.groups?.[name] !== undefined) ?? "";
      ranges.push(Decoration.mark({ class: CLASSES[kind] ?? "" }).range(start + match.index, start + match.index + match[0].length));
    }
    ranges.push(Decoration.mark({ class: "wf-tok-brace" }).range(end, end + 2));
  }
  return Decoration.set(ranges, true);
}

export const expressionMarks = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = marksOf(view);
    }
    update(update: ViewUpdate) {
      if (update.docChanged) this.decorations = marksOf(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
