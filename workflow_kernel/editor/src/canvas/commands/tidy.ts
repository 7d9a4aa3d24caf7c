/** Automatic layout of the selection, or of everything, by ELK in a worker. */
import { fromElk, toElk } from "../../model/layout";
import type { LayoutNode } from "../../model/layout";
import { elkEngine } from "../elk";
import type { CanvasParts } from "../useCanvas";

export async function tidy(parts: CanvasParts): Promise<void> {
  const { editor, actions, viewpoint, state } = parts;
  const workflow = editor.workflow.get();
  const selected = actions.nodesOf(editor.selection.get());
  const nodes = selected.length > 1 ? selected : Object.values(workflow.nodes);
  const boxes: LayoutNode[] = nodes.map((node) => ({ id: node.id, box: actions.placement.box(node), ports: actions.placement.ports(node) }));
  try {
    const answer = await elkEngine().layout(toElk(boxes, workflow.edges));
    // Somebody may have edited meanwhile; nodes that are gone are passed over by `move`.
    actions.move(fromElk(answer, boxes));
    if (selected.length <= 1) viewpoint.fit();
    state.say("Tidied up");
  } catch {
    editor.notify("error", "The layout could not be computed.", "Reload the page and try again.");
  }
}
