/** Pinning what a port sends: it stands in the node's place in manual runs. */
import { useEditor } from "../canvas/context";
import type { DataSource } from "../data";
import { isObject } from "../model/json";
import type { JsonObject, Node } from "../model/types";

export interface Pins {
  readonly of: (port: string) => readonly JsonObject[] | undefined;
  readonly set: (port: string, items: readonly JsonObject[]) => void;
  readonly clear: (port: string) => void;
  /** Pins what a source holds, as far as a document may carry it. */
  readonly take: (port: string, source: DataSource) => Promise<void>;
}

/** Pinned items travel with the document. */
const MOST = 1_000;
const MOST_LETTERS = 4_000_000;
const PAGE = 500;

export function usePins(node: Node): Pins {
  const editor = useEditor();
  const write = (pin: Node["pin"]) => { editor.apply({ type: "SetNodeField", node: node.id, field: "pin", value: pin }); };
  const set = (port: string, items: readonly JsonObject[]) => { write({ ...node.pin, [port]: items }); };
  return {
    of: (port) => node.pin?.[port],
    set,
    clear: (port) => {
      const rest = Object.fromEntries(Object.entries(node.pin ?? {}).filter(([name]) => name !== port));
      write(Object.keys(rest).length === 0 ? null : rest);
    },
    take: async (port, source) => {
      try {
        const { items, total } = await firstOf(source);
        if (JSON.stringify(items).length > MOST_LETTERS) {
          editor.notify("warning", "These items are too large to pin.", "Pin fewer of them: edit the data and remove some.");
          return;
        }
        set(port, items);
        if (items.length < total) editor.notify("info", `Pinned the first ${items.length} of ${total} items.`);
      } catch (error) {
        editor.notify("error", error instanceof Error ? error.message : "The data could not be pinned.");
      }
    },
  };
}

/** The objects of the first items. */
export async function firstOf(source: DataSource, most = MOST): Promise<{ readonly items: readonly JsonObject[]; readonly total: number }> {
  const items: JsonObject[] = [];
  let total = 0;
  do {
    const page = await source.load(items.length, Math.min(PAGE, most - items.length), "");
    total = page.total;
    items.push(...page.items.map((item) => (isObject(item.json) ? item.json : { value: item.json })));
    if (page.items.length === 0) break;
  } while (items.length < Math.min(total, most));
  return { items, total };
}
