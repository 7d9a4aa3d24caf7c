/** The editor of the editor package, loaded with the first document that is opened. */
import type * as Editor from "../../../workflow_kernel/editor/src/hosts/index";

export type { EditorHandle, LabDocument, LabOptions } from "../../../workflow_kernel/editor/src/hosts/index";
export type EditorModule = typeof Editor;

let loading: Promise<EditorModule> | null = null;

export function loadEditor(): Promise<EditorModule> {
  // The build puts the editor's module beside this one.
  loading ??= import(/* webpackChunkName: "editor" */ "./workflow-editor.js");
  return loading;
}
