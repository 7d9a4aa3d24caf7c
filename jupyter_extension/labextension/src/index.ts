/** The extension: what JupyterLab loads. */
import { commands } from "./commands";
import { inspector } from "./inspector";
import { edges } from "./notebooks/edges";
import { notebooks } from "./notebooks/plugin";
import { documents } from "./plugin";
import { sidePanel } from "./sidePanel";

export { IFlowTracker } from "./plugin";
export default [documents, commands, inspector, sidePanel, notebooks, edges];
