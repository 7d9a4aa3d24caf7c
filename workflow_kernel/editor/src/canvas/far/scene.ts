/** Boxes and lines of the whole workflow for drawing on a bitmap (far view, minimap), and finding what is at a place. */
import type { WorkflowEditor } from "../../model/editor";
import { toView } from "../../model/geometry";
import type { Box } from "../../model/geometry";
import type { Placement } from "../../model/placement";
import type { View } from "../../model/store";
import type { Point, Workflow } from "../../model/types";

export interface SceneNode extends Box {
  readonly id: string;
  /** Name of the family's colour: a CSS variable without `var()`. */
  readonly color: string;
  readonly isDisabled: boolean;
}

export interface SceneEdge {
  readonly source: SceneNode;
  readonly target: SceneNode;
  /** How far down their cards the ends are. */
  readonly sourceOffset: number;
  readonly targetOffset: number;
}

export interface Scene {
  readonly nodes: readonly SceneNode[];
  readonly edges: readonly SceneEdge[];
  readonly byId: ReadonlyMap<string, SceneNode>;
}

const CELL = 400;

export class SceneBook {
  private kept: { readonly workflow: Workflow; readonly view: View; readonly ports: number; readonly scene: Scene } | null = null;
  private grid: { readonly scene: Scene; readonly cells: ReadonlyMap<string, readonly SceneNode[]> } | null = null;

  constructor(
    private readonly editor: WorkflowEditor,
    private readonly placement: Placement,
  ) {}

  get(): Scene {
    const workflow = this.editor.workflow.get();
    const view = this.editor.view.get();
    const ports = this.editor.portsVersion.get();
    if (this.kept?.workflow === workflow && this.kept.view === view && this.kept.ports === ports) return this.kept.scene;
    const scene = this.make(workflow, view);
    this.kept = { workflow, view, ports, scene };
    return scene;
  }

  /** The node at a place on the canvas. */
  at(point: Point): SceneNode | null {
    const cell = this.cells().get(`${Math.floor(point[0] / CELL)},${Math.floor(point[1] / CELL)}`) ?? [];
    for (let index = cell.length - 1; index >= 0; index -= 1) {
      const node = cell[index];
      if (node !== undefined && point[0] >= node.x && point[0] <= node.x + node.width && point[1] >= node.y && point[1] <= node.y + node.height) return node;
    }
    return null;
  }

  private make(workflow: Workflow, view: View): Scene {
    const byId = new Map<string, SceneNode>();
    for (const node of Object.values(workflow.nodes)) {
      const [x, y] = toView(node.position, view);
      const info = this.editor.infoOf(node);
      const family = info === undefined ? "other" : info.is_trigger ? "trigger" : info.family;
      byId.set(node.id, { id: node.id, x, y, ...this.placement.size(node), color: `--wf-family-${family}`, isDisabled: node.disabled });
    }
    const edges = workflow.edges.flatMap((edge): SceneEdge[] => {
      const [source, target] = [byId.get(edge.source.node), byId.get(edge.target.node)];
      const [from, to] = [workflow.nodes[edge.source.node], workflow.nodes[edge.target.node]];
      if (source === undefined || target === undefined || from === undefined || to === undefined) return [];
      const start = this.placement.portAt(from, "output", edge.source.port, [0, 0]);
      const end = this.placement.portAt(to, "input", edge.target.port, [0, 0]);
      return [{ source, target, sourceOffset: start?.[1] ?? source.height / 2, targetOffset: end?.[1] ?? target.height / 2 }];
    });
    return { nodes: [...byId.values()], edges, byId };
  }

  private cells(): ReadonlyMap<string, readonly SceneNode[]> {
    const scene = this.get();
    if (this.grid?.scene === scene) return this.grid.cells;
    const cells = new Map<string, SceneNode[]>();
    for (const node of scene.nodes) {
      for (let column = Math.floor(node.x / CELL); column <= Math.floor((node.x + node.width) / CELL); column += 1) {
        for (let row = Math.floor(node.y / CELL); row <= Math.floor((node.y + node.height) / CELL); row += 1) {
          const key = `${column},${row}`;
          const list = cells.get(key);
          if (list === undefined) cells.set(key, [node]);
          else list.push(node);
        }
      }
    }
    this.grid = { scene, cells };
    return cells;
  }
}
