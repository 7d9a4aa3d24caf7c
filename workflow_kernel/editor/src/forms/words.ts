/** Words for people made from names and values of a schema. */
import type { Json } from "../model/types";

const UPPER = new Set([
  "api", "aws", "cc", "bcc", "csv", "css", "dns", "dsn", "gpu", "cpu", "html", "http", "https", "id", "ids", "ics", "ip", "json", "jwt",
  "ods", "pdf", "rtf", "smtp", "sql", "ssl", "tls", "totp", "uri", "url", "urls", "utc", "uuid", "xls", "xlsx", "xml", "yaml", "hmac",
]);

const OWN = new Map([
  ["javascript", "JavaScript"], ["python", "Python"], ["github", "GitHub"], ["oauth1", "OAuth1"], ["oauth2", "OAuth2"],
  ["graphql", "GraphQL"], ["markdown", "Markdown"], ["base64", "Base64"], ["nanoid", "NanoID"], ["ids", "IDs"], ["urls", "URLs"],
]);

/** A field's label: its title where somebody wrote one, else made from its name, in sentence case. */
export function titleOf(name: string, title: string | undefined): string {
  const made = name.replaceAll("_", " ").replace(/\b\w/g, (letter) => letter.toUpperCase());
  return title === undefined || title.replaceAll("_", " ").toLowerCase() === made.toLowerCase() ? sentence(name) : title;
}

function sentence(name: string): string {
  const words = name.replace(/([a-z])([A-Z])/g, "$1_$2").replace(/\b(input|output|field)(\d+)\b/g, "$1_$2").split("_").filter(Boolean);
  const text = words.map(known).join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function known(word: string): string {
  const lower = word.toLowerCase();
  return OWN.get(lower) ?? (UPPER.has(lower) ? lower.toUpperCase() : lower);
}

/** How a value of a closed set is shown. */
export function optionLabel(value: Json): string {
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value !== "string") return value === null ? "Not set" : JSON.stringify(value);
  if (value === "") return "(empty)";
  if (!/^[a-z][a-z0-9_]*$/.test(value)) return value;
  // sha256 or utf8 are names of their own; count_unique is words.
  if (/\d/.test(value) && !value.includes("_") && !/^(?:input|output|field)\d+$/.test(value)) return OWN.get(value) ?? value;
  return sentence(value);
}

/** A count with its noun: `1 item`, `2,500 items`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? noun : plural}`;
}

/** The shortest text that still tells the value. */
export function brief(value: Json | undefined, length = 80): string {
  if (value === undefined) return "undefined";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
