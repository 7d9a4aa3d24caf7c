/** Whether two ports may be connected, and if not, why: the rules of `graph/validate_edges.py` for one new edge. */
import { makeEdge } from "./defaults";
import { reach } from "./topology";
import type { End, Node, NodeTypeInfo, PortInfo, PortKind, Ports, Workflow } from "./types";

/** What each kind of output may be sent to. */
const CONVERTS: Readonly<Record<PortKind, readonly PortKind[]>> = {
  items: ["items", "table", "any"],
  table: ["table", "items", "any"],
  object: ["object", "items", "table", "any"],
  any: ["any", "items", "table", "object"],
};

const KINDS: Readonly<Record<PortKind, string>> = { items: "items", table: "a table", object: "an object", any: "anything" };

export interface Lookup {
  readonly ports: (node: Node) => Ports;
  readonly info: (node: Node) => NodeTypeInfo | undefined;
}

export function fits(output: PortKind, input: PortKind): boolean {
  return CONVERTS[output].includes(input);
}

/** Why an edge cannot be drawn; null when it can. */
export function whyNot(workflow: Workflow, source: End, target: End, lookup: Lookup): string | null {
  const from = workflow.nodes[source.node];
  const to = workflow.nodes[target.node];
  if (from === undefined || to === undefined) return "One of the two nodes is gone.";
  const output = lookup.ports(from).outputs.find((port) => port.name === source.port);
  const input = lookup.ports(to).inputs.find((port) => port.name === target.port);
  if (output === undefined) return `'${from.name}' has no output '${source.port}'.`;
  if (input === undefined) return `'${to.name}' has no input '${target.port}'.`;
  const edge = makeEdge(source, target);
  if (workflow.edges.some((other) => other.id === edge.id)) return "These two ports are connected already.";
  if (!fits(output.kind, input.kind)) {
    return `${nameOf(output, "Output")} sends ${KINDS[output.kind]}, ${nameOf(input, "input")} takes ${KINDS[input.kind]}.`;
  }
  const ends = (node: Node): boolean => {
    const info = lookup.info(node);
    return info === undefined || info.is_loop || lookup.ports(node).outputs.length !== 1;
  };
  if (from.id === to.id) return ends(from) ? null : "The node would feed itself for ever. Lead it through a loop node.";
  return closesEndlessCycle(workflow, from, to, ends)
    ? "This would make a cycle that nothing ends. Lead it through a loop node or a condition."
    : null;
}

function nameOf(port: PortInfo, noun: string): string {
  return `${noun} '${port.title || port.name}'`;
}

/** Whether an edge from one node to another closes a cycle without a node that may end it. */
function closesEndlessCycle(workflow: Workflow, from: Node, to: Node, ends: (node: Node) => boolean): boolean {
  if (ends(from) || ends(to)) return false;
  const endless = workflow.edges.filter((edge) => {
    const node = workflow.nodes[edge.target.node];
    return node !== undefined && !ends(node);
  });
  return reach(endless, [to.id]).has(from.id);
}

/** The first input of a node that an output may be sent to. */
export function fittingInput(output: PortKind, ports: Ports, isTaken: (port: string) => boolean = () => false): PortInfo | undefined {
  const fitting = ports.inputs.filter((port) => fits(output, port.kind));
  return fitting.find((port) => !isTaken(port.name)) ?? fitting[0];
}

/** The first output of a node that may be sent to an input. */
export function fittingOutput(input: PortKind, ports: Ports): PortInfo | undefined {
  return ports.outputs.find((port) => port.name !== "error" && fits(port.kind, input));
}
