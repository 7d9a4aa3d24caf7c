/** The workflow as a file on the person's machine, and back. */
import { idOf } from "../../model/names";
import type { CanvasParts } from "../useCanvas";
import { readClip } from "../../model/clipboard";
import { pasteText } from "./clipboard";

const MOST_BYTES = 50_000_000;

export function exportFlow({ editor }: CanvasParts): void {
  const text = `${JSON.stringify(editor.toFlow(), null, 2)}\n`;
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${idOf(editor.draft.get().name)}.flow`;
  link.click();
  setTimeout(() => { URL.revokeObjectURL(url); }, 10_000);
}

export function importFile(parts: CanvasParts): void {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = ".flow,.json,application/json";
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (file !== undefined) void addFile(parts, file);
  });
  input.click();
}

/** Put the workflow of a file into this one. */
export async function addFile(parts: CanvasParts, file: File): Promise<void> {
  const { editor, viewpoint } = parts;
  if (file.size > MOST_BYTES) {
    editor.notify("error", `'${file.name}' is too large.`, "A workflow file may have 50 MB.");
    return;
  }
  const text = await file.text();
  if (readClip(text).kind === "none") {
    editor.notify("error", `'${file.name}' holds no workflow.`, "Choose a .flow file or a workflow exported from n8n.");
    return;
  }
  await pasteText(parts, text, viewpoint.middle());
  viewpoint.fit();
}
