/**
 * Which nodes an expression or code names, and renaming them. The same rules as `workflow_kernel/expressions/parse.py`
 * and `rename.py`, so that a rename in the editor and one in Python give the same document.
 */
import type { Change } from "./change";
import { texts } from "./json";
import { matchEnd, skipString, skipTemplate, withoutStrings } from "./scan";
import type { Node, NodeTypeInfo, Workflow } from "./types";

const NODE_CALL = /(?<![\p{L}\p{N}_$.])(?:\$items|\$)\s*\(\s*/gu;
const NODE_MEMBER = /(?<![\p{L}\p{N}_$.])\$node\s*(?:\?\.)?\s*(?:\[\s*|(?<dot>\.\s*))/gu;
const NAME = /[\p{L}_][\p{L}\p{N}_$]*|\$[\p{L}\p{N}_$]*/uy;

export interface Part {
  readonly text: string;
  readonly isCode: boolean;
  /** Where the piece begins in the parameter text. */
  readonly start: number;
}

interface Reference {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly quote: string;
}

export function isExpression(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("=");
}

/** The pieces of a parameter text; a text that is no expression is one piece of plain text. */
export function split(text: string): readonly Part[] {
  if (!text.startsWith("=")) return text === "" ? [] : [{ text, isCode: false, start: 0 }];
  const parts: Part[] = [];
  let plain = "";
  let plainStart = 1;
  let at = 1;
  while (at < text.length) {
    const opening = text.indexOf("{{", at);
    if (opening < 0) break;
    if (opening > at && text.charAt(opening - 1) === "\\") {
      plain += `${text.slice(at, opening - 1)}{{`;
      at = opening + 2;
      continue;
    }
    const closing = closingOf(text, opening + 2);
    if (closing < 0) break;
    plain += text.slice(at, opening);
    if (plain !== "") parts.push({ text: plain, isCode: false, start: plainStart });
    parts.push({ text: text.slice(opening + 2, closing), isCode: true, start: opening + 2 });
    plain = "";
    plainStart = closing + 2;
    at = plainStart;
  }
  plain += text.slice(at);
  if (plain !== "") parts.push({ text: plain, isCode: false, start: plainStart });
  return parts;
}

function closingOf(text: string, start: number): number {
  const found = matchEnd(text, start, (at) => text.startsWith("}}", at));
  return found >= 0 ? found : text.indexOf("}}", start);
}

/** The names of the nodes an expression names, once each. */
export function referencesOf(text: string): readonly string[] {
  const found = split(text).filter((part) => part.isCode).flatMap((part) => [...findReferences(part.text)]);
  return [...new Set(found.map((reference) => reference.name))];
}

/** The names of the nodes the code of a code node names, once each. */
export function codeReferencesOf(code: string): readonly string[] {
  return [...new Set([...findReferences(code)].map((reference) => reference.name))];
}

/** The text with every written-out reference to node `before` made one to `after`. */
export function renameInExpression(text: string, before: string, after: string): string {
  const codes = split(text).filter((part) => part.isCode);
  return rename(text, codes.map((part) => [part.start, part.text] as const), before, after);
}

/** The code of a code node with every written-out reference to node `before` made one to `after`. */
export function renameInCode(code: string, before: string, after: string): string {
  return rename(code, [[0, code]], before, after);
}

function rename(text: string, codes: readonly (readonly [number, string])[], before: string, after: string): string {
  let result = "";
  let at = 0;
  for (const [offset, code] of codes) {
    for (const reference of findReferences(code)) {
      if (reference.name !== before) continue;
      result += text.slice(at, offset + reference.start);
      if (reference.quote !== "") result += quoted(after, reference.quote);
      else if (isName(after)) result += after;
      else result = `${result.trimEnd().replace(/\.$/, "").replace(/\?$/, "")}[${quoted(after, '"')}]`;
      at = offset + reference.end;
    }
  }
  return result + text.slice(at);
}

function isName(text: string): boolean {
  NAME.lastIndex = 0;
  return NAME.exec(text)?.[0] === text;
}

function quoted(name: string, quote: string): string {
  const escaped = name.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`).replaceAll("\n", "\\n");
  return `${quote}${quote === "`" ? escaped.replaceAll("${", "\\${") : escaped}${quote}`;
}

/** Written-out node names in order; names that only show when the code runs are left out. */
function* findReferences(code: string): Generator<Reference> {
  if (!code.includes("$")) return;
  const hidden = withoutStrings(code);
  const starts = [...hidden.matchAll(NODE_CALL), ...hidden.matchAll(NODE_MEMBER)];
  starts.sort((a, b) => a.index - b.index);
  for (const match of starts) {
    const end = match.index + match[0].length;
    if (match.groups?.dot !== undefined) {
      NAME.lastIndex = end;
      const name = NAME.exec(code)?.[0];
      if (name !== undefined) yield { name, start: end, end: end + name.length, quote: "" };
      continue;
    }
    const literal = code.charAt(end) === ")" ? null : literalAt(code, end);
    if (literal !== null) yield literal;
  }
}

/** The string literal at `start` when it is the whole argument. */
function literalAt(code: string, start: number): Reference | null {
  const quote = code.charAt(start);
  if (quote !== "'" && quote !== '"' && quote !== "`") return null;
  const end = quote === "`" ? skipTemplate(code, start) : skipString(code, start);
  if (end < 0) return null;
  const after = code.slice(end).trimStart().charAt(0);
  const inner = code.slice(start + 1, end - 1);
  if (!")],".includes(after) || after === "" || (quote === "`" && inner.includes("${"))) return null;
  return { name: unescaped(inner), start, end, quote };
}

const PLAIN: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", v: "\v", "0": "\0" };
const ESCAPE = /\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g;

function unescaped(text: string): string {
  return text.replace(ESCAPE, (_all, braced?: string, four?: string, two?: string, one?: string) => {
    const digits = braced ?? four ?? two;
    if (digits !== undefined) return String.fromCodePoint(Math.min(parseInt(digits, 16), 0x10ffff));
    return PLAIN[one ?? ""] ?? one ?? "";
  });
}

/** Names of the parameters in which nothing is an expression, such as code. */
export function rawParameters(info: NodeTypeInfo | undefined): ReadonlySet<string> {
  const properties = Object.entries(info?.parameters.properties ?? {});
  return new Set(properties.filter(([, schema]) => schema.ui?.expression === false).map(([name]) => name));
}

/** The changes that give a node another name everywhere. */
export function renameChanges(
  workflow: Workflow,
  node: Node,
  name: string,
  infoOf: (node: Node) => NodeTypeInfo | undefined,
): readonly Change[] {
  const changes: Change[] = [{ type: "RenameNode", node: node.id, name }];
  if (node.name === name) return changes;
  for (const other of Object.values(workflow.nodes)) {
    const raw = rawParameters(infoOf(other));
    for (const [path, text] of texts(other.parameters)) {
      if (!text.includes("$")) continue;
      const isRaw = raw.has(String(path[0]));
      if (!isRaw && !isExpression(text)) continue;
      const value = (isRaw ? renameInCode : renameInExpression)(text, node.name, name);
      if (value !== text) changes.push({ type: "SetParameter", node: other.id, path, value });
    }
  }
  return changes;
}
