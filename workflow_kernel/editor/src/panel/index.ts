export { NodePanel } from "./NodePanel";
export type { NodePanelProps } from "./NodePanel";
