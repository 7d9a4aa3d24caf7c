/** Languages the code editors know, by the name of the hint `language`; others are plain text. */
import { html } from "@codemirror/lang-html";
import { javascript } from "@codemirror/lang-javascript";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { markdown } from "@codemirror/lang-markdown";
import { python } from "@codemirror/lang-python";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import { indentUnit } from "@codemirror/language";
import { linter } from "@codemirror/lint";
import type { Extension } from "@codemirror/state";

const LANGUAGES: Readonly<Record<string, () => Extension>> = {
  python: () => [python(), indentUnit.of("    ")],
  javascript: () => javascript(),
  json: () => [json(), linter(jsonParseLinter(), { delay: 300 })],
  html: () => html(),
  markdown: () => markdown(),
  sql: () => sql({ dialect: PostgreSQL }),
};

export function languageOf(name: string): Extension {
  return LANGUAGES[name]?.() ?? [];
}
