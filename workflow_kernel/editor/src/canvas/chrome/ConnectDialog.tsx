/** Drawing an edge without a pointer: choose the output, then what it leads to. Ports that cannot be are told why. */
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { Search } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { search } from "../../model/search";
import type { End, Node, PortInfo } from "../../model/types";
import { iconOf } from "../../theme/nodeIcons";
import { onlyNode } from "../commands/command";
import { portTitle } from "../derived";
import { useCanvas } from "../useCanvas";
import type { CanvasParts } from "../useCanvas";
import { Overlay, OverlayHeader } from "./Overlay";

interface Target {
  readonly node: Node;
  readonly port: PortInfo;
  readonly title: string;
  readonly reason: string | null;
}

export function ConnectDialog() {
  const parts = useCanvas();
  const { state } = parts;
  const node = onlyNode(parts);
  const close = () => { state.dialog.set(null); };
  useEffect(() => {
    if (node === undefined) state.dialog.set(null);
  }, [node, state]);
  return node === undefined ? null : <Choosing node={node} onClose={close} />;
}

function Choosing({ node, onClose }: { readonly node: Node; readonly onClose: () => void }) {
  const parts = useCanvas();
  const { editor, actions, state, viewpoint } = parts;
  const outputs = editor.ports(node).outputs;
  const [output, setOutput] = useState(outputs[0]?.name ?? "");
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const prefix = useId();
  const list = useRef<HTMLDivElement>(null);
  const all = useMemo(() => targetsOf(parts, { node: node.id, port: output }), [parts, node.id, output]);
  const found = useMemo(() => search(query, all, (one) => ({ title: one.title })), [all, query]);
  useEffect(() => { setActive(0); }, [query, output]);
  const shown = found[active];
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
    state.dropNode.set(shown?.node.id ?? null);
    if (shown !== undefined) viewpoint.reveal(shown.node.id);
    return () => { state.dropNode.set(null); };
  }, [shown, state, viewpoint]);
  const choose = (target: Target | undefined) => {
    if (target?.reason !== null) return;
    if (actions.connect({ node: node.id, port: output }, { node: target.node.id, port: target.port.name })) {
      state.say(`${node.name} connected with ${target.title}`);
      onClose();
    }
  };
  return (
    <Overlay label={`Connect ${node.name}`} onClose={onClose} className="wf-commands">
      <OverlayHeader title={`Connect ‘${node.name}’`} onClose={onClose}>
        {outputs.length > 1 && (
          <select className="wf-input wf-connect-output" aria-label="Output" value={output} onChange={(event) => { setOutput(event.currentTarget.value); }}>
            {outputs.map((port) => <option key={port.name} value={port.name}>{portTitle(port)}</option>)}
          </select>
        )}
      </OverlayHeader>
      <div
        className="wf-chooser-search"
        onKeyDown={(event) => {
          const move = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
          if (move !== 0) setActive((now) => (now + move + found.length) % Math.max(found.length, 1));
          else if (event.key === "Enter") choose(shown);
          else return;
          event.preventDefault();
        }}
      >
        <Icon icon={Search} size={16} />
        <input
          data-autofocus value={query} placeholder="Which node comes next?" aria-label="Search nodes to connect with" role="combobox" aria-expanded="true"
          aria-controls={`${prefix}list`} aria-activedescendant={shown === undefined ? undefined : `${prefix}${active}`} onChange={(event) => { setQuery(event.currentTarget.value); }}
        />
      </div>
      <div ref={list} className="wf-chooser-list wf-scroll" role="listbox" id={`${prefix}list`} aria-label="Inputs" tabIndex={-1}>
        {found.map((target, index) => (
          <div
            key={`${target.node.id} ${target.port.name}`} id={`${prefix}${index}`} className="wf-command" role="option" aria-selected={index === active} aria-disabled={target.reason !== null}
            onPointerMove={() => { setActive(index); }} onClick={() => { choose(target); }}
          >
            <span className="wf-menu-icon"><Icon icon={iconOf(editor.infoOf(target.node))} size={15} /></span>
            <span className="wf-ellipsis wf-command-title">{target.title}</span>
            {target.reason !== null && <span className="wf-ellipsis wf-command-about" title={target.reason}>{target.reason}</span>}
          </div>
        ))}
        {found.length === 0 && <p className="wf-chooser-none">There is no input to connect with.</p>}
      </div>
    </Overlay>
  );
}

function targetsOf({ editor, actions }: CanvasParts, source: End): readonly Target[] {
  const targets = Object.values(editor.workflow.get().nodes).flatMap((node) => {
    const { inputs } = editor.ports(node);
    return inputs.map((port): Target => ({
      node, port, title: inputs.length > 1 ? `${node.name}, ${portTitle(port).toLowerCase()}` : node.name, reason: actions.reason(source, { node: node.id, port: port.name }),
    }));
  });
  return targets.sort((a, b) => Number(a.reason !== null) - Number(b.reason !== null) || a.node.position[0] - b.node.position[0]);
}
