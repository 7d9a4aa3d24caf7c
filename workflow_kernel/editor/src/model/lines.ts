/** Two texts line by line: which lines are the same, which are gone, which are new. */

export interface Line {
  readonly text: string;
  readonly isSame: boolean;
}

export interface LinePair {
  readonly before: readonly Line[];
  readonly now: readonly Line[];
}

/** Longer texts are compared by their sets of lines: the table below would be too large. */
const MOST = 600;

export function compareLines(before: string, now: string): LinePair {
  const [a, b] = [before.split("\n"), now.split("\n")];
  if (a.length > MOST || b.length > MOST) {
    const [inA, inB] = [new Set(a), new Set(b)];
    return { before: a.map((text) => ({ text, isSame: inB.has(text) })), now: b.map((text) => ({ text, isSame: inA.has(text) })) };
  }
  const kept = common(a, b);
  return { before: a.map((text, index) => ({ text, isSame: kept.a.has(index) })), now: b.map((text, index) => ({ text, isSame: kept.b.has(index) })) };
}

/** The places of a longest row of lines both have in the same order. */
function common(a: readonly string[], b: readonly string[]): { readonly a: ReadonlySet<number>; readonly b: ReadonlySet<number> } {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const found = { a: new Set<number>(), b: new Set<number>() };
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      found.a.add(i);
      found.b.add(j);
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return found;
}
