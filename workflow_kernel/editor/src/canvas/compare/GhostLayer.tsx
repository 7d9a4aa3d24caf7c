/** Nodes and edges that the newer version has no more, drawn where they were. */
import { useMemo } from "react";
import { ViewportPortal } from "@xyflow/react";
import { Icon } from "../../forms/parts/Icon";
import { overlaps } from "../../model/geometry";
import type { Box } from "../../model/geometry";
import type { Edge, Node, Point, Workflow } from "../../model/types";
import type { Placement } from "../../model/placement";
import { familyColor, iconOf } from "../../theme/nodeIcons";
import { useReadable } from "../context";
import { courseOf } from "../flow/paths";
import { useCanvas } from "../useCanvas";

const GAP = 20;

export function GhostLayer() {
  const { editor, actions, state } = useCanvas();
  const comparison = useReadable(state.comparison);
  const compared = useReadable(state.compared);
  const workflow = useReadable(editor.workflow);
  const view = useReadable(editor.view);
  const isLoaded = useReadable(editor.catalog.isLoaded);
  const ports = useReadable(editor.portsVersion);
  const ghosts = useMemo(
    () => (comparison === null ? null : ghostsOf(comparison.found.removedNodes, comparison.found.removedEdges, workflow, actions.placement)),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- sizes depend on the view and on what is loaded
    [comparison, workflow, actions, view, isLoaded, ports],
  );
  if (ghosts === null) return null;
  return (
    <ViewportPortal>
      <svg className="wf-ghost-lines" aria-hidden="true">
        {ghosts.lines.map(({ id, path }) => <path key={id} className="wf-line" data-mark="removed" d={path} fill="none" />)}
      </svg>
      {ghosts.cards.map(({ node, box }) => {
        const info = editor.infoOf(node);
        return (
          <button
            key={node.id} type="button" className="wf-ghost nopan" data-view={view} data-selected={compared === node.id || undefined} title={`${node.name} was removed`}
            aria-label={`Removed: ${node.name}`} style={{ transform: `translate(${box.x}px, ${box.y}px)`, width: box.width, height: box.height, "--wf-family": familyColor(info) } as React.CSSProperties}
            onClick={(event) => {
              event.stopPropagation();
              editor.select([]);
              state.compared.set(node.id);
            }}
          >
            <span className="wf-node-tile"><Icon icon={iconOf(info)} size={view === "compact" ? 26 : 20} /></span>
            {view !== "compact" && <span className="wf-ghost-name wf-ellipsis">{node.name}</span>}
          </button>
        );
      })}
    </ViewportPortal>
  );
}

interface Ghosts {
  readonly cards: readonly { readonly node: Node; readonly box: Box }[];
  readonly lines: readonly { readonly id: string; readonly path: string }[];
}

function ghostsOf(nodes: readonly Node[], edges: readonly Edge[], workflow: Workflow, placement: Placement): Ghosts {
  const boxes = new Map<string, Box>();
  const taken = [...placement.boxes().values()];
  for (const node of nodes) {
    let box = placement.box(node);
    // What stands there now is not to be covered.
    for (let tries = 0; tries < 40 && taken.some((other) => overlaps(other, box)); tries += 1) box = { ...box, y: box.y + box.height + GAP };
    boxes.set(node.id, box);
    taken.push(box);
  }
  const gone = new Map(nodes.map((node) => [node.id, node]));
  const at = (id: string, side: "input" | "output", port: string): Point | null => {
    const node = workflow.nodes[id] ?? gone.get(id);
    if (node === undefined) return null;
    const box = boxes.get(id);
    const middle = box ?? placement.box(node);
    return placement.portAt(node, side, port, box === undefined ? undefined : [box.x, box.y]) ?? [side === "input" ? middle.x : middle.x + middle.width, middle.y + middle.height / 2];
  };
  const lines = edges.flatMap((edge) => {
    const [from, to] = [at(edge.source.node, "output", edge.source.port), at(edge.target.node, "input", edge.target.port)];
    return from === null || to === null ? [] : [{ id: edge.id, path: courseOf(from, to).path }];
  });
  return { cards: nodes.flatMap((node) => { const box = boxes.get(node.id); return box === undefined ? [] : [{ node, box }]; }), lines };
}
