/** Pinning what a node gave in the last run, so that manual runs take it instead of running the node. */
import type { JsonObject } from "../../model/types";
import { isObject } from "../../model/json";
import type { CanvasParts } from "../useCanvas";
import { onlyNode } from "./command";

const MOST_ITEMS = 1000;

export async function togglePin(parts: CanvasParts): Promise<void> {
  const { editor, state } = parts;
  const node = onlyNode(parts);
  if (node === undefined) return;
  if (node.pin !== null) {
    if (editor.apply({ type: "SetNodeField", node: node.id, field: "pin", value: null })) state.say("Unpinned");
    return;
  }
  const view = editor.execution.get();
  const run = view?.nodes[node.id];
  const runs = editor.client.runs;
  if (view === null || run === undefined || runs === undefined || Object.keys(run.items).length === 0) {
    editor.notify("info", `'${node.name}' has no output yet.`, "Run it first; what it gave is then pinned.");
    return;
  }
  const pin: Record<string, readonly JsonObject[]> = {};
  try {
    for (const [port, count] of Object.entries(run.items)) {
      if (count === 0) continue;
      const page = await runs.loadItems({ execution: view.id, node: node.id, run_index: run.run_index, side: "output", port, offset: 0, limit: MOST_ITEMS });
      pin[port] = page.items.map((item) => (isObject(item.json) ? item.json : { value: item.json }));
      if (page.total > MOST_ITEMS) editor.notify("warning", `Only the first ${MOST_ITEMS.toLocaleString()} of ${page.total.toLocaleString()} items were pinned.`);
    }
  } catch (error) {
    editor.tell(error);
    return;
  }
  if (editor.apply({ type: "SetNodeField", node: node.id, field: "pin", value: pin })) state.say("Pinned");
}
