/** Nodes of a document by id, as the API names them by name. */
import { isObject } from "../model/json";
import type { FlowDocument } from "./client";

/** The name of every node, by its id. */
export function toNodeNames(document: FlowDocument): ReadonlyMap<string, string> {
  const nodes = isObject(document.nodes) ? document.nodes : {};
  const entries = Object.entries(nodes).map(([id, node]): [string, string] => {
    const name = isObject(node) ? node.name : undefined;
    return [id, typeof name === "string" ? name : id];
  });
  return new Map(entries);
}
