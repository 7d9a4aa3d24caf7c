/** What expressions can be tried on before anything has run: items that are pinned. */
import { fromFlow } from "../model/flow";
import type { JsonObject } from "../model/types";
import type { FlowDocument } from "./client";

const MOST = 100;

/** `items` for the first input of a node that has any, and `nodes` by name. */
export function pinnedSample(document: FlowDocument, id: string): JsonObject {
  const workflow = fromFlow(document);
  const pinned = Object.values(workflow.nodes).filter((node) => node.id !== id && node.pin !== null);
  if (pinned.length === 0) return {};
  const items = workflow.edges.filter((edge) => edge.target.node === id).map(({ source }) => workflow.nodes[source.node]?.pin?.[source.port] ?? []).find((found) => found.length > 0);
  const nodes = pinned.map((node): [string, JsonObject[]] => [node.name, (Object.values(node.pin ?? {}).find((found) => found.length > 0) ?? []).slice(0, MOST)]);
  return { nodes: Object.fromEntries(nodes), ...(items === undefined ? {} : { items: items.slice(0, MOST) }) };
}
