/**
 * The ports of placed nodes. Those of most types are known from the type; where they depend on the parameters the host
 * is asked, many nodes in one question, and until it answers the last known ones stand in.
 */
import type { HostClient, PortsRequest } from "../client/client";
import { isEqual } from "./json";
import { Observable } from "./observable";
import type { Readable } from "./observable";
import { ERROR_PORT } from "./types";
import type { Node, NodeTypeInfo, PortInfo, Ports } from "./types";

const ERROR: PortInfo = { name: ERROR_PORT, kind: "items", title: "Error" };
const NONE: Ports = { inputs: [], outputs: [], required: "any" };
/** Of a type that is not installed here: its edges show what it has. */
const UNKNOWN: Ports = {
  inputs: [{ name: "main", kind: "any", title: "" }],
  outputs: [{ name: "main", kind: "any", title: "" }],
  required: "any",
};
const MOST_KEPT = 2000;

export class PortBook {
  readonly version: Readable<number>;
  private readonly count = new Observable(0);
  private readonly answers = new Map<string, Ports | null>();
  private readonly asked = new Set<string>();
  private readonly last = new Map<string, Ports>();
  private readonly shown = new WeakMap<Node, { readonly at: number; readonly ports: Ports }>();
  private pending = new Map<string, PortsRequest>();

  constructor(
    private readonly client: Pick<HostClient, "loadPorts">,
    private readonly find: (node: Node) => NodeTypeInfo | undefined,
  ) {
    this.version = this.count;
  }

  /** The ports of a node, with the error port where it has one. */
  of(node: Node): Ports {
    const at = this.count.get();
    const known = this.shown.get(node);
    if (known?.at === at) return known.ports;
    const own = this.own(node);
    const ports = node.on_error === "branch" ? { ...own, outputs: [...own.outputs, ERROR] } : own;
    const kept = known !== undefined && isEqual(known.ports, ports) ? known.ports : ports;
    this.shown.set(node, { at, ports: kept });
    return kept;
  }

  /** Everything may be different: node types were loaded. */
  refresh(): void {
    this.count.update((count) => count + 1);
  }

  private own(node: Node): Ports {
    const info = this.find(node);
    if (info === undefined) return node.type === "" ? NONE : UNKNOWN;
    if (!info.has_own_ports) return info.ports;
    const key = JSON.stringify([node.type, node.version, node.parameters]);
    const answer = this.answers.get(key);
    if (answer !== undefined && answer !== null) {
      this.last.set(node.id, answer);
      return answer;
    }
    if (answer === undefined) this.ask(key, node);
    return this.last.get(node.id) ?? info.ports;
  }

  private ask(key: string, node: Node): void {
    if (this.asked.has(key)) return;
    this.asked.add(key);
    if (this.pending.size === 0) queueMicrotask(() => void this.send());
    this.pending.set(key, { type: node.type, version: node.version, parameters: node.parameters });
  }

  private async send(): Promise<void> {
    const asked = [...this.pending];
    this.pending = new Map();
    try {
      const answers = await this.client.loadPorts(asked.map(([, request]) => request));
      if (this.answers.size > MOST_KEPT) this.answers.clear();
      for (const [index, [key]] of asked.entries()) this.answers.set(key, answers[index] ?? null);
      this.refresh();
    } catch {
      // The host is away for now; the ports shown stay, and the next edit of the node asks again.
    } finally {
      for (const [key] of asked) this.asked.delete(key);
    }
  }
}
