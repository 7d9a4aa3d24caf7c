/** Where items come from, one page at a time: a run on the server, or data held here (pins). */
import type { ItemsPage, ItemsRequest, RunsClient } from "../client/client";
import type { Item, JsonObject } from "../model/types";

export interface DataSource {
  /** Another one for other data. */
  readonly key: string;
  /** For the addresses of attachments; null where there are none. */
  readonly execution: string | null;
  load(offset: number, limit: number, search: string): Promise<ItemsPage>;
}

/** The items a node run got or sent. `moment` tells versions of a run apart that is still going on. */
export function runSource(runs: RunsClient, request: Omit<ItemsRequest, "offset" | "limit" | "search">, moment = ""): DataSource {
  const { execution, node, run_index, side, port } = request;
  return {
    key: JSON.stringify([execution, node, run_index, side, port, moment]),
    execution,
    load: (offset, limit, search) => runs.loadItems({ ...request, offset, limit, ...(search === "" ? {} : { search }) }),
  };
}

/** Objects held here, shown like items. */
export function heldSource(objects: readonly JsonObject[], key: string): DataSource {
  const items = objects.map((json): Item => ({ json }));
  return {
    key,
    execution: null,
    load: (offset, limit, search) => {
      const wanted = search.toLowerCase();
      const found = search === "" ? items : items.filter((item) => JSON.stringify(item.json).toLowerCase().includes(wanted));
      return Promise.resolve({ items: found.slice(offset, offset + limit), offset, total: found.length, kind: "items" });
    },
  };
}
