/** Everything that can be done, found by typing; nodes on the canvas as well. */
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { Search } from "lucide";
import type { IconNode } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { search } from "../../model/search";
import { iconOf } from "../../theme/nodeIcons";
import { COMMANDS, isEnabled } from "../commands";
import { shownKeys } from "../commands/command";
import { familyTitle } from "../families";
import { noteRecent } from "../recent";
import { useReadable } from "../context";
import { useCanvas } from "../useCanvas";
import type { CanvasParts } from "../useCanvas";
import { firstLine } from "./NodePicker";
import { Overlay } from "./Overlay";

interface Row {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly icon?: IconNode | undefined;
  readonly keys?: string | undefined;
  readonly keywords: readonly string[];
  readonly run: () => void;
}

const MOST = 60;

export function CommandPalette() {
  const parts = useCanvas();
  const { state, editor } = parts;
  const types = useReadable(editor.catalog.types);
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const prefix = useId();
  const list = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => rowsOf(parts), [parts, types]); // eslint-disable-line react-hooks/exhaustive-deps -- the catalog is read inside
  const found = useMemo(() => {
    const shown = query.trim() === "" ? rows.filter((row) => row.id.startsWith("command ")) : search(query, rows, (row) => ({ title: row.title, keywords: row.keywords, description: row.about }));
    return shown.slice(0, MOST);
  }, [rows, query]);
  useEffect(() => { setActive(0); }, [query]);
  useEffect(() => { list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }); }, [active]);
  const close = () => { state.dialog.set(null); };
  const choose = (row: Row | undefined) => {
    if (row === undefined) return;
    close();
    row.run();
  };
  return (
    <Overlay label="All commands" onClose={close} className="wf-commands">
      <div
        className="wf-chooser-search"
        onKeyDown={(event) => {
          const move = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
          if (move !== 0) setActive((now) => (now + move + found.length) % Math.max(found.length, 1));
          else if (event.key === "Enter") choose(found[active]);
          else return;
          event.preventDefault();
        }}
      >
        <Icon icon={Search} size={16} />
        <input
          data-autofocus value={query} placeholder="Type a command, a node to add or to go to" aria-label="Search commands and nodes" role="combobox" aria-expanded="true"
          aria-controls={`${prefix}list`} aria-activedescendant={found[active] === undefined ? undefined : `${prefix}${active}`}
          onChange={(event) => { setQuery(event.currentTarget.value); }}
        />
      </div>
      <div ref={list} className="wf-chooser-list wf-scroll" role="listbox" id={`${prefix}list`} aria-label="Commands" tabIndex={-1}>
        {found.map((row, index) => (
          <div
            key={row.id} id={`${prefix}${index}`} className="wf-command" role="option" aria-selected={index === active}
            onPointerMove={() => { setActive(index); }} onClick={() => { choose(row); }}
          >
            <span className="wf-menu-icon">{row.icon !== undefined && <Icon icon={row.icon} size={15} />}</span>
            <span className="wf-ellipsis wf-command-title">{row.title}</span>
            <span className="wf-ellipsis wf-command-about">{row.about}</span>
            {row.keys !== undefined && <kbd className="wf-kbd">{row.keys}</kbd>}
          </div>
        ))}
        {found.length === 0 && <p className="wf-chooser-none">Nothing found for “{query}”.</p>}
      </div>
    </Overlay>
  );
}

function rowsOf(parts: CanvasParts): readonly Row[] {
  const { editor, actions, viewpoint } = parts;
  const commands = COMMANDS.filter((command) => command.isKeyOnly !== true && isEnabled(command, parts)).map((command): Row => {
    const [keys] = command.keys ?? [];
    return {
      id: `command ${command.id}`, title: command.title, about: command.group, icon: command.icon, keys: keys === undefined ? undefined : shownKeys(keys),
      keywords: command.keywords ?? [], run: () => { command.run(parts); },
    };
  });
  const nodes = Object.values(editor.workflow.get().nodes).map((node): Row => ({
    id: `node ${node.id}`, title: `Go to ${node.name}`, about: editor.infoOf(node)?.title ?? node.type, icon: iconOf(editor.infoOf(node)), keywords: [node.name],
    run: () => {
      editor.select([node.id]);
      viewpoint.goTo(node.id);
    },
  }));
  const types = editor.isReadOnly.get() ? [] : editor.catalog.types.get().filter((info) => info.type !== "flow.placeholder").map((info): Row => ({
    id: `type ${info.type}`, title: `Add ${info.title}`, about: `${familyTitle(info.family)}: ${firstLine(info)}`, icon: iconOf(info), keywords: [info.title, ...info.keywords],
    run: () => {
      noteRecent(info.type);
      const id = actions.add(info, viewpoint.middle());
      if (id !== null) viewpoint.reveal(id);
    },
  }));
  return [...commands, ...nodes, ...types];
}
