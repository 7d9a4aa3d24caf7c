/**
 * How far down everything stands, after Brandes and Köpf: chains of vertices that can stand on one line become blocks,
 * blocks are packed, four times from each corner, and the middle of the four is taken. Lines are straight from port to
 * port, not from middle to middle.
 */
import { arcsBy } from "./graph";
import type { Arc, Layered } from "./graph";

export interface Gaps {
  /** Between two cards of a layer. */
  readonly node: number;
  /** Between a card or edge and an edge that passes. */
  readonly bend: number;
}

/** The top of each vertex. */
export function placeLayers(graph: Layered, gaps: Gaps): readonly number[] {
  const conflicts = innerConflicts(graph);
  const runs: number[][] = [];
  for (const isBackward of [false, true]) {
    for (const isUpward of [false, true]) runs.push(onePlacement(graph, gaps, conflicts, isBackward, isUpward));
  }
  alignRuns(graph, runs);
  return graph.vertices.map((_, vertex) => {
    const found = runs.map((run) => run[vertex] ?? 0).sort((a, b) => a - b);
    return ((found[1] ?? 0) + (found[2] ?? 0)) / 2;
  });
}

/** Edges that cross one between two bends: long edges stay straight, so these may not be lined up. */
function innerConflicts(graph: Layered): ReadonlySet<Arc> {
  const { vertices, layers } = graph;
  const into = arcsBy(graph.arcs, "to", vertices.length);
  const conflicts = new Set<Arc>();
  const isInner = (arc: Arc): boolean => vertices[arc.from]?.isBend === true && vertices[arc.to]?.isBend === true;
  for (let index = 1; index < layers.length; index += 1) {
    const place = new Map(layers[index - 1]?.map((vertex, at) => [vertex, at]));
    const layer = layers[index] ?? [];
    let [low, scanned] = [0, 0];
    layer.forEach((vertex, at) => {
      const inner = into[vertex]?.find(isInner);
      if (inner === undefined && at < layer.length - 1) return;
      const high = inner === undefined ? (layers[index - 1]?.length ?? 0) : (place.get(inner.from) ?? 0);
      for (; scanned <= at; scanned += 1) {
        for (const arc of into[layer[scanned] ?? 0] ?? []) {
          const from = place.get(arc.from) ?? 0;
          if ((from < low || from > high) && !isInner(arc)) conflicts.add(arc);
        }
      }
      low = high;
    });
  }
  return conflicts;
}

interface Blocks {
  readonly root: number[];
  /** How much lower than the top of its block's first vertex the top of each vertex is. */
  readonly shift: number[];
}

function onePlacement(graph: Layered, gaps: Gaps, conflicts: ReadonlySet<Arc>, isBackward: boolean, isUpward: boolean): number[] {
  const { vertices } = graph;
  const height = (vertex: number): number => vertices[vertex]?.height ?? 0;
  // Seen in a mirror, packing from the bottom is packing from the top.
  const layers = (isBackward ? [...graph.layers].reverse() : graph.layers).map((layer) => (isUpward ? [...layer].reverse() : layer));
  const blocks = makeBlocks(graph, layers, conflicts, isBackward, isUpward);
  const tops = pack(graph, layers, blocks, gaps);
  return vertices.map((_, vertex) => {
    const top = (tops[blocks.root[vertex] ?? 0] ?? 0) + (blocks.shift[vertex] ?? 0);
    return isUpward ? -(top + height(vertex)) : top;
  });
}

function makeBlocks(graph: Layered, layers: readonly number[][], conflicts: ReadonlySet<Arc>, isBackward: boolean, isUpward: boolean): Blocks {
  const { vertices } = graph;
  const [near, far] = isBackward ? (["from", "to"] as const) : (["to", "from"] as const);
  const arcs = arcsBy(graph.arcs, near, vertices.length);
  const root = vertices.map((_, vertex) => vertex);
  const shift = vertices.map(() => 0);
  const isTaken = new Uint8Array(vertices.length);
  const offsetOf = (arc: Arc, side: "from" | "to"): number => {
    const offset = side === "from" ? arc.fromOffset : arc.toOffset;
    return isUpward ? (vertices[arc[side]]?.height ?? 0) - offset : offset;
  };
  for (let index = 1; index < layers.length; index += 1) {
    const place = new Map(layers[index - 1]?.map((vertex, at) => [vertex, at]));
    let last = -1;
    for (const vertex of layers[index] ?? []) {
      const own = (arcs[vertex] ?? []).map((arc) => ({ arc, at: place.get(arc[far]) ?? 0 })).sort((a, b) => a.at - b.at || offsetOf(a.arc, far) - offsetOf(b.arc, far));
      const middle = (own.length - 1) / 2;
      for (const which of new Set([Math.floor(middle), Math.ceil(middle)])) {
        const found = own[which];
        if (found === undefined || root[vertex] !== vertex || isTaken[found.arc[far]] === 1 || found.at <= last || conflicts.has(found.arc)) continue;
        const other = found.arc[far];
        isTaken[other] = 1;
        root[vertex] = root[other] ?? other;
        shift[vertex] = (shift[other] ?? 0) + offsetOf(found.arc, far) - offsetOf(found.arc, near);
        last = found.at;
      }
    }
  }
  return { root, shift };
}

interface Link {
  readonly to: number;
  readonly least: number;
}

/** The top of each block, as high as what stands above allows, then as low as what stands below allows. */
function pack(graph: Layered, layers: readonly number[][], { root, shift }: Blocks, gaps: Gaps): number[] {
  const { vertices } = graph;
  const below = vertices.map((): Link[] => []);
  const above = vertices.map((): Link[] => []);
  for (const layer of layers) {
    for (let index = 1; index < layer.length; index += 1) {
      const [a, b] = [layer[index - 1] ?? 0, layer[index] ?? 0];
      const gap = vertices[a]?.isBend === true || vertices[b]?.isBend === true ? gaps.bend : gaps.node;
      const least = (vertices[a]?.height ?? 0) + gap + (shift[a] ?? 0) - (shift[b] ?? 0);
      const [upper, lower] = [root[a] ?? a, root[b] ?? b];
      below[upper]?.push({ to: lower, least });
      above[lower]?.push({ to: upper, least });
    }
  }
  const order = sorted(root, below, above);
  const tops = new Array<number>(vertices.length).fill(0);
  for (const block of order) {
    const own = above[block] ?? [];
    tops[block] = own.length === 0 ? 0 : own.reduce((most, link) => Math.max(most, (tops[link.to] ?? 0) + link.least), -Infinity);
  }
  for (const block of [...order].reverse()) {
    const own = below[block] ?? [];
    if (own.length > 0) tops[block] = Math.max(tops[block] ?? 0, own.reduce((least, link) => Math.min(least, (tops[link.to] ?? 0) - link.least), Infinity));
  }
  return tops;
}

/** Blocks in an order in which each follows those above it. */
function sorted(root: readonly number[], below: readonly Link[][], above: readonly Link[][]): readonly number[] {
  const open = above.map((links) => links.length);
  const order = root.flatMap((own, vertex) => (own === vertex && open[vertex] === 0 ? [vertex] : []));
  // The list grows while it is walked.
  for (const block of order) {
    for (const { to } of below[block] ?? []) {
      const left = (open[to] ?? 0) - 1;
      open[to] = left;
      if (left === 0) order.push(to);
    }
  }
  return order;
}

/** Move the four placements onto the smallest of them, those packed from the top by the top, the others by the bottom. */
function alignRuns(graph: Layered, runs: number[][]): void {
  const ends = runs.map((run) => {
    let [top, bottom] = [Infinity, -Infinity];
    graph.vertices.forEach((vertex, number) => {
      top = Math.min(top, run[number] ?? 0);
      bottom = Math.max(bottom, (run[number] ?? 0) + vertex.height);
    });
    return { top, bottom };
  });
  const smallest = ends.reduce((best, end) => (end.bottom - end.top < best.bottom - best.top ? end : best));
  runs.forEach((run, index) => {
    const end = ends[index] ?? smallest;
    const by = index % 2 === 0 ? smallest.top - end.top : smallest.bottom - end.bottom;
    run.forEach((top, vertex) => { run[vertex] = top + by; });
  });
}
