/** What the panel takes of the views of data. */
import "./data.css";

export { DataEditor } from "./DataEditor";
export { DataView } from "./DataView";
export type { DataWay } from "./DataView";
export { describeFields, entriesOf } from "./fields";
export { LogsView } from "./LogsView";
export { Markdown } from "./Markdown";
export type { Marking } from "./view";
export { heldSource, runSource } from "./source";
export type { DataSource } from "./source";
export { clock, duration, when } from "./times";
