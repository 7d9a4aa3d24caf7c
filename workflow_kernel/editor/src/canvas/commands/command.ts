/** What a command is: one thing that can be done, found by key, by the command palette and in menus. */
import type { IconNode } from "lucide";
import type { CanvasParts } from "../useCanvas";

export interface Command {
  readonly id: string;
  readonly title: string;
  readonly group: "Add" | "Edit" | "Arrange" | "View" | "Run" | "Workflow" | "Move around";
  readonly icon?: IconNode;
  /** Such as `Mod+Z` (Ctrl, or Cmd on a Mac), `Shift+S`, `Tab`, `?`. */
  readonly keys?: readonly string[];
  readonly keywords?: readonly string[];
  /** Whether it works while the pointer is in a text field. */
  readonly isGlobal?: boolean;
  /** Left out of the command palette: of use by key only. */
  readonly isKeyOnly?: boolean;
  isEnabled?(parts: CanvasParts): boolean;
  run(parts: CanvasParts): void;
}

export const isMac = (): boolean => typeof navigator !== "undefined" && /Mac OS|iPhone|iPad/.test(navigator.userAgent);

/** Whether a key press is a combination such as `Mod+Shift+Z`. */
export function isPressed(event: KeyboardEvent, combination: string): boolean {
  const parts = combination.split("+");
  const key = parts.at(-1) === "" ? "+" : (parts.at(-1) ?? "");
  const has = (name: string): boolean => parts.slice(0, -1).includes(name);
  const isMod = isMac() ? event.metaKey : event.ctrlKey;
  if (has("Mod") !== isMod || has("Alt") !== event.altKey) return false;
  const isLetter = /^[A-Za-z]$/.test(key);
  const isSign = key.length === 1 && !isLetter;
  // Signs are where the keyboard has them, with or without Shift.
  if (!isSign && has("Shift") !== event.shiftKey) return false;
  // With Alt a Mac types other letters, so the key's place counts.
  if (isLetter) return event.key.toUpperCase() === key || (event.altKey && event.code === `Key${key}`);
  return event.key === key || (/^\d$/.test(key) && event.altKey && event.code === `Digit${key}`);
}

const SHOWN: Readonly<Record<string, string>> = {
  Delete: "Del", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc",
};

/** A combination as shown to people. */
export function shownKeys(combination: string): string {
  if (combination.endsWith("++") || combination === "+") return combination.replace(/\+$/, "+");
  const mac = isMac();
  const names = combination.split("+").map((part) => {
    if (part === "Mod") return mac ? "⌘" : "Ctrl";
    if (mac && part === "Shift") return "⇧";
    if (mac && part === "Alt") return "⌥";
    return SHOWN[part] ?? part;
  });
  return names.join(mac ? "" : "+");
}

export const canEdit = ({ editor }: CanvasParts): boolean => !editor.isReadOnly.get();
export const hasSelection = ({ editor }: CanvasParts): boolean => editor.selection.get().size > 0;

export function selectedNodes({ editor, actions }: CanvasParts) {
  return actions.nodesOf(editor.selection.get());
}

/** The one selected node. */
export function onlyNode(parts: CanvasParts) {
  const nodes = selectedNodes(parts);
  return nodes.length === 1 ? nodes[0] : undefined;
}
