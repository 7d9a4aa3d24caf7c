/** How CodeMirror looks here: everything by the variables of `src/theme`, so that it follows the host. */
import { syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import type { Extension } from "@codemirror/state";

const look = EditorView.theme({
  "&": { color: "var(--wf-text)", backgroundColor: "transparent", fontSize: "12.5px" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": { fontFamily: "var(--wf-mono)", caretColor: "var(--wf-accent)", padding: "6px 0", lineHeight: "1.55" },
  ".cm-line": { padding: "0 9px" },
  ".cm-scroller": { fontFamily: "var(--wf-mono)", overflow: "auto", scrollbarWidth: "thin" },
  ".cm-cursor": { borderLeftColor: "var(--wf-accent)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "color-mix(in srgb, var(--wf-accent) 24%, transparent)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--wf-text-3)", border: "0", userSelect: "none" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--wf-text)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--wf-text) 4%, transparent)" },
  ".cm-placeholder": { color: "var(--wf-text-3)" },
  ".cm-matchingBracket": { backgroundColor: "transparent" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--wf-accent-soft)", borderRadius: "2px" },
  ".cm-tooltip": { border: "1px solid var(--wf-border)", borderRadius: "var(--wf-radius-s)", backgroundColor: "var(--wf-surface)", color: "var(--wf-text)", boxShadow: "var(--wf-shadow-2)", overflow: "hidden", zIndex: "1000" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--wf-font)", maxHeight: "15em", minWidth: "min(280px, 90vw)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { display: "flex", alignItems: "center", gap: "6px", padding: "4px 9px", lineHeight: "1.4" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--wf-accent-soft)", color: "var(--wf-text)" },
  ".cm-completionLabel": { fontFamily: "var(--wf-mono)", fontSize: "12px" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700", color: "var(--wf-accent)" },
  ".cm-completionDetail": { marginLeft: "auto", paddingLeft: "12px", fontStyle: "normal", color: "var(--wf-text-3)", fontSize: "11px" },
  ".cm-completionInfo": { maxWidth: "300px", padding: "8px 10px", fontFamily: "var(--wf-font)" },
  ".cm-panels": { backgroundColor: "var(--wf-surface-2)", color: "var(--wf-text)" },
  ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--wf-border)" },
  ".cm-searchMatch": { backgroundColor: "var(--wf-warning-soft)", outline: "1px solid var(--wf-warning-mark)" },
  ".cm-diagnostic": { padding: "4px 8px", fontFamily: "var(--wf-font)" },
});

export const codeTheme: Extension = [look, syntaxHighlighting(classHighlighter)];
