/** Key presses on the canvas become commands. Keys typed into fields, dialogs and menus are theirs. */
import { COMMANDS, isEnabled } from "./commands";
import { isPressed } from "./commands/command";
import type { CanvasParts } from "./useCanvas";

const FIELDS = "input, textarea, select, [contenteditable=''], [contenteditable=true], .cm-editor";
/** Parts that handle their keys themselves. */
const OWN = ".wf-panel, .wf-chooser, .wf-dialog, .wf-popover, .wf-menu, .wf-search, .wf-drawer, [role=dialog], [role=menu]";

function targetOf(event: Event): Element | null {
  const [first] = event.composedPath();
  return first instanceof Element ? first : null;
}

/** Whether an event happened on the canvas itself. */
export function isOnCanvas(event: Event): boolean {
  const target = targetOf(event);
  return target !== null && target.closest(FIELDS) === null && target.closest(OWN) === null;
}

/** Listen to keys within the root. React's own handlers hear a key later, so nothing they have done shows here. */
export function listenToKeys(root: HTMLElement, parts: CanvasParts): () => void {
  let isTab = false;
  const onKeyDown = (event: KeyboardEvent) => {
    isTab = event.key === "Tab";
    if (event.defaultPrevented) return;
    const target = targetOf(event);
    const isFree = isOnCanvas(event);
    if (event.key === "Escape" && isFree) {
      escape(parts);
      return;
    }
    // A focused button takes Enter and Space, and Tab goes on from it.
    if (isFree && target?.closest("button, a") !== null && (event.key === "Enter" || event.key === " " || event.key === "Tab")) return;
    // Saving and running work from the panel's fields as well.
    const isInPanel = target !== null && target.closest(".wf-panel") !== null;
    const command = COMMANDS.find((one) => (isFree || (isInPanel && one.isGlobal === true)) && one.keys?.some((keys) => isPressed(event, keys)) === true);
    if (command === undefined || !isEnabled(command, parts)) return;
    event.preventDefault();
    event.stopPropagation();
    command.run(parts);
  };
  // A node the Tab key has come to is the one that is meant.
  const onFocusIn = (event: FocusEvent) => {
    const id = targetOf(event)?.closest(".react-flow__node")?.getAttribute("data-id");
    if (isTab && typeof id === "string") parts.editor.select([id]);
    isTab = false;
  };
  root.addEventListener("keydown", onKeyDown);
  root.addEventListener("focusin", onFocusIn);
  return () => {
    root.removeEventListener("keydown", onKeyDown);
    root.removeEventListener("focusin", onFocusIn);
  };
}

function escape({ editor, state }: CanvasParts): void {
  if (state.menu.get() !== null) state.menu.set(null);
  else if (state.picker.get() !== null) state.picker.set(null);
  else {
    editor.select([]);
    state.selectedEdges.set(new Set());
  }
}
