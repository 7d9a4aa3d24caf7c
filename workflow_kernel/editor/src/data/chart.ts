/** The arithmetic of small charts: scales, ticks, histograms. No drawing here. */

export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Round numbers that span the values, about `wanted` of them. */
export function ticks(least: number, most: number, wanted = 5): number[] {
  if (!(most > least)) return [least];
  const rough = (most - least) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.floor(least / step);
  const last = Math.ceil(most / step);
  // Multiplied rather than added up, so that 0.30000000000000004 does not show.
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

export function histogram(values: readonly number[], wanted = 20): Bin[] {
  if (values.length === 0) return [];
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  const one = [{ from: least, to: most, count: values.length }];
  if (least === most) return one;
  const edges = ticks(least, most, Math.min(wanted, Math.ceil(Math.sqrt(values.length)) + 1));
  const bins = edges.slice(1).map((to, index) => ({ from: edges[index] ?? to, to, count: 0 }));
  const width = (edges[1] ?? 1) - (edges[0] ?? 0);
  if (bins.length === 0 || !(width > 0)) return one; // Too close together for numbers that can be told apart.
  for (const value of values) {
    const at = Math.floor((value - (edges[0] ?? 0)) / width);
    const bin = bins[Math.max(0, Math.min(at, bins.length - 1))];
    if (bin !== undefined) bin.count += 1;
  }
  return bins;
}

/** At most `most` points that keep the highs and lows: of each stretch its least and its greatest. */
export function thinned(values: readonly number[], most: number): { readonly index: number; readonly value: number }[] {
  const all = values.map((value, index) => ({ index, value }));
  if (all.length <= most) return all;
  const size = Math.ceil(all.length / (most / 2));
  const kept: { index: number; value: number }[] = [];
  for (let start = 0; start < all.length; start += size) {
    const stretch = all.slice(start, start + size);
    const low = stretch.reduce((a, b) => (b.value < a.value ? b : a));
    const high = stretch.reduce((a, b) => (b.value > a.value ? b : a));
    kept.push(...(low.index === high.index ? [low] : low.index < high.index ? [low, high] : [high, low]));
  }
  return kept;
}

export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${trim(value / 1e9)}G`;
  if (size >= 1e6) return `${trim(value / 1e6)}M`;
  if (size >= 1e4) return `${trim(value / 1e3)}k`;
  return trim(value);
}

function trim(value: number): string {
  return String(Number(value.toPrecision(4)));
}
