/** Shows the editor in an element of a page. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import type * as Y from "yjs";
import type { FlowDocument, HostClient } from "../client/client";
import { EditorApp } from "../canvas/EditorApp";
import type { Theme } from "../canvas/EditorApp";
import { keptView } from "../canvas/recent";
import { WorkflowEditor } from "../model/editor";
import type { View } from "../model/store";
import "../theme/index.css";
import "../canvas/canvas.css";

export interface MountOptions {
  /** A document shared with others; one of its own when not given. */
  readonly doc?: Y.Doc;
  /** What to show, where `doc` is not given. */
  readonly workflow?: FlowDocument;
  readonly isReadOnly?: boolean;
  /** `auto` follows the person's system. */
  readonly theme?: Theme | "auto";
  readonly hasHeader?: boolean;
  readonly isInJupyter?: boolean;
  /** Begins close enough to read, where everything does not fit so. */
  readonly isReadable?: boolean;
  /** No key pressed in the editor reaches the page around, which has keys of its own (a notebook). */
  readonly keepsKeys?: boolean;
  readonly view?: View;
}

export interface EditorHandle {
  readonly editor: WorkflowEditor;
  setTheme(theme: Theme | "auto"): void;
  destroy(): void;
}

/** Left to React Flow, which listens for them on the document. */
const SHARED = new Set(["Shift", "Control", "Meta", "Alt", " "]);

function keepKey(event: KeyboardEvent): void {
  if (!SHARED.has(event.key)) event.stopPropagation();
}

const VIEWS: readonly string[] = ["compact", "normal", "detailed"];

export function mount(element: HTMLElement, client: HostClient, options: MountOptions = {}): EditorHandle {
  const kept = keptView();
  const view = options.view ?? (kept !== null && VIEWS.includes(kept) ? (kept as View) : "normal");
  const editor = new WorkflowEditor(client, {
    view,
    ...(options.doc === undefined ? {} : { doc: options.doc }),
    ...(options.workflow === undefined ? {} : { workflow: options.workflow }),
    ...(options.isReadOnly === undefined ? {} : { isReadOnly: options.isReadOnly }),
  });
  const root = createRoot(element);
  // React listens on this element too, and hears the key all the same.
  if (options.keepsKeys === true) element.addEventListener("keydown", keepKey);
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  let theme = options.theme ?? "auto";
  const render = () => {
    const shown = theme === "auto" ? (system.matches ? "dark" : "light") : theme;
    root.render(
      <StrictMode>
        <EditorApp
          editor={editor} theme={shown} hasHeader={options.hasHeader ?? true} isInJupyter={options.isInJupyter ?? false}
          isReadable={options.isReadable ?? false}
        />
      </StrictMode>,
    );
  };
  system.addEventListener("change", render);
  // A page that is left must not take unsaved edits with it.
  const isUnsaved = () => !["saved", "shared"].includes(editor.saving.get());
  const onHide = () => {
    if (document.visibilityState === "hidden" && isUnsaved()) void editor.save();
  };
  const onLeave = (event: BeforeUnloadEvent) => {
    if (isUnsaved()) event.preventDefault();
  };
  document.addEventListener("visibilitychange", onHide);
  window.addEventListener("beforeunload", onLeave);
  render();
  return {
    editor,
    setTheme: (next) => {
      theme = next;
      render();
    },
    destroy: () => {
      system.removeEventListener("change", render);
      document.removeEventListener("visibilitychange", onHide);
      window.removeEventListener("beforeunload", onLeave);
      element.removeEventListener("keydown", keepKey);
      root.unmount();
      editor.destroy();
    },
  };
}
