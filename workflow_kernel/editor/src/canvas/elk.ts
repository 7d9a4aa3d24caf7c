/** ELK in a worker of its own, started when first asked for. Its script is part of the module: nothing is fetched. */
import ELK from "elkjs/lib/elk-api";
import script from "worker-text:elkjs/lib/elk-worker.min.js";
import type { LayoutEngine } from "../model/layout";

let engine: LayoutEngine | null = null;

export function elkEngine(): LayoutEngine {
  if (engine !== null) return engine;
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  engine = new ELK({ workerFactory: () => new Worker(url) });
  return engine;
}
