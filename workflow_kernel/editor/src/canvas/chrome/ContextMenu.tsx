/** The menu under the right button (or a long press): what can be done with what is there. */
import { useEffect, useLayoutEffect, useRef } from "react";
import type { IconNode } from "lucide";
import { ClipboardPaste, Palette, Play, Plus, SquarePen, Trash2 } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { moveFocus } from "../../forms/parts/Menu";
import { commandOf, isEnabled } from "../commands";
import { pasteFromClipboard } from "../commands/clipboard";
import { shownKeys } from "../commands/command";
import { NOTE_COLORS } from "../node/NoteCard";
import { useReadable } from "../context";
import type { MenuTarget, OpenMenu } from "../state";
import { useCanvas } from "../useCanvas";
import type { CanvasParts } from "../useCanvas";

interface Entry {
  readonly title: string;
  readonly icon?: IconNode | undefined;
  readonly keys?: string | undefined;
  readonly isDisabled?: boolean;
  readonly isDanger?: boolean;
  readonly run: () => void;
}

type Line = Entry | "---" | { readonly colors: readonly string[]; readonly chosen: string; readonly choose: (color: string) => void };

export function ContextMenu() {
  const { state } = useCanvas();
  const menu = useReadable(state.menu);
  return menu === null ? null : <OpenedMenu key={`${menu.at[0]} ${menu.at[1]}`} menu={menu} />;
}

function OpenedMenu({ menu }: { readonly menu: OpenMenu }) {
  const parts = useCanvas();
  const { state, viewpoint } = parts;
  const box = useRef<HTMLDivElement>(null);
  const close = () => {
    state.menu.set(null);
    viewpoint.root?.focus({ preventScroll: true });
  };
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const room = viewpoint.size;
    element.style.left = `${Math.max(4, Math.min(menu.at[0], room.width - element.offsetWidth - 8))}px`;
    element.style.top = `${Math.max(4, Math.min(menu.at[1], room.height - element.offsetHeight - 8))}px`;
    element.querySelector<HTMLElement>("button:not(:disabled)")?.focus({ preventScroll: true });
  }, [menu, viewpoint]);
  useEffect(() => {
    const onPress = (event: Event) => {
      if (box.current !== null && !event.composedPath().includes(box.current)) state.menu.set(null);
    };
    document.addEventListener("pointerdown", onPress, true);
    return () => { document.removeEventListener("pointerdown", onPress, true); };
  }, [state]);
  const buttons = () => [...(box.current?.querySelectorAll<HTMLElement>("button:not(:disabled)") ?? [])];
  return (
    <div
      ref={box} className="wf-menu wf-context-menu wf-surface" role="menu" aria-label="Actions"
      onContextMenu={(event) => { event.preventDefault(); }}
      onKeyDown={(event) => {
        if (event.key === "Escape" || event.key === "Tab") {
          event.preventDefault();
          event.stopPropagation();
          close();
        } else moveFocus(event, buttons());
      }}
    >
      {linesOf(menu.target, parts).map((line, index) => {
        if (line === "---") return <div key={index} className="wf-menu-line" role="separator" />;
        if ("colors" in line) return <Colors key={index} line={line} onDone={close} />;
        return (
          <button
            key={index} type="button" role="menuitem" tabIndex={-1} className="wf-menu-item" data-kind={line.isDanger === true ? "danger" : undefined} disabled={line.isDisabled}
            onClick={() => {
              close();
              line.run();
            }}
          >
            <span className="wf-menu-icon">{line.icon !== undefined && <Icon icon={line.icon} size={14} />}</span>
            <span className="wf-menu-label">{line.title}</span>
            {line.keys !== undefined && <span className="wf-menu-hint">{line.keys}</span>}
          </button>
        );
      })}
    </div>
  );
}

function Colors({ line, onDone }: { readonly line: Exclude<Line, string | Entry>; readonly onDone: () => void }) {
  return (
    <div className="wf-menu-colors" role="group" aria-label="Colour">
      <Icon icon={Palette} size={14} />
      {line.colors.map((color) => (
        <button
          key={color} type="button" role="menuitemradio" aria-checked={color === line.chosen} aria-label={color} title={color} tabIndex={-1}
          style={{ background: `var(--wf-note-${color})` }}
          onClick={() => {
            line.choose(color);
            onDone();
          }}
        />
      ))}
    </div>
  );
}

function linesOf(target: MenuTarget, parts: CanvasParts): readonly Line[] {
  const { editor, actions, state } = parts;
  const of = (id: string, title?: string): Entry => {
    const command = commandOf(id);
    const [keys] = command.keys ?? [];
    return {
      title: title ?? command.title, icon: command.icon, keys: KEYS[id] ?? (keys === undefined ? undefined : shownKeys(keys)), isDisabled: !isEnabled(command, parts),
      isDanger: id === "remove", run: () => { command.run(parts); },
    };
  };
  switch (target.kind) {
    case "canvas":
      return [
        { title: "Add a node", icon: Plus, keys: "Tab", isDisabled: editor.isReadOnly.get(), run: () => { state.picker.set({ place: "popup", at: state.menu.get()?.at ?? parts.viewpoint.toRoot(...(parts.viewpoint.lastPointer ?? [0, 0])), flow: target.flow, origin: null, edge: null }); } },
        { title: "Add a sticky note", icon: commandOf("add-note").icon, keys: "Shift+S", isDisabled: editor.isReadOnly.get(), run: () => { actions.addNote(target.flow); } },
        { title: "Paste here", icon: ClipboardPaste, keys: shownKeys("Mod+V"), isDisabled: editor.isReadOnly.get(), run: () => { void pasteFromClipboard(parts, target.flow); } },
        "---", of("select-all"), of("tidy"), of("fit"), "---", of("run"), of("import"), of("export"),
      ];
    case "edge": {
      const { edge } = target;
      return [
        { title: "Insert a node", icon: Plus, isDisabled: editor.isReadOnly.get(), run: () => { state.picker.set({ place: "popup", at: parts.viewpoint.toRoot(...(parts.viewpoint.lastPointer ?? [0, 0])), flow: [0, 0], origin: null, edge }); } },
        { title: "Remove the connection", icon: Trash2, isDanger: true, isDisabled: editor.isReadOnly.get(), run: () => { actions.disconnect(edge); } },
      ];
    }
    case "note": {
      const note = editor.workflow.get().notes[target.id];
      return [
        { title: "Edit the text", icon: SquarePen, isDisabled: editor.isReadOnly.get(), run: () => { state.editing.set(target.id); } },
        { colors: NOTE_COLORS, chosen: note?.color === "" ? "yellow" : (note?.color ?? ""), choose: (color) => { if (note !== undefined) editor.apply({ type: "PutNote", note: { ...note, color } }); } },
        "---", of("duplicate"), of("copy"), of("remove"),
      ];
    }
    case "group":
      return [of("rename"), of("ungroup"), "---", of("copy"), of("duplicate")];
    case "nodes":
      return nodeLines(parts, of);
  }
}

const KEYS: Readonly<Record<string, string>> = { copy: shownKeys("Mod+C"), cut: shownKeys("Mod+X"), paste: shownKeys("Mod+V") };

function nodeLines(parts: CanvasParts, of: (id: string, title?: string) => Entry): readonly Line[] {
  const { editor, actions } = parts;
  const nodes = actions.nodesOf(editor.selection.get());
  const [node, more] = nodes;
  const isOne = node !== undefined && more === undefined;
  const isTrigger = isOne && editor.infoOf(node)?.is_trigger === true;
  const isOff = nodes.length > 0 && nodes.every((one) => one.disabled);
  const run: readonly Line[] = editor.runner === null || !isOne ? [] : [
    isTrigger
      ? { title: "Run from here", icon: Play, isDisabled: !isEnabled(commandOf("run"), parts), run: () => { void editor.run({ from: node.id }); } }
      : of("run-to", "Run to here"),
  ];
  const hosts: readonly Line[] = isOne ? editor.hostActions(node) : [];
  const many: readonly Line[] = [of("group"), of("ungroup"), "---", of("align-left"), of("align-middle"), of("distribute-horizontal"), of("distribute-vertical"), of("tidy", "Tidy up the selection")];
  const lines: readonly Line[] = [
    ...(isOne ? [of("open"), ...run, ...hosts, of("rename"), "---" as const] : []),
    of("disable", isOff ? "Enable" : "Disable"), ...(isOne ? [of("pin", node.pin === null ? "Pin the output" : "Unpin the output"), of("connect")] : []), "---",
    of("cut"), of("copy"), of("duplicate"), "---", ...(isOne ? [of("group", "Make a group"), of("extend-right")] : many), "---", of("remove"),
  ];
  return editor.isReadOnly.get() ? enabledOnly(lines) : lines;
}

/** Where nothing can be edited, only what can be done is listed. */
function enabledOnly(lines: readonly Line[]): readonly Line[] {
  const kept = lines.filter((line) => line === "---" || "colors" in line || line.isDisabled !== true);
  return kept.filter((line, index) => line !== "---" || (index > 0 && index < kept.length - 1 && kept[index - 1] !== "---"));
}
