/**
 * Changes made to plain workflows: apply one to get a new workflow, invert one to get its undo. The rules are those of
 * `workflow_kernel/graph/change.py`. The shared document (`document.ts`) makes the same changes to its maps; the tests
 * hold the two together.
 */
import type { Change } from "./change";
import { isEqual, RefusedError, setAt, undoAt } from "./json";
import type { Edge, JsonObject, Node, Workflow } from "./types";

/** The workflow after a change. Throws `RefusedError` when the change does not fit. */
export function apply(workflow: Workflow, change: Change): Workflow {
  switch (change.type) {
    case "AddNode":
      return add(workflow, change.node, change.index);
    case "RemoveNode":
      return remove(workflow, change.node);
    case "Connect":
      return connect(workflow, change.edge, change.index);
    case "Disconnect":
      indexOf(workflow, change.edge);
      return { ...workflow, edges: workflow.edges.filter((edge) => edge.id !== change.edge.id) };
    case "MoveNode":
      return withNode(workflow, change.node, { position: change.position });
    case "RenameNode":
      return withNode(workflow, change.node, { name: change.name });
    case "SetParameter": {
      const parameters = setAt(found(workflow.nodes, change.node, "node").parameters, change.path, change.value);
      return withNode(workflow, change.node, { parameters: parameters as JsonObject });
    }
    case "SetNodeField":
      return withNode(workflow, change.node, { [change.field]: change.value });
    case "SetSettings":
      return { ...workflow, settings: change.settings };
    case "SetDetail":
      return { ...workflow, [change.field]: change.value };
    case "PutNote":
      return { ...workflow, notes: { ...workflow.notes, [change.note.id]: change.note } };
    case "RemoveNote":
      return { ...workflow, notes: without(workflow.notes, change.note, "note") };
    case "PutGroup":
      return { ...workflow, groups: { ...workflow.groups, [change.group.id]: change.group } };
    case "RemoveGroup":
      return { ...workflow, groups: without(workflow.groups, change.group, "group") };
    case "Changes":
      return change.changes.reduce(apply, workflow);
  }
}

/** The change that undoes a change. `workflow` is as it was before it. */
export function invert(workflow: Workflow, change: Change): Change {
  switch (change.type) {
    case "AddNode":
      return { type: "RemoveNode", node: change.node.id };
    case "RemoveNode":
      return restore(workflow, change.node);
    case "Connect":
      return { type: "Disconnect", edge: change.edge };
    case "Disconnect":
      return { type: "Connect", edge: change.edge, index: indexOf(workflow, change.edge) };
    case "MoveNode":
      return { ...change, position: found(workflow.nodes, change.node, "node").position };
    case "RenameNode":
      return { ...change, name: found(workflow.nodes, change.node, "node").name };
    case "SetParameter": {
      const [path, value] = undoAt(found(workflow.nodes, change.node, "node").parameters, change.path, change.value);
      return { type: "SetParameter", node: change.node, path, ...(value === undefined ? {} : { value }) };
    }
    case "SetNodeField":
      return { ...change, value: found(workflow.nodes, change.node, "node")[change.field] } as Change;
    case "SetSettings":
      return { ...change, settings: workflow.settings };
    case "SetDetail":
      return { ...change, value: workflow[change.field] } as Change;
    case "PutNote": {
      const note = workflow.notes[change.note.id];
      return note === undefined ? { type: "RemoveNote", note: change.note.id } : { type: "PutNote", note };
    }
    case "RemoveNote":
      return { type: "PutNote", note: found(workflow.notes, change.note, "note") };
    case "PutGroup": {
      const group = workflow.groups[change.group.id];
      return group === undefined ? { type: "RemoveGroup", group: change.group.id } : { type: "PutGroup", group };
    }
    case "RemoveGroup":
      return { type: "PutGroup", group: found(workflow.groups, change.group, "group") };
    case "Changes": {
      const undone: Change[] = [];
      let now = workflow;
      for (const part of change.changes) {
        undone.unshift(invert(now, part));
        now = apply(now, part);
      }
      return { type: "Changes", changes: undone };
    }
  }
}

export function found<T>(parts: Readonly<Record<string, T>>, id: string, noun: string): T {
  const part = Object.hasOwn(parts, id) ? parts[id] : undefined;
  if (part === undefined) throw new RefusedError(`There is no ${noun} with the id '${id}'.`, "It may have been removed by someone else.");
  return part;
}

function without<T>(parts: Readonly<Record<string, T>>, id: string, noun: string): Record<string, T> {
  found(parts, id, noun);
  return Object.fromEntries(Object.entries(parts).filter(([key]) => key !== id));
}

function withNode(workflow: Workflow, id: string, fields: Partial<Node>): Workflow {
  const node = { ...found(workflow.nodes, id, "node"), ...fields };
  return { ...workflow, nodes: { ...workflow.nodes, [id]: node } };
}

function add(workflow: Workflow, node: Node, index: number | undefined): Workflow {
  if (Object.hasOwn(workflow.nodes, node.id)) {
    throw new RefusedError(`There is a node with the id '${node.id}' already.`, "Give the new one another id.");
  }
  const entries = Object.entries(workflow.nodes);
  entries.splice(index ?? entries.length, 0, [node.id, node]);
  return { ...workflow, nodes: Object.fromEntries(entries) };
}

function remove(workflow: Workflow, id: string): Workflow {
  const nodes = without(workflow.nodes, id, "node");
  const groups = Object.entries(workflow.groups).map(([key, group]) => {
    const isMember = group.nodes.includes(id);
    return [key, isMember ? { ...group, nodes: group.nodes.filter((member) => member !== id) } : group] as const;
  });
  return { ...workflow, nodes, edges: workflow.edges.filter((edge) => !touches(edge, id)), groups: Object.fromEntries(groups) };
}

function restore(workflow: Workflow, id: string): Change {
  const node = found(workflow.nodes, id, "node");
  const edges = workflow.edges.flatMap((edge, index): Change[] => (touches(edge, id) ? [{ type: "Connect", edge, index }] : []));
  const groups = Object.values(workflow.groups).filter((group) => group.nodes.includes(id));
  return {
    type: "Changes",
    changes: [
      { type: "AddNode", node, index: Object.keys(workflow.nodes).indexOf(id) },
      ...edges,
      ...groups.map((group): Change => ({ type: "PutGroup", group })),
    ],
  };
}

function connect(workflow: Workflow, edge: Edge, index: number | undefined): Workflow {
  if (workflow.edges.some((other) => isEqual(other, edge))) {
    throw new RefusedError("These two ports are connected already.", "Draw the edge once.");
  }
  found(workflow.nodes, edge.source.node, "node");
  found(workflow.nodes, edge.target.node, "node");
  const edges = [...workflow.edges];
  edges.splice(index ?? edges.length, 0, edge);
  return { ...workflow, edges };
}

export function touches(edge: Edge, node: string): boolean {
  return edge.source.node === node || edge.target.node === node;
}

function indexOf(workflow: Workflow, edge: Edge): number {
  const index = workflow.edges.findIndex((other) => other.id === edge.id);
  if (index < 0) throw new RefusedError("There is no such edge.", "It may have been removed by someone else.");
  return index;
}
