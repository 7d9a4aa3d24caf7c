/** Values many cards read, computed once for all of them: problems by node, why nodes wait, which ports are connected. */
import { problemsByNode } from "../model/checker";
import type { WorkflowEditor } from "../model/editor";
import { Observable } from "../model/observable";
import type { Unsubscribe } from "../model/observable";
import { endingOf, isOver, waitingFor } from "../model/runs";
import type { Edge, PortInfo, Problem } from "../model/types";

export class Derived {
  readonly problems: Observable<ReadonlyMap<string, readonly Problem[]>>;
  readonly waits = new Observable<ReadonlyMap<string, string>>(new Map());

  private isGoingOn = false;

  constructor(
    private readonly editor: WorkflowEditor,
    /** Tells screen readers. */
    private readonly say: (text: string) => void,
  ) {
    this.problems = new Observable(problemsByNode(editor.problems.get()));
  }

  /** Keep the values fresh until what is given is called. */
  listen(): Unsubscribe {
    const leave = [
      this.editor.problems.subscribe(() => this.problems.set(problemsByNode(this.editor.problems.get()))),
      this.editor.execution.subscribe(() => this.updateWaits()),
      this.editor.execution.subscribe(() => this.tellEnd()),
    ];
    return () => {
      for (const one of leave) one();
    };
  }

  /** Who does not see the marks of nodes hears how a run ended. */
  private tellEnd(): void {
    const view = this.editor.execution.get();
    const wasGoingOn = this.isGoingOn;
    this.isGoingOn = view !== null && !view.is_past && !isOver(view);
    if (wasGoingOn && view !== null && !view.is_past && isOver(view)) this.say(endingOf(view));
  }

  private updateWaits(): void {
    const view = this.editor.execution.get();
    if (view === null) return;
    const titleOf = (id: string, name: string): string => {
      const node = this.editor.node(id);
      const port = node === undefined ? undefined : this.editor.ports(node).inputs.find((one) => one.name === name);
      return portTitle(port ?? { name, kind: "items", title: "" }).toLowerCase();
    };
    this.waits.set(waitingFor(view, this.editor.workflow.get(), titleOf));
  }
}

const connected = new WeakMap<readonly Edge[], ReadonlyMap<string, ReadonlySet<string>>>();

/** The output ports of a node that edges begin at. */
export function connectedOutputs(edges: readonly Edge[], node: string): ReadonlySet<string> | undefined {
  let found = connected.get(edges);
  if (found === undefined) {
    const sets = new Map<string, Set<string>>();
    for (const { source } of edges) {
      const set = sets.get(source.node);
      if (set === undefined) sets.set(source.node, new Set([source.port]));
      else set.add(source.port);
    }
    found = sets;
    connected.set(edges, found);
  }
  return found.get(node);
}

/** Whether a port's name is written beside it. */
export function isNamed(port: PortInfo, all: readonly PortInfo[]): boolean {
  return all.length > 1 || port.title !== "" || (port.name !== "main" && !/^(input|output)1$/.test(port.name));
}

/** What a port is called: `in_a_only` is "In a only", `input2` is "Input 2". */
export function portTitle(port: PortInfo): string {
  if (port.title !== "") return port.title;
  const words = port.name.replaceAll("_", " ").replace(/([a-z])(\d)/g, "$1 $2");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
