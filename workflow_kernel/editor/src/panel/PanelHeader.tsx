/** The top of the panel: what node this is, the nodes beside it, running up to it. */
import { useEffect, useRef, useState } from "react";
import { ChevronLeft, ChevronRight, Maximize2, PanelRight, Play, Square, X } from "lucide";
import type { IconNode } from "lucide";
import { useEditor, useReadable } from "../canvas/context";
import { Icon } from "../forms/parts/Icon";
import { Menu } from "../forms/parts/Menu";
import { isOver } from "../model/runs";
import type { Node, NodeTypeInfo } from "../model/types";
import { familyColor, iconOf } from "../theme/nodeIcons";
import { neighbours } from "./inputs";

interface PanelHeaderProps {
  readonly node: Node;
  readonly info: NodeTypeInfo | undefined;
  readonly titleId: string;
  readonly isDocked: boolean;
  /** Undefined where there is no room for the other way. */
  readonly onDock?: () => void;
  readonly onClose: () => void;
}

export function PanelHeader({ node, info, titleId, isDocked, onDock, onClose }: PanelHeaderProps) {
  const editor = useEditor();
  const workflow = useReadable(editor.workflow);
  const execution = useReadable(editor.execution);
  const isReadOnly = useReadable(editor.isReadOnly);
  const isLoaded = useReadable(editor.catalog.isLoaded);
  const { before, after } = neighbours(workflow, node.id);
  const isBusy = execution !== null && !execution.is_past && !isOver(execution);
  return (
    <header className="wf-panel-header">
      <Go icon={ChevronLeft} label="Node before" hint="Alt+Left" nodes={before} />
      <span className="wf-panel-tile" style={{ color: familyColor(info) }}><Icon icon={iconOf(info)} size={18} /></span>
      <div className="wf-panel-words">
        <Name node={node} titleId={titleId} isReadOnly={isReadOnly} />
        {info?.title !== node.name && <span className="wf-ellipsis wf-muted wf-small" title={node.type}>{info?.title ?? (isLoaded ? `${node.type} is not installed` : node.type)}</span>}
      </div>
      {editor.client.runs !== undefined && !isReadOnly && (
        isBusy ? (
          <button type="button" className="wf-button wf-panel-run" data-kind="danger" aria-label="Stop the run" onClick={() => void editor.stop()}><Icon icon={Square} size={14} /><span>Stop</span></button>
        ) : (
          <button type="button" className="wf-button wf-panel-run" data-kind="primary" aria-label="Run to here" title="Run this node and those before it that have no usable data (Ctrl+Enter)" onClick={() => void editor.run({ to: node.id })}>
            <Icon icon={Play} size={14} /><span>Run to here</span>
          </button>
        )
      )}
      {onDock !== undefined && (
        <button type="button" className="wf-icon-button" aria-label={isDocked ? "Show in the middle" : "Show at the side"} title={isDocked ? "Show in the middle" : "Show at the side"} onClick={onDock}>
          <Icon icon={isDocked ? Maximize2 : PanelRight} />
        </button>
      )}
      <Go icon={ChevronRight} label="Node after" hint="Alt+Right" nodes={after} />
      <button type="button" className="wf-icon-button" aria-label="Close the panel" title="Close (Esc)" onClick={onClose}><Icon icon={X} size={18} /></button>
    </header>
  );
}

function Go({ icon, label, hint, nodes }: { readonly icon: IconNode; readonly label: string; readonly hint: string; readonly nodes: readonly Node[] }) {
  const editor = useEditor();
  const [only] = nodes;
  const open = (node: Node) => {
    editor.select([node.id]);
    editor.open(node.id);
  };
  if (nodes.length > 1) {
    return <Menu label={label} className="wf-icon-button wf-panel-go" placement="below-start" items={nodes.map((node) => ({ label: node.name, onChoose: () => { open(node); } }))}><Icon icon={icon} size={18} /></Menu>;
  }
  const name = only === undefined ? label : `${label}: ${only.name}`;
  return (
    <button type="button" className="wf-icon-button wf-panel-go" aria-label={name} title={only === undefined ? `No ${label.toLowerCase()}` : `${only.name} (${hint})`} disabled={only === undefined} onClick={() => { if (only !== undefined) open(only); }}>
      <Icon icon={icon} size={18} />
    </button>
  );
}

function Name({ node, titleId, isReadOnly }: { readonly node: Node; readonly titleId: string; readonly isReadOnly: boolean }) {
  const editor = useEditor();
  const [typed, setTyped] = useState<string | null>(null);
  const [message, setMessage] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    setTyped(null);
    setMessage("");
  }, [node.id]);
  const isEditing = typed !== null;
  useEffect(() => {
    if (isEditing) input.current?.select();
  }, [isEditing]);
  const finish = () => {
    if (typed === null) return;
    const reason = editor.rename(node.id, typed);
    setMessage(reason ?? "");
    if (reason === null) setTyped(null);
  };
  if (typed === null) {
    return (
      <h2 id={titleId} className="wf-panel-name">
        {isReadOnly ? <span className="wf-ellipsis">{node.name}</span> : <button type="button" className="wf-ellipsis" title="Rename (F2)" data-rename onClick={() => { setTyped(node.name); }}>{node.name}</button>}
      </h2>
    );
  }
  return (
    <>
      <h2 id={titleId} className="wf-hidden">{node.name}</h2>
      <input
        ref={input} className="wf-input wf-panel-rename" value={typed} aria-label="Name of the node" aria-invalid={message !== "" || undefined} title={message} onBlur={() => { finish(); setTyped(null); }}
        onChange={(event) => { setTyped(event.target.value); setMessage(""); }}
        onKeyDown={(event) => {
          if (event.key === "Enter") finish();
          else if (event.key === "Escape") setTyped(null);
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      {message !== "" && <span className="wf-panel-refusal" role="alert">{message}</span>}
    </>
  );
}
