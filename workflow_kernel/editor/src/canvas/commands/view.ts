/** Commands that change what is seen, and those about runs and the workflow as a whole. */
import {
  ChevronsDownUp, CircleStop, Download, Focus, History, Keyboard, LayoutGrid, List, Map as MapIcon, Play, Save, Search, Settings, Square, StepForward, Upload,
  Tags, ZoomIn, ZoomOut,
} from "lucide";
import type { View } from "../../model/store";
import type { IconNode } from "lucide";
import type { CanvasParts } from "../useCanvas";
import { canEdit, onlyNode } from "./command";
import type { Command } from "./command";
import { exportFlow, importFile } from "./files";

const view = (name: View, title: string, key: string, icon: IconNode): Command => ({
  id: `view-${name}`, title, group: "View", icon, keys: [key], run: ({ editor, viewpoint }) => {
    editor.setView(name);
    requestAnimationFrame(() => { viewpoint.fit(); });
  },
});

const hasRuns = ({ editor }: CanvasParts): boolean => editor.runner !== null;
const canRun = (parts: CanvasParts): boolean => hasRuns(parts) && parts.editor.runner?.isBusy === false && canEdit(parts);

export const VIEW: readonly Command[] = [
  { id: "fit", title: "Show everything", group: "View", icon: Focus, keys: ["1"], run: ({ viewpoint }) => { viewpoint.fit(); } },
  { id: "fit-selection", title: "Show the selection", group: "View", keys: ["2"], isEnabled: ({ actions }) => actions.movable().size > 0, run: ({ viewpoint, actions }) => { viewpoint.fit(actions.movable(), undefined, 1.4); } },
  { id: "zoom-reset", title: "Zoom to 100 %", group: "View", keys: ["0"], run: ({ viewpoint }) => { viewpoint.reset(); } },
  { id: "zoom-in", title: "Zoom in", group: "View", icon: ZoomIn, keys: ["+", "="], run: ({ viewpoint }) => { viewpoint.zoomBy(1.25); } },
  { id: "zoom-out", title: "Zoom out", group: "View", icon: ZoomOut, keys: ["-"], run: ({ viewpoint }) => { viewpoint.zoomBy(0.8); } },
  view("compact", "Compact view", "Alt+1", ChevronsDownUp),
  view("normal", "Normal view", "Alt+2", LayoutGrid),
  view("detailed", "Detailed view", "Alt+3", List),
  { id: "map", title: "Show or hide the map", group: "View", icon: MapIcon, keys: ["M"], keywords: ["minimap"], run: ({ state }) => { state.isMapShown.update((isShown) => !isShown); } },
  { id: "search", title: "Find on the canvas", group: "View", icon: Search, keys: ["Mod+F"], isGlobal: true, run: ({ state }) => { state.dialog.set("search"); } },
  { id: "commands", title: "All commands", group: "View", keys: ["Mod+K"], isGlobal: true, isKeyOnly: true, run: ({ state }) => { state.dialog.set("commands"); } },
  { id: "shortcuts", title: "Keyboard shortcuts", group: "View", icon: Keyboard, keys: ["?"], run: ({ state }) => { state.dialog.set("shortcuts"); } },

  { id: "run", title: "Run the workflow", group: "Run", icon: Play, keys: ["Mod+Enter"], isGlobal: true, isEnabled: canRun, run: ({ editor }) => { void editor.run(); } },
  {
    id: "run-to", title: "Run to the selected node", group: "Run", icon: StepForward, keys: ["Mod+Shift+Enter"],
    isEnabled: (parts) => canRun(parts) && onlyNode(parts) !== undefined, run: (parts) => { void parts.editor.run({ to: onlyNode(parts)?.id ?? "" }); },
  },
  { id: "run-payload", title: "Run with test data", group: "Run", icon: Square, isEnabled: canRun, keywords: ["payload", "trigger", "webhook"], run: ({ state }) => { state.dialog.set("payload"); } },
  { id: "stop", title: "Stop the run", group: "Run", icon: CircleStop, isEnabled: ({ editor }) => editor.runner?.isBusy === true, run: ({ editor }) => { void editor.stop(); } },
  { id: "executions", title: "Past executions", group: "Run", icon: History, isEnabled: ({ editor }) => editor.client.runs?.list !== undefined, run: ({ state }) => { state.dialog.set("executions"); } },

  { id: "save", title: "Save", group: "Workflow", icon: Save, keys: ["Mod+S"], isGlobal: true, isEnabled: ({ editor }) => editor.client.save !== undefined, run: ({ editor }) => { void editor.save(); } },
  { id: "settings", title: "Workflow settings", group: "Workflow", icon: Settings, run: ({ state }) => { state.dialog.set("settings"); } },
  { id: "versions", title: "Versions", group: "Workflow", icon: Tags, isEnabled: ({ editor }) => editor.client.versions !== undefined, keywords: ["history", "publish", "restore"], run: ({ state }) => { state.dialog.set("versions"); } },
  { id: "export", title: "Download as a file", group: "Workflow", icon: Download, keywords: ["export", "flow"], run: exportFlow },
  { id: "import", title: "Add from a file", group: "Workflow", icon: Upload, keywords: ["import", "n8n", "upload"], isEnabled: canEdit, run: importFile },
];
