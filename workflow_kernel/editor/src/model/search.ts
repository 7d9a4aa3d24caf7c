/** Finding by a few typed letters: node types, commands, nodes on the canvas. The best first. */

export interface Searchable {
  readonly title: string;
  readonly keywords?: readonly string[];
  readonly description?: string;
}

/** How well a text fits what was typed; 0 when it does not. */
function score(query: string, text: string): number {
  const lowered = text.toLowerCase();
  if (lowered === query) return 100;
  if (lowered.startsWith(query)) return 80;
  if (new RegExp(`(^|[^\\p{L}\\p{N}])${escaped(query)}`, "u").test(lowered)) return 60;
  if (lowered.includes(query)) return 40;
  return isInitials(query, lowered) ? 30 : 0;
}

/** Whether the letters are those words begin with, in order: `hr` finds "HTTP request". */
function isInitials(query: string, lowered: string): boolean {
  const initials = lowered.split(/[^\p{L}\p{N}]+/u).map((word) => word.charAt(0)).join("");
  return query.length > 1 && initials.includes(query);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function scoreOf(words: readonly string[], one: Searchable): number {
  let total = 0;
  for (const word of words) {
    const best = Math.max(
      score(word, one.title),
      ...(one.keywords ?? []).map((keyword) => score(word, keyword) * 0.7),
      score(word, one.description ?? "") * 0.3,
    );
    if (best === 0) return 0;
    total += best;
  }
  return total;
}

/** Those that fit every word typed, the best first; all of them, as they stand, when nothing was typed. */
export function search<T>(query: string, all: readonly T[], read: (one: T) => Searchable): readonly T[] {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return all;
  const whole = words.join(" ");
  return all
    .map((one, index) => {
      const shown = read(one);
      const found = scoreOf(words, shown);
      return { one, index, score: found === 0 ? 0 : found + score(whole, shown.title) };
    })
    .filter((entry) => entry.score > 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map((entry) => entry.one);
}
