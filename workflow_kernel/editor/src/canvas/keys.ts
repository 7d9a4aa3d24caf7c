/** Key presses on the canvas become commands. Keys typed into fields, dialogs and menus are theirs. */
import { COMMANDS, isEnabled } from "./commands";
import { isPressed } from "./commands/command";
import type { CanvasParts } from "./useCanvas";

const FIELDS = "input, textarea, select, [contenteditable=''], [contenteditable=true], .cm-editor";
/** Parts that handle their keys themselves. */
const OWN = ".wf-panel, .wf-chooser, .wf-dialog, .wf-popover, .wf-menu, .wf-search, [role=dialog], [role=menu]";
/** Left to React Flow, which listens for them on the document. */
const SHARED = new Set(["Shift", "Control", "Meta", "Alt", " "]);

function targetOf(event: Event): Element | null {
  const [first] = event.composedPath();
  return first instanceof Element ? first : null;
}

/** Whether an event happened on the canvas itself. */
export function isOnCanvas(event: Event): boolean {
  const target = targetOf(event);
  return target !== null && target.closest(FIELDS) === null && target.closest(OWN) === null;
}

/** Listen to keys within the root. `keepsKeys`: no key may reach the page around (a notebook has keys of its own). */
export function listenToKeys(root: HTMLElement, parts: CanvasParts, keepsKeys: boolean): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (!event.defaultPrevented) handle(event);
    if (keepsKeys && !SHARED.has(event.key)) event.stopPropagation();
  };
  const handle = (event: KeyboardEvent) => {
    const target = targetOf(event);
    const isFree = isOnCanvas(event);
    if (event.key === "Escape" && isFree) {
      escape(parts);
      return;
    }
    // A focused button takes Enter and Space; a focused node opens.
    if (isFree && target?.closest("button, a") !== null && (event.key === "Enter" || event.key === " " || event.key === "Tab")) return;
    if (isFree) takeFocusedNode(target, parts);
    const command = COMMANDS.find((one) => (isFree || one.isGlobal === true) && one.keys?.some((keys) => isPressed(event, keys)) === true);
    if (command === undefined || !isEnabled(command, parts)) return;
    // Tab leaves the canvas unless a node is selected or the canvas itself has the focus.
    event.preventDefault();
    event.stopPropagation();
    command.run(parts);
  };
  root.addEventListener("keydown", onKeyDown);
  return () => { root.removeEventListener("keydown", onKeyDown); };
}

/** A key on a node that has the focus, by the Tab key, means that node. */
function takeFocusedNode(target: Element | null, { editor }: CanvasParts): void {
  const id = target?.closest(".react-flow__node")?.getAttribute("data-id");
  if (typeof id === "string" && !editor.selection.get().has(id)) editor.select([id]);
}

function escape({ editor, state }: CanvasParts): void {
  if (state.menu.get() !== null) state.menu.set(null);
  else if (state.picker.get() !== null) state.picker.set(null);
  else {
    editor.select([]);
    state.selectedEdges.set(new Set());
  }
}
