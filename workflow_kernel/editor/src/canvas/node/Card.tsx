/** A node on the canvas. Renders again only when its own node, run, problems or marks change. */
import { memo, useState } from "react";
import type { NodeProps } from "@xyflow/react";
import { Power, Repeat1, RotateCw, Pin, StickyNote, Zap } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { subtitleOf } from "../../model/summary";
import type { Node } from "../../model/types";
import { familyColor, iconOf } from "../../theme/nodeIcons";
import { useReadable, useSelected } from "../context";
import type { CardNode } from "../flow/flowNodes";
import { useCanvas } from "../useCanvas";
import { CardPorts } from "./CardPorts";
import { CardRows } from "./CardRows";
import { CardStatus } from "./CardStatus";
import { CardToolbar } from "./CardToolbar";
import { ProblemBadge } from "./ProblemBadge";
import { InlineName } from "./InlineName";
import { useRun } from "./useRun";

type CardProps = NodeProps<CardNode>;

function CardInner({ data, selected, dragging }: CardProps) {
  const { node, ports } = data;
  const { editor, actions, state } = useCanvas();
  const view = useReadable(editor.view);
  useReadable(editor.catalog.isLoaded);
  const run = useRun(node.id);
  const isStale = useSelected(editor.stale, (stale) => stale.has(node.id));
  const isEditing = useSelected(state.editing, (id) => id === node.id);
  const isDropTarget = useSelected(state.dropNode, (id) => id === node.id);
  const mark = useSelected(state.comparison, (comparison) => comparison?.found.marks.get(node.id));
  const [isHovered, setHovered] = useState(false);
  const info = editor.infoOf(node);
  const kind = info === undefined || node.name === info.title ? "" : info.title;
  // The detailed view lists what was set below.
  const subtitle = view === "detailed" && info !== undefined ? kind : subtitleOf(node, info);
  const isUnknown = info === undefined && editor.catalog.isLoaded.get();
  return (
    <div
      className="wf-node" data-view={view} data-state={run.state} data-selected={selected} data-trigger={info?.is_trigger} data-disabled={node.disabled}
      data-pinned={node.pin !== null} data-stale={isStale} data-unknown={isUnknown} data-drop={isDropTarget} data-mark={mark}
      style={{ "--wf-family": familyColor(info) } as React.CSSProperties}
      onMouseEnter={() => { setHovered(true); }} onMouseLeave={() => { setHovered(false); }}
    >
      <div className="wf-node-body">
        <span className="wf-node-tile"><Icon icon={iconOf(info)} size={view === "compact" ? 26 : 20} /></span>
        {info?.is_trigger === true && <span className="wf-node-bolt" title="Starts the workflow"><Icon icon={Zap} size={14} /></span>}
        <div className="wf-node-text">
          {isEditing ? (
            <InlineName value={node.name} label="Name of the node" onDone={(name) => finishRename(actions.editor, node, name, () => { state.editing.set(null); })} />
          ) : (
            <div className="wf-node-name" title={node.name}>{node.name}</div>
          )}
          {view !== "compact" && (subtitle !== "" || isMarked(node)) && (
            <div className="wf-node-sub">
              <span className="wf-ellipsis" title={subtitle}>{subtitle}</span>
              <CardMarks node={node} />
            </div>
          )}
        </div>
        {view === "detailed" && <CardRows node={node} info={info} />}
      </div>
      <CardPorts node={node} ports={ports} />
      <CardStatus node={node} run={run} isStale={isStale} />
      <ProblemBadge name={node.name} id={node.id} isUnknown={isUnknown} />
      {isHovered && !dragging && !isEditing && <CardToolbar node={node} />}
    </div>
  );
}

function finishRename(editor: { rename(id: string, name: string): string | null; notify(kind: "warning", text: string): void }, node: Node, name: string | null, close: () => void): void {
  const reason = name === null ? null : editor.rename(node.id, name);
  if (reason !== null) editor.notify("warning", reason);
  close();
}

function isMarked(node: Node): boolean {
  return node.pin !== null || node.disabled || node.retry.tries > 1 || node.execute_once || node.notes !== "";
}

/** Small marks of settings that change how the node runs. */
function CardMarks({ node }: { readonly node: Node }) {
  return (
    <span className="wf-node-marks">
      {node.pin !== null && <span title="Pinned data stand in its place in manual runs" data-kind="pin"><Icon icon={Pin} size={12} /></span>}
      {node.disabled && <span title="Disabled: the input passes through"><Icon icon={Power} size={12} /></span>}
      {node.retry.tries > 1 && <span title={`Tried up to ${node.retry.tries} times`}><Icon icon={RotateCw} size={12} /></span>}
      {node.execute_once && <span title="Only the first item"><Icon icon={Repeat1} size={12} /></span>}
      {node.notes !== "" && <span title={node.notes}><Icon icon={StickyNote} size={12} /></span>}
    </span>
  );
}

// Positions change with every picture of a drag; the wrapper moves, the card need not render.
export const Card = memo(CardInner, (a, b) => a.data === b.data && a.selected === b.selected && a.dragging === b.dragging);
