"""Packages of a node's own: installed once on each machine, into a folder named by what is in it.

A Ray worker that serves such nodes serves no others. Wheels alone are taken: installing must not run anybody's code.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ray_executor.errors import PackagesError

PACKAGES = "WORKFLOW_PACKAGES"
"""Variable that keeps workers with different packages apart."""

PATIENCE = 600.0
"""Seconds installing may take."""


def folder_of(packages: Sequence[str]) -> Path:
    """Where a machine keeps them: another Python needs others."""
    content = "\n".join((sys.version, *sorted(packages)))
    name = hashlib.sha256(content.encode()).hexdigest()[:24]
    return Path(tempfile.gettempdir()) / f"workflow-packages-{os.getuid()}" / name


def provide(packages: Sequence[str]) -> str:
    """Have packages at hand in this process; gives their folder, empty where none are asked for.

    Raises ``PackagesError`` with what pip said.
    """
    if not packages:
        return ""
    folder = folder_of(packages)
    if str(folder) not in sys.path:
        if not folder.is_dir():
            _install(packages, folder)
        sys.path.insert(0, str(folder))
    return str(folder)


def _install(packages: Sequence[str], folder: Path) -> None:
    folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # others on this machine wait for it
        if folder.is_dir():
            return
        made = tempfile.mkdtemp(dir=folder.parent)
        options = ["--target", made, "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet"]
        options += ["--retries", "1", "--timeout", "15"]
        try:
            done = subprocess.run(  # noqa: S603 - requirements were checked, and begin with no dash
                [sys.executable, "-m", "pip", "install", *options, *packages],
                capture_output=True, text=True, timeout=PATIENCE, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            shutil.rmtree(made, ignore_errors=True)
            raise PackagesError(
                f"Installing {', '.join(packages)} took more than {PATIENCE:g} s.", mend="Try again, or ask for fewer."
            ) from None
        if done.returncode:
            shutil.rmtree(made, ignore_errors=True)
            raise PackagesError(
                f"The packages {', '.join(packages)} cannot be installed: {_reason(done.stderr)}",
                description=done.stderr[-5000:],
                mend="Correct their names and versions; only packages with wheels are taken.",
            )
        Path(made).chmod(0o755)
        Path(made).rename(folder)


def _reason(text: str) -> str:
    lines = [line.removeprefix("ERROR: ") for line in text.splitlines() if line.startswith("ERROR")]
    return (lines or ["pip gave no reason"])[-1][:300]
