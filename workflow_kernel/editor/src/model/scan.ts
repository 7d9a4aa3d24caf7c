/**
 * Steps over strings, comments, regular expressions and brackets in code without parsing it. The same rules as
 * `workflow_kernel/expressions/parse.py`; used by `references.ts`.
 */

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const REGEX_BEFORE = new Set("(,=:[!&|?{};+-*%<>~^");
const REGEX_KEYWORDS = new Set(["return", "typeof", "case", "in", "of", "delete", "void", "instanceof", "new"]);
const LAST_WORD = /[\p{L}\p{N}_$]+\s*$/u;

/** The first position from `start` outside brackets, strings and comments where `isEnd` holds; -1 when there is none. */
export function matchEnd(code: string, start: number, isEnd: (at: number) => boolean): number {
  const open: string[] = [];
  let at = start;
  while (at < code.length) {
    if (open.length === 0 && isEnd(at)) return at;
    const skipped = skipOpaque(code, at, start);
    if (skipped >= 0) {
      at = skipped;
      continue;
    }
    const character = code.charAt(at);
    const closing = CLOSING[character];
    if (closing !== undefined) open.push(closing);
    else if (")]}".includes(character) && open.pop() !== character) return -1;
    at += 1;
  }
  return -1;
}

/** The end of the string, comment or regular expression that begins at `at`; -1 when none does. */
export function skipOpaque(code: string, at: number, start = 0): number {
  const character = code.charAt(at);
  if (character === "'" || character === '"') return skipString(code, at);
  if (character === "`") return skipTemplate(code, at);
  if (character !== "/") return -1;
  if (code.startsWith("//", at)) {
    const ends = [code.indexOf("\n", at), code.indexOf("}}", at)].filter((end) => end >= 0);
    return ends.length > 0 ? Math.min(...ends) : code.length;
  }
  if (code.startsWith("/*", at)) {
    const end = code.indexOf("*/", at + 2);
    return end < 0 ? -1 : end + 2;
  }
  return isRegexPlace(code, start, at) ? skipRegex(code, at) : -1;
}

export function skipString(code: string, start: number): number {
  const quote = code.charAt(start);
  let at = start + 1;
  while (at < code.length && code.charAt(at) !== "\n") {
    if (code.charAt(at) === "\\") at += 2;
    else if (code.charAt(at) === quote) return at + 1;
    else at += 1;
  }
  return -1;
}

export function skipTemplate(code: string, start: number): number {
  let at = start + 1;
  while (at < code.length) {
    if (code.charAt(at) === "\\") at += 2;
    else if (code.charAt(at) === "`") return at + 1;
    else if (code.startsWith("${", at)) {
      const close = matchEnd(code, at + 2, (position) => code.charAt(position) === "}");
      if (close < 0) return -1;
      at = close + 1;
    } else at += 1;
  }
  return -1;
}

function skipRegex(code: string, start: number): number {
  let isInClass = false;
  let at = start + 1;
  while (at < code.length && code.charAt(at) !== "\n") {
    const character = code.charAt(at);
    if (character === "\\") {
      at += 2;
      continue;
    }
    if (character === "/" && !isInClass) return at + 1;
    isInClass = (isInClass || character === "[") && character !== "]";
    at += 1;
  }
  return -1;
}

/** Whether a slash begins a regular expression rather than divides. */
function isRegexPlace(code: string, start: number, at: number): boolean {
  const before = code.slice(start, at).trimEnd();
  if (before === "") return true;
  const word = LAST_WORD.exec(before);
  if (word !== null) return REGEX_KEYWORDS.has(word[0].trim());
  return REGEX_BEFORE.has(before.charAt(before.length - 1));
}

/** The code with the insides of strings, comments and regular expressions blanked, at the same positions. */
export function withoutStrings(code: string): string {
  const result = code.split("");
  let at = 0;
  while (at < code.length) {
    const end = skipOpaque(code, at);
    if (end < 0) {
      at += 1;
      continue;
    }
    const kept = code.charAt(at) === "`" ? templateCode(code, at, end) : [];
    for (let i = at + 1; i < end - 1; i += 1) {
      if (!kept.some(([from, to]) => from <= i && i < to)) result[i] = " ";
    }
    at = Math.max(end, at + 1);
  }
  return result.join("");
}

/** The ranges of a template literal that are code. */
function templateCode(code: string, start: number, end: number): (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  let at = start + 1;
  while (at < end - 1) {
    if (code.charAt(at) === "\\") at += 2;
    else if (code.startsWith("${", at)) {
      const close = matchEnd(code, at + 2, (position) => code.charAt(position) === "}");
      const stop = close < 0 ? end - 1 : close;
      ranges.push([at + 2, stop]);
      at = stop + 1;
    } else at += 1;
  }
  return ranges;
}
