"""Fetches the third-party JavaScript and writes it to ``vendor/``.

Run by a developer, with ``python -m workflow_kernel.expressions.assets.vendor``, when a version below changes; needs
npm. Each package becomes one minified script that evaluates to the package's exports, so that the runtime can load it
on first use. Nothing here runs in the product.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BUNDLER = "esbuild@0.28.2"
PACKAGES = {
    "acorn": ("8.19.0", "LICENSE"),
    "jmespath": ("0.16.0", "LICENSE"),
    "luxon": ("3.7.2", "LICENSE.md"),
    "title-case": ("3.0.3", "LICENSE"),
    "transliteration": ("2.6.1", "LICENSE.txt"),
}
"""Package name to version and the name of its licence file."""

ENTRY = {
    "acorn": 'export { parse } from "acorn";',
    "jmespath": 'import jmespath from "jmespath"; export const search = jmespath.search;',
    "luxon": 'export { DateTime, Duration, FixedOffsetZone, IANAZone, Info, Interval, Settings } from "luxon";',
    "title-case": 'export { titleCase } from "title-case";',
    "transliteration": 'export { transliterate } from "transliteration";',
}
"""What the runtime uses of each package."""


def main() -> int:
    """Fetch, bundle and write every package; returns the exit status."""
    npm = shutil.which("npm")
    if npm is None:
        sys.stderr.write("npm is needed to vendor the JavaScript packages.\n")
        return 1
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        wanted = [f"{name}@{version}" for name, (version, _) in PACKAGES.items()]
        subprocess.run([npm, "install", "--no-save", BUNDLER, *wanted], cwd=folder, check=True)  # noqa: S603
        for name in PACKAGES:
            (here / "vendor" / f"{name}.js").write_text(_bundle(Path(folder), name), encoding="utf-8")
        (here / "LICENSES.md").write_text(_licences(Path(folder)), encoding="utf-8")
    return 0


def _bundle(folder: Path, name: str) -> str:
    """One package as a script whose value is the object of its exports."""
    entry = folder / f"{name}.entry.mjs"
    entry.write_text(ENTRY[name], encoding="utf-8")
    command = [
        str(folder / "node_modules" / ".bin" / "esbuild"),
        str(entry),
        "--bundle",
        "--minify",
        "--format=iife",
        "--global-name=vendored",
        "--target=es2022",
        "--legal-comments=none",
        "--charset=utf8",
        "--log-level=error",
    ]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)  # noqa: S603
    version = PACKAGES[name][0]
    return f"/* {name} {version}, bundled by vendor.py; do not edit. Licence: LICENSES.md */\n{done.stdout}"


def _licences(folder: Path) -> str:
    """The licence text of every package, in one document."""
    parts = ["# Licences of the vendored JavaScript\n", "Written by `vendor.py`; do not edit.\n"]
    for name, (version, file) in PACKAGES.items():
        text = (folder / "node_modules" / name / file).read_text(encoding="utf-8").strip()
        parts.append(f"## {name} {version}\n\n```\n{text}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
