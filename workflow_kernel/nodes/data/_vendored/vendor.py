"""Fetches the JavaScript behind the markup nodes and writes ``markup.js``: run this file with Python; needs npm.

Showdown (Markdown to HTML), node-html-markdown (HTML to Markdown) and html-to-text are what workflows written for n8n
expect, to the character. A developer runs this when a version below changes; nothing here runs in the product.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BUNDLER = "esbuild@0.28.2"
PACKAGES = {"showdown": "2.1.0", "node-html-markdown": "1.3.0", "html-to-text": "9.0.5"}
ENTRY = """
import showdown from "showdown";
import { NodeHtmlMarkdown } from "node-html-markdown";
import { convert } from "html-to-text";
const pairs = (list) => (list || []).map(([pattern, text]) => [new RegExp(pattern, "g"), text]);
export const markdownToHtml = (text, options) => new showdown.Converter(options).makeHtml(text);
export const htmlToMarkdown = (html, options) => {
  const given = { ...options };
  for (const name of ["globalEscape", "lineStartEscape"]) {
    if (given[name]) given[name] = [new RegExp(given[name][0], "gm"), given[name][1]];
  }
  if (given.textReplace) given.textReplace = pairs(given.textReplace);
  // The library forgets to leave out block elements; a translator of their own does it.
  const ignored = Object.fromEntries((given.ignore || []).map((name) => [name, { ignore: true, recurse: false }]));
  delete given.ignore;
  return NodeHtmlMarkdown.translate(html, given, ignored);
};
export const htmlToText = (html, options) => convert(html, options);
"""


def main() -> int:
    """Fetch, bundle and write the packages; returns the exit status."""
    npm = shutil.which("npm")
    if npm is None:
        sys.stderr.write("npm is needed to vendor the JavaScript packages.\n")
        return 1
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = [f"{package}@{version}" for package, version in PACKAGES.items()]
        command = [npm, "install", "--no-save", "--ignore-scripts", BUNDLER, *wanted]
        subprocess.run(command, cwd=folder, check=True)  # noqa: S603
        (here / "markup.js").write_text(_bundle(folder), encoding="utf-8")
        (here / "LICENSES.md").write_text(_licences(folder), encoding="utf-8")
    return 0


def _bundle(folder: Path) -> str:
    entry = folder / "entry.mjs"
    entry.write_text(ENTRY, encoding="utf-8")
    command = [
        str(folder / "node_modules" / ".bin" / "esbuild"), str(entry), "--bundle", "--minify", "--format=iife",
        "--global-name=markup", "--target=es2022", "--legal-comments=none", "--log-level=error",
        "--define:process.env.LOG_PERF=false",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)  # noqa: S603
    names = ", ".join(f"{package} {version}" for package, version in PACKAGES.items())
    return f"/* {names}, bundled by vendor.py; do not edit. Licences: LICENSES.md */\n{done.stdout}"


def _licences(folder: Path) -> str:
    """The licence texts of the packages and of everything they bring along."""
    parts = ["# Licences of the vendored JavaScript\n", "Written by `vendor.py`; do not edit.\n"]
    for package in sorted((folder / "node_modules").rglob("package.json")):
        facts = json.loads(package.read_text(encoding="utf-8"))
        name = facts.get("name", "")
        if not facts.get("version") or "esbuild" in name:
            continue
        texts = sorted(package.parent.glob("[Ll][Ii][Cc][Ee][Nn][Ss][Ee]*"))
        given = f"Licence: {facts.get('license')}. Author: {facts.get('author')}."
        text = texts[0].read_text(encoding="utf-8").strip() if texts else given
        parts.append(f"## {name} {facts['version']}\n\n```\n{text}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
