/** What the menu of a node offers in JupyterLab besides what the editor does itself: notebooks and forks. */
import type { JupyterFrontEnd } from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";
import type { EditorHandle, HostAction } from "../../../../workflow_kernel/editor/src/hosts/index";
import { ask } from "../service";

type Editor = EditorHandle["editor"];

export const EdgeCommands = {
  open: "workflow:open-edge",
  fork: "workflow:fork-from-node",
  compare: "workflow:compare-executions",
  putBack: "workflow:put-back",
  forkEdge: "workflow:fork-edge",
} as const;

/** What can be done with a node of an execution that an editor shows. */
export function nodeActions(app: JupyterFrontEnd, editor: Editor, node: string): readonly HostAction[] {
  const view = editor.execution.get();
  const isOver = view !== null && !["queued", "running"].includes(view.state);
  const execution = view?.id ?? "";
  return [
    { title: "Open its input in a notebook", isDisabled: view === null || view.nodes[node] === undefined, run: () => { void app.commands.execute(EdgeCommands.open, { execution, node }); } },
    {
      title: "Fork the execution from here", isDisabled: !isOver,
      run: () => { void fork(app, editor, execution, node).catch((error: unknown) => { editor.tell(error); }); },
    },
  ];
}

/** Run an execution again from a node on, with that node as the draft has it. */
async function fork(app: JupyterFrontEnd, editor: Editor, execution: string, node: string): Promise<void> {
  const document = await ask<{ nodes: Record<string, object> }>("GET", `/executions/${execution}/workflow`);
  const edited = (editor.toFlow().nodes as Record<string, object> | undefined)?.[node];
  const name = editor.workflow.get().nodes[node]?.name ?? node;
  const changed = edited === undefined ? document : { ...document, nodes: { ...document.nodes, [node]: edited } };
  const { id } = await ask<{ id: string }>("POST", `/executions/${execution}/fork`, { nodes: [name], document: changed });
  const workflow = editor.workflow.get();
  editor.showPast(null);
  editor.runner?.watch(id, workflow);
  Notification.info(`The execution runs again from ‘${name}’ on.`, {
    actions: [{ label: "Compare both", callback: () => { void app.commands.execute(EdgeCommands.compare, { first: execution, second: id }); } }], autoClose: 12_000,
  });
}
