/** Icons of ours: of files, the launcher, the side panel. */
import { LabIcon } from "@jupyterlab/ui-components";

const mark = (className: string): string => `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24" fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
<g class="${className}" stroke="#616161"><rect x="3" y="3" width="8" height="8" rx="2"/><path d="M7 11v4a2 2 0 0 0 2 2h4"/><rect x="13" y="13" width="8" height="8" rx="2"/></g></svg>`;

export const workflowIcon = new LabIcon({ name: "workflow:panel", svgstr: mark("jp-icon3 jp-icon-selectable") });

export const flowIcon = new LabIcon({
  name: "workflow:file",
  svgstr: mark("jp-WorkflowIcon").replaceAll("#616161", "#3b5fe0"),
});
