/** The ports of a card: where edges begin and end, their names, and a plus where nothing follows yet. */
import { useCallback } from "react";
import { Handle, Position } from "@xyflow/react";
import { Plus } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import { portOffsets } from "../../model/geometry";
import type { Node, PortInfo, Ports, Workflow } from "../../model/types";
import { useReadable, useSelected } from "../context";
import { connectedOutputs, isNamed, portTitle } from "../derived";
import { useCanvas } from "../useCanvas";

interface CardPortsProps {
  readonly node: Node;
  readonly ports: Ports;
}

const isSameSet = (a: ReadonlySet<string> | undefined, b: ReadonlySet<string> | undefined): boolean =>
  a === b || (a?.size === b?.size && [...(a ?? [])].every((one) => b?.has(one) === true));

export function CardPorts({ node, ports }: CardPortsProps) {
  const { editor, actions } = useCanvas();
  const view = useReadable(editor.view);
  const isReadOnly = useReadable(editor.isReadOnly);
  const select = useCallback((workflow: Workflow) => connectedOutputs(workflow.edges, node.id), [node.id]);
  const connected = useSelected(editor.workflow, select, isSameSet);
  const size = actions.placement.size(node);
  const inputs = portOffsets(ports.inputs.length, size, view);
  const outputs = portOffsets(ports.outputs.length, size, view);
  return (
    <>
      {ports.inputs.map((port, index) => (
        <Port key={`in ${port.name}`} node={node} port={port} side="input" offset={inputs[index] ?? 0} isNamed={isNamed(port, ports.inputs)} />
      ))}
      {ports.outputs.map((port, index) => (
        <Port key={`out ${port.name}`} node={node} port={port} side="output" offset={outputs[index] ?? 0} isNamed={isNamed(port, ports.outputs)} />
      ))}
      {!isReadOnly && ports.outputs.map((port, index) =>
        connected?.has(port.name) === true || port.name === "error" ? null : (
          <AddAfter key={`add ${port.name}`} node={node} port={port} offset={outputs[index] ?? 0} isNamed={isNamed(port, ports.outputs)} />
        ),
      )}
    </>
  );
}

interface PortProps {
  readonly node: Node;
  readonly port: PortInfo;
  readonly side: "input" | "output";
  readonly offset: number;
  readonly isNamed: boolean;
}

const KINDS = { items: "items", table: "a table", object: "an object", any: "anything" } as const;

function Port({ node, port, side, offset, isNamed: hasName }: PortProps) {
  const { actions } = useCanvas();
  const isInput = side === "input";
  const isLost = actions.placement.isLost(node, side, port.name);
  const title = isLost ? `'${port.name}' is no longer there. Reconnect or remove the edge.` : `${portTitle(port)}: ${isInput ? "takes" : "sends"} ${KINDS[port.kind]}`;
  return (
    <>
      <Handle
        id={port.name} type={isInput ? "target" : "source"} position={isInput ? Position.Left : Position.Right} style={{ top: offset }} title={title}
        className={`wf-port wf-port-${side}`} data-kind={port.kind} data-error={port.name === "error"} data-lost={isLost}
      />
      {hasName && <span className={`wf-port-name wf-port-name-${side}`} style={{ top: offset }} data-error={port.name === "error"} aria-hidden="true">{portTitle(port)}</span>}
    </>
  );
}

/** How wide a letter of a port's name is, about. */
const LETTER = 5.4;

/** A stub with a plus that opens the node picker for this port. */
function AddAfter({ node, port, offset, isNamed: hasName }: Omit<PortProps, "side">) {
  const { state, actions, viewpoint } = useCanvas();
  const open = (event: React.MouseEvent) => {
    event.stopPropagation();
    const at = viewpoint.toRoot(event.clientX, event.clientY);
    const point = actions.placement.portAt(node, "output", port.name) ?? [0, 0];
    state.picker.set({ place: "popup", at, flow: [point[0] + 200, point[1]], origin: { node: node.id, port: port.name, side: "output" }, edge: null });
  };
  // Behind the name, as long as that is.
  const stub = hasName ? Math.max(34, Math.min(Math.round(portTitle(port).length * LETTER) + 14, 124)) : 34;
  return (
    <button
      type="button" className="wf-add-after nodrag nopan" style={{ top: offset, "--wf-stub": `${stub}px` } as React.CSSProperties} tabIndex={-1}
      aria-label={`Add a node after ${node.name}, ${portTitle(port)}`} title="Add a node (Tab)" onClick={open}
    >
      <Icon icon={Plus} size={14} />
    </button>
  );
}
