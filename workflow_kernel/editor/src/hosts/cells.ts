/**
 * The graph of a notebook's cells, to look at: the editor without anything that edits. What is known of the cells comes
 * from the Jupyter server (`workflow_kernel/interchange/cell_view.py`), how they stand from whoever shows this.
 */
import type { Theme } from "../canvas/EditorApp";
import type { HostClient, PortsRequest } from "../client/client";
import { HostError } from "../client/client";
import type { HostAction } from "../model/editor";
import { toDocument, sizeOf } from "../model/geometry";
import { layered } from "../model/layered";
import { IDLE } from "../model/runs";
import type { NodeRunView, View } from "../model/store";
import type { JsonObject, NodeTypeInfo, Point, PortInfo, Ports, Problem } from "../model/types";
import { mount } from "./standalone";
import type { EditorHandle } from "./standalone";

export interface CellProblem {
  readonly code: string;
  readonly message: string;
  readonly mend: string;
}

export interface CellShown {
  readonly id: string;
  readonly name: string;
  readonly uses: readonly string[];
  readonly gives: readonly string[];
  readonly is_unsure: boolean;
  readonly problems: readonly CellProblem[];
}

export interface CellEdge {
  readonly source: string;
  readonly target: string;
  /** The variable, or in parentheses what else one waits for the other for. */
  readonly port: string;
  readonly kind: "value" | "import" | "order" | "doubt";
}

/** A Markdown cell, and the code cell it stands above. */
export interface CellNote {
  readonly id: string;
  readonly text: string;
  readonly above: string | null;
}

export interface CellGraph {
  readonly cells: readonly CellShown[];
  readonly edges: readonly CellEdge[];
  readonly notes: readonly CellNote[];
}

/** How a cell stands. */
export type CellRun = Partial<Pick<NodeRunView, "state" | "started_at" | "seconds" | "message" | "error" | "run_index" | "runs">>;

export interface CellsOptions {
  readonly theme: Theme;
  readonly name: string;
  /** A cell was chosen here. */
  readonly onSelect: (cell: string) => void;
  /** A cell was double-clicked. */
  readonly onOpen: (cell: string) => void;
  readonly actions: (cell: string) => readonly HostAction[];
}

export interface CellsShown {
  readonly hasImports: boolean;
  readonly hasNotes: boolean;
}

const TYPE = "code.cell";
/** Beside a notebook there is little room; names of variables stand between the layers. */
const GAP = { layer: 112, node: 28, bend: 18, part: 40 };
const NOTE_HEIGHT = 40;
const NOTE_GAP = 8;

export class CellsView {
  private readonly handle: EditorHandle;
  private readonly client: CellsClient;
  private runs: ReadonlyMap<string, CellRun> = new Map();
  private last = "";
  private isSelecting = false;

  constructor(element: HTMLElement, private graph: CellGraph, private shown: CellsShown, private readonly options: CellsOptions) {
    element.classList.add("wf-cells");
    this.client = new CellsClient();
    this.handle = mount(element, this.client, { workflow: this.document("normal"), isReadOnly: true, theme: options.theme, isInJupyter: true, hasHeader: false, isReadable: true });
    const { editor } = this.handle;
    editor.hostActions = (node) => options.actions(node.id);
    editor.selection.subscribe(() => {
      const [id, more] = [...editor.selection.get()];
      if (!this.isSelecting && id !== undefined && more === undefined) options.onSelect(id);
    });
    editor.opened.subscribe(() => {
      const id = editor.opened.get();
      if (id === null) return;
      editor.open(null);
      options.onOpen(id);
    });
    editor.view.subscribe(() => { this.draw(); });
    this.draw();
  }

  /** The cells as they are now. */
  set(graph: CellGraph, shown: CellsShown): void {
    this.graph = graph;
    this.shown = shown;
    this.draw();
  }

  /** How the cells stand; those left out have not run. */
  setRuns(runs: ReadonlyMap<string, CellRun>, stale: ReadonlySet<string>): void {
    this.runs = runs;
    this.showRuns();
    this.handle.editor.setStale(stale);
  }

  /** A cell was chosen elsewhere. */
  select(cell: string | null): void {
    const { editor } = this.handle;
    const isThere = cell !== null && (Object.hasOwn(editor.draft.get().nodes, cell) || Object.hasOwn(editor.draft.get().notes, cell));
    this.isSelecting = true;
    editor.select(isThere ? [cell] : []);
    this.isSelecting = false;
    if (isThere) editor.reveal(cell);
  }

  setTheme(theme: Theme): void {
    this.handle.setTheme(theme);
  }

  destroy(): void {
    this.handle.destroy();
  }

  private document(view: View): JsonObject {
    const edges = this.graph.edges.filter((edge) => this.shown.hasImports || edge.kind !== "import");
    const notes = this.shown.hasNotes ? this.graph.notes : [];
    this.client.problems = this.graph.cells.flatMap(({ name, problems }) => problems.map((one): Problem => ({ ...one, node: name, field: "parameters.code", severity: "warning" })));
    return documentOf(this.options.name, { ...this.graph, edges, notes }, portsOf(this.graph.cells, edges), view);
  }

  private draw(): void {
    const { editor } = this.handle;
    const document = this.document(editor.view.get());
    const text = JSON.stringify(document);
    if (text === this.last) return;
    this.last = text;
    editor.setFromHost(document);
    this.showRuns();
  }

  private showRuns(): void {
    const { editor } = this.handle;
    if (editor.runner === null) return;
    const nodes = Object.fromEntries([...this.runs].map(([id, run]): [string, NodeRunView] => [id, { ...IDLE, ...run }]));
    editor.runner.execution.set({ id: "cells", state: "running", started_at: 0, seconds: null, error: null, nodes, workflow: editor.draft.get(), is_past: false });
  }
}

function portsOf(cells: readonly CellShown[], edges: readonly CellEdge[]): ReadonlyMap<string, Ports> {
  const port = (name: string): PortInfo => ({ name, kind: "any", title: name });
  const named = (names: Iterable<string>): readonly PortInfo[] => [...new Set(names)].sort().map(port);
  return new Map(cells.map(({ id }): [string, Ports] => [id, {
    inputs: named(edges.filter((edge) => edge.target === id).map((edge) => edge.port)),
    outputs: named(edges.filter((edge) => edge.source === id).map((edge) => edge.port)),
    required: "all",
  }]));
}

/** The cells as a workflow, laid out. */
function documentOf(name: string, { cells, edges, notes }: CellGraph, ports: ReadonlyMap<string, Ports>, view: View): JsonObject {
  const none: Ports = { inputs: [], outputs: [], required: "all" };
  const above = new Map<string, CellNote[]>();
  for (const note of notes) if (note.above !== null) above.set(note.above, [...(above.get(note.above) ?? []), note]);
  const roomAbove = (id: string): number => (above.get(id)?.length ?? 0) * (NOTE_HEIGHT + NOTE_GAP);
  const boxes = cells.map(({ id }, index) => {
    const own = ports.get(id) ?? none;
    const size = sizeOf(own, view);
    return { id, ports: own, box: { x: 0, y: index, width: size.width, height: size.height + roomAbove(id) } };
  });
  const drawn = edges.map(({ source, target, port }) => ({ id: `${source} ${target} ${port}`, source: { node: source, port }, target: { node: target, port } }));
  const places = layered(boxes, drawn, GAP);
  const width = sizeOf(none, view).width;
  const at = (point: Point): [number, number] => [...toDocument(point, view)];
  const nodes = cells.map((cell): [string, JsonObject] => {
    const [x, y] = places.get(cell.id) ?? [0, 0];
    const own = ports.get(cell.id) ?? none;
    // What is said of a cell stands here as well, so that the editor asks for it again when it is another.
    const said = cell.problems.map((problem) => problem.message);
    const parameters = { inputs: own.inputs.map((port) => port.name), outputs: own.outputs.map((port) => port.name), said };
    return [cell.id, { name: cell.name, type: TYPE, parameters, position: at([x, y + roomAbove(cell.id)]) }];
  });
  const bottom = Math.max(0, ...boxes.map(({ id, box }) => (places.get(id)?.[1] ?? 0) + box.height));
  const notesAt = notes.map((note, index): [string, JsonObject] => {
    const beside = above.get(note.above ?? "")?.indexOf(note) ?? index;
    const [x, y] = places.get(note.above ?? "") ?? [0, bottom + NOTE_HEIGHT];
    return [note.id, { text: headline(note.text), position: at([x, y + beside * (NOTE_HEIGHT + NOTE_GAP)]), size: at([width, NOTE_HEIGHT]), color: "grey" }];
  });
  return {
    format: "workflow/1", name, nodes: Object.fromEntries(nodes), notes: Object.fromEntries(notesAt),
    edges: edges.map(({ source, target, port }) => ({ source: [source, port], target: [target, port] })),
  };
}

/** The first line that says something, without the marks of a heading. */
function headline(text: string): string {
  const lines = text.split("\n").map((line) => line.replace(/^#+\s*/, "").trim());
  return lines.find((line) => line !== "" && !line.startsWith("![")) ?? "";
}

const INFO: NodeTypeInfo = {
  type: TYPE, version: 1, title: "Cell", description: "A cell of the notebook.", family: "code", icon: "square-terminal", keywords: [],
  ports: { inputs: [], outputs: [], required: "all" }, has_own_ports: true, is_trigger: false, is_loop: false, is_pure: false,
  parameters: { type: "object", properties: {} }, credentials: [],
};

/** Answers what the editor asks of a host, from what was told of the cells. Nothing runs here. */
class CellsClient implements HostClient {
  problems: readonly Problem[] = [];
  readonly runs = {
    start: () => Promise.reject(new HostError("Cells run in the notebook.")),
    stop: () => Promise.resolve(),
    subscribe: () => () => undefined,
    loadItems: () => Promise.reject(new HostError("Cells run in the notebook.")),
    loadLogs: () => Promise.resolve([]),
    attachmentUrl: () => Promise.resolve(""),
  };

  loadNodeTypes(): Promise<readonly NodeTypeInfo[]> {
    return Promise.resolve([INFO]);
  }

  loadPorts(requests: readonly PortsRequest[]): Promise<readonly Ports[]> {
    const named = (names: unknown): readonly PortInfo[] => (Array.isArray(names) ? names : []).map((name) => ({ name: String(name), kind: "any", title: String(name) }));
    return Promise.resolve(requests.map(({ parameters }) => ({ inputs: named(parameters.inputs), outputs: named(parameters.outputs), required: "all" })));
  }

  validate(): Promise<readonly Problem[]> {
    return Promise.resolve(this.problems);
  }

  importWorkflow(): Promise<never> {
    return Promise.reject(new HostError("Cells are added in the notebook."));
  }
}
