/**
 * What stands above what in each layer. Order is meaning (branches run topmost first), so nodes keep theirs unless
 * another order lets fewer edges cross.
 */
import { arcsBy } from "./graph";
import type { Arc, Layered } from "./graph";

const SWEEPS = 12;
/** Sweeps in a row that may bring nothing. */
const PATIENCE = 4;

/** Put each layer into its order. */
export function orderLayers(graph: Layered): void {
  const count = graph.vertices.length;
  const out = arcsBy(graph.arcs, "from", count);
  const into = arcsBy(graph.arcs, "to", count);
  const place = new Float64Array(count);
  const number = (layer: readonly number[]): void => {
    layer.forEach((vertex, index) => { place[vertex] = index; });
  };
  firstOrder(graph, out, into);
  graph.layers.forEach(number);
  let best = graph.layers.map((layer) => [...layer]);
  let fewest = crossings(graph, out, place);
  for (let sweep = 0, idle = 0; sweep < SWEEPS && idle < PATIENCE && fewest > 0; sweep += 1) {
    const isForward = sweep % 2 === 0;
    const layers = isForward ? graph.layers : [...graph.layers].reverse();
    for (const layer of layers) {
      sortByNeighbours(layer, isForward ? into : out, isForward ? "from" : "to", place);
      number(layer);
    }
    exchangeNeighbours(graph, out, into, place);
    const now = crossings(graph, out, place);
    idle = now < fewest ? 0 : idle + 1;
    if (now >= fewest) continue;
    fewest = now;
    best = graph.layers.map((layer) => [...layer]);
  }
  best.forEach((layer, index) => { graph.layers[index] = layer; });
}

/** As a walk along the edges meets them, what stood higher first: trees come out without crossings. */
function firstOrder(graph: Layered, out: readonly Arc[][], into: readonly Arc[][]): void {
  const { vertices } = graph;
  const seen = new Uint8Array(vertices.length);
  const met: number[] = [];
  const byPlace = (a: number, b: number): number => (vertices[a]?.before ?? 0) - (vertices[b]?.before ?? 0);
  const roots = graph.layers.flat().filter((vertex) => into[vertex]?.length === 0).sort(byPlace);
  for (const root of roots) {
    const line = [root];
    for (let vertex = line.pop(); vertex !== undefined; vertex = line.pop()) {
      if (seen[vertex] === 1) continue;
      seen[vertex] = 1;
      met.push(vertex);
      const next = [...(out[vertex] ?? [])].sort((a, b) => byPlace(a.to, b.to) || a.fromOffset - b.fromOffset);
      line.push(...next.map((arc) => arc.to).reverse());
    }
  }
  const rank = new Map(met.map((vertex, index) => [vertex, index]));
  for (const layer of graph.layers) layer.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
}

/** Sort a layer by the middle of what its vertices are connected with; those without keep their place. */
function sortByNeighbours(layer: number[], arcs: readonly Arc[][], side: "from" | "to", place: Float64Array): void {
  const offset = side === "from" ? "fromOffset" : "toOffset";
  const middle = new Map<number, number>();
  layer.forEach((vertex, index) => {
    const own = arcs[vertex] ?? [];
    // Ports of one card stand below each other: a small share of a place keeps their order.
    const sum = own.reduce((total, arc) => total + (place[arc[side]] ?? 0) + Math.min(arc[offset] / 1000, 0.9), 0);
    middle.set(vertex, own.length === 0 ? index : sum / own.length);
  });
  layer.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0) || (place[a] ?? 0) - (place[b] ?? 0));
}

/** Exchange neighbours as long as that lets fewer of their own edges cross. */
function exchangeNeighbours(graph: Layered, out: readonly Arc[][], into: readonly Arc[][], place: Float64Array): void {
  for (const layer of graph.layers) {
    for (let index = 0; index + 1 < layer.length; index += 1) {
      const [upper, lower] = [layer[index] ?? 0, layer[index + 1] ?? 0];
      if (cost(upper, lower, out, into, place) <= cost(lower, upper, out, into, place)) continue;
      [layer[index], layer[index + 1]] = [lower, upper];
      place[lower] = index;
      place[upper] = index + 1;
    }
  }
}

/** How many edges of two vertices cross when one stands above the other. */
function cost(upper: number, lower: number, out: readonly Arc[][], into: readonly Arc[][], place: Float64Array): number {
  let found = 0;
  const key = (vertex: number, offset: number): number => (place[vertex] ?? 0) + Math.min(offset / 1000, 0.9);
  for (const a of out[upper] ?? []) for (const b of out[lower] ?? []) if (key(a.to, a.toOffset) > key(b.to, b.toOffset)) found += 1;
  for (const a of into[upper] ?? []) for (const b of into[lower] ?? []) if (key(a.from, a.fromOffset) > key(b.from, b.fromOffset)) found += 1;
  return found;
}

/** How many pairs of edges cross between neighbouring layers. */
function crossings(graph: Layered, out: readonly Arc[][], place: Float64Array): number {
  let total = 0;
  graph.layers.forEach((layer, index) => {
    const ends: number[] = [];
    for (const vertex of layer) {
      const arcs = [...(out[vertex] ?? [])].sort((a, b) => a.fromOffset - b.fromOffset || (place[a.to] ?? 0) - (place[b.to] ?? 0));
      for (const arc of arcs) ends.push(place[arc.to] ?? 0);
    }
    total += inversions(ends, graph.layers[index + 1]?.length ?? 0);
  });
  return total;
}

/** Pairs of which the first is larger, counted in a tree of sums. */
function inversions(values: readonly number[], most: number): number {
  const tree = new Uint32Array(most + 1);
  let found = 0;
  values.forEach((value, index) => {
    let notLarger = 0;
    for (let at = value + 1; at > 0; at -= at & -at) notLarger += tree[at] ?? 0;
    found += index - notLarger;
    for (let at = value + 1; at <= most; at += at & -at) tree[at] = (tree[at] ?? 0) + 1;
  });
  return found;
}
