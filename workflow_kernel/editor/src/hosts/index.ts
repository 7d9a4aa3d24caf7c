/** What the built module gives to the places it is shown in. */
export { mount } from "./standalone";
export type { EditorHandle, MountOptions } from "./standalone";
export { showInCell } from "./anywidget";
export { LabDocument, mountInspector, showExecution } from "./lab";
export type { LabOptions } from "./lab";
export { RestClient } from "../client/rest";
export type { RestClientOptions, RestWorkflow } from "../client/rest";
export { MemoryClient } from "../client/memory";
export { HostError } from "../client/client";
export { CellsView } from "./cells";
export type { CellEdge, CellGraph, CellNote, CellRun, CellShown, CellsShown } from "./cells";
export type { HostAction } from "../model/editor";
