/** The node types the host offers, loaded once. */
import type { HostClient } from "../client/client";
import { Observable } from "./observable";
import type { Catalog } from "./store";
import type { NodeTypeInfo } from "./types";

export class NodeCatalog implements Catalog {
  readonly types = new Observable<readonly NodeTypeInfo[]>([]);
  readonly isLoaded = new Observable(false);
  private readonly byKey = new Map<string, NodeTypeInfo>();
  private readonly newest = new Map<string, NodeTypeInfo>();

  async load(client: Pick<HostClient, "loadNodeTypes">): Promise<void> {
    for (const info of await client.loadNodeTypes()) {
      this.byKey.set(`${info.type}@${info.version}`, info);
      const other = this.newest.get(info.type);
      if (other === undefined || other.version < info.version) this.newest.set(info.type, info);
    }
    const types = [...this.newest.values()].sort((a, b) => a.family.localeCompare(b.family) || a.title.localeCompare(b.title));
    this.types.set(types);
    this.isLoaded.set(true);
  }

  find(type: string, version?: number): NodeTypeInfo | undefined {
    return version === undefined ? this.newest.get(type) : this.byKey.get(`${type}@${version}`);
  }
}
