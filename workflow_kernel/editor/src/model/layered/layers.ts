/** Which layer each node stands in: after everything that leads to it, edges that close cycles left out. */
import { arcsBy } from "./graph";
import type { Arc, Layered, LayoutNode, Vertex } from "./graph";

const BEND_HEIGHT = 8;

/** Arcs without those that lead back to a node they come from, walking from the nodes without inputs. */
export function withoutCycles(count: number, arcs: readonly Arc[]): readonly Arc[] {
  const out = arcsBy(arcs, "from", count);
  const into = arcsBy(arcs, "to", count);
  const numbers = Array.from({ length: count }, (_, number) => number);
  const roots = [...numbers.filter((number) => into[number]?.length === 0), ...numbers];
  const state = new Uint8Array(count);
  const back = new Set<Arc>();
  for (const root of roots) {
    if (state[root] !== 0) continue;
    state[root] = 1;
    const walk: { readonly node: number; next: number }[] = [{ node: root, next: 0 }];
    for (let top = walk.at(-1); top !== undefined; top = walk.at(-1)) {
      const arc = out[top.node]?.[top.next];
      top.next += 1;
      if (arc === undefined) {
        state[top.node] = 2;
        walk.pop();
      } else if (state[arc.to] === 1) back.add(arc);
      else if (state[arc.to] === 0) {
        state[arc.to] = 1;
        walk.push({ node: arc.to, next: 0 });
      }
    }
  }
  return arcs.filter((arc) => !back.has(arc));
}

/** The layer of each node: as early as possible, then moved towards what it leads to where that shortens edges. */
export function layersOf(count: number, arcs: readonly Arc[]): readonly number[] {
  const out = arcsBy(arcs, "from", count);
  const into = arcsBy(arcs, "to", count);
  const order = topological(count, out, into);
  const layer = new Array<number>(count).fill(0);
  for (const node of order) for (const arc of out[node] ?? []) layer[arc.to] = Math.max(layer[arc.to] ?? 0, (layer[node] ?? 0) + 1);
  for (const node of [...order].reverse()) {
    const following = out[node] ?? [];
    if (following.length <= (into[node]?.length ?? 0)) continue;
    layer[node] = Math.min(...following.map((arc) => layer[arc.to] ?? 0)) - 1;
  }
  const first = layer.reduce((least, one) => Math.min(least, one), Infinity);
  return layer.map((one) => one - first);
}

function topological(count: number, out: readonly Arc[][], into: readonly Arc[][]): readonly number[] {
  const open = into.map((arcs) => arcs.length);
  const order: number[] = [];
  for (let node = 0; node < count; node += 1) if (open[node] === 0) order.push(node);
  // The list grows while it is walked.
  for (const node of order) {
    for (const arc of out[node] ?? []) {
      const left = (open[arc.to] ?? 0) - 1;
      open[arc.to] = left;
      if (left === 0) order.push(arc.to);
    }
  }
  return order;
}

/** The layered graph: an edge over several layers passes a bend in each. */
export function makeLayered(nodes: readonly LayoutNode[], arcs: readonly Arc[], layerOf: readonly number[]): Layered {
  const vertices: Vertex[] = nodes.map((node) => ({
    height: node.box.height, width: node.box.width, isBend: false, before: node.box.y + node.box.height / 2,
  }));
  const layers = Array.from({ length: layerOf.reduce((most, one) => Math.max(most, one), -1) + 1 }, (): number[] => []);
  nodes.forEach((_, number) => layers[layerOf[number] ?? 0]?.push(number));
  const short: Arc[] = [];
  for (const arc of arcs) {
    const [start, end] = [layerOf[arc.from] ?? 0, layerOf[arc.to] ?? 0];
    let { from, fromOffset } = arc;
    for (let layer = start + 1; layer < end; layer += 1) {
      const share = (layer - start) / (end - start);
      const before = (vertices[arc.from]?.before ?? 0) * (1 - share) + (vertices[arc.to]?.before ?? 0) * share;
      const bend = vertices.push({ height: BEND_HEIGHT, width: 0, isBend: true, before }) - 1;
      layers[layer]?.push(bend);
      short.push({ from, to: bend, fromOffset, toOffset: BEND_HEIGHT / 2 });
      [from, fromOffset] = [bend, BEND_HEIGHT / 2];
    }
    short.push({ from, to: arc.to, fromOffset, toOffset: arc.toOffset });
  }
  return { vertices, layers, arcs: short };
}
