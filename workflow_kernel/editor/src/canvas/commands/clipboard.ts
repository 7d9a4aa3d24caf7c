/** Copy, cut and paste: by the browser's own events (keys) and by menus. Text of n8n is converted by the host. */
import { copyText, paste, readClip } from "../../model/clipboard";
import { together } from "../../model/change";
import { fromFlow } from "../../model/flow";
import { toDocument } from "../../model/geometry";
import type { Point, Workflow } from "../../model/types";
import type { CanvasParts } from "../useCanvas";
import { plural } from "../words";

/** What was copied last, where the browser's clipboard may not be read. */
let memory = "";

/** The selection as text, with the nodes of selected groups; null when nothing is selected. */
export function selectionText({ editor, actions }: CanvasParts): string | null {
  return copyText(editor.workflow.get(), actions.movable());
}

export async function copy(parts: CanvasParts): Promise<void> {
  const text = selectionText(parts);
  if (text === null) return;
  memory = text;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Not allowed on this page: pasting here works all the same.
  }
  parts.state.say("Copied");
}

export async function pasteFromClipboard(parts: CanvasParts, at: Point | null): Promise<void> {
  let text = memory;
  try {
    text = (await navigator.clipboard.readText()) || memory;
  } catch {
    // Reading was refused; what was copied here is pasted.
  }
  await pasteText(parts, text, at);
}

/** Put a copied text into the workflow. `at` is in view pixels; without it, beside where it was copied. */
export async function pasteText(parts: CanvasParts, text: string, at: Point | null): Promise<void> {
  const { editor } = parts;
  if (editor.isReadOnly.get()) return;
  const clip = readClip(text);
  if (clip.kind === "none") return;
  if (clip.kind === "flow") {
    pasteWorkflow(parts, clip.workflow, at);
    return;
  }
  try {
    const imported = await editor.client.importWorkflow(clip.source);
    const workflow = fromFlow(imported.workflow);
    const isNew = Object.keys(editor.workflow.get().nodes).length === 0;
    pasteWorkflow(parts, workflow, at);
    // Expressions of an imported workflow keep their language only where it is the whole workflow.
    if (isNew) editor.apply({ type: "SetSettings", settings: workflow.settings });
    const { warnings } = imported;
    const count = plural(Object.keys(workflow.nodes).length, "node");
    if (warnings.length === 0) editor.notify("success", `Imported ${count}.`);
    else editor.notify("warning", `Imported ${count}; ${plural(warnings.length, "thing")} could not be carried over.`, warnings.slice(0, 4).join(" "));
  } catch (error) {
    editor.tell(error);
  }
}

export function pasteWorkflow(parts: CanvasParts, workflow: Workflow, at: Point | null): void {
  const { editor, state } = parts;
  const place = at === null ? null : toDocument(at, editor.view.get());
  const { changes, ids } = paste(editor.workflow.get(), workflow, place, (node) => editor.infoOf(node));
  if (changes.length === 0 || !editor.apply(together(...changes))) return;
  editor.select(ids);
  state.say(`Pasted ${plural(ids.length, "part")}`);
}

export function duplicate(parts: CanvasParts): void {
  const text = selectionText(parts);
  if (text !== null) void pasteText(parts, text, null);
}

/** Listen to the browser's copy, cut and paste within the root. Gives what stops listening. */
export function listenToClipboard(root: HTMLElement, parts: CanvasParts, isOnCanvas: (event: Event) => boolean): () => void {
  const take = (event: ClipboardEvent): boolean => {
    const text = isOnCanvas(event) ? selectionText(parts) : null;
    if (text === null || event.clipboardData === null) return false;
    memory = text;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    return true;
  };
  const onCopy = (event: ClipboardEvent) => {
    if (take(event)) parts.state.say("Copied");
  };
  const onCut = (event: ClipboardEvent) => {
    if (!parts.editor.isReadOnly.get() && take(event)) parts.actions.remove(parts.editor.selection.get());
  };
  const onPaste = (event: ClipboardEvent) => {
    if (!isOnCanvas(event)) return;
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (readClip(text).kind === "none") return;
    event.preventDefault();
    void pasteText(parts, text, parts.viewpoint.pointer());
  };
  root.addEventListener("copy", onCopy);
  root.addEventListener("cut", onCut);
  root.addEventListener("paste", onPaste);
  return () => {
    root.removeEventListener("copy", onCopy);
    root.removeEventListener("cut", onCut);
    root.removeEventListener("paste", onPaste);
  };
}
