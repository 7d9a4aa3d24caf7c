"""Modules of users beside a workflow, on their way to machines that do not have its folder: one archive, by its hash.

The archive is kept in the blob store, which all machines reach; each unpacks it once. Used by ``entry`` and ``here``.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ray_executor.errors import FolderTooLargeError
from workflow_kernel.base.archive import archive
from workflow_kernel.contracts import Blobs

MOST = 20 << 20
"""Bytes of modules."""

_LEFT_OUT = frozenset(("__pycache__", "node_modules", "site-packages", "venv", "build", "dist"))


def keep(folder: Path, blobs: Blobs) -> str:
    """Keep the modules of a folder; gives the archive's hash, empty where there are none."""
    too_large = FolderTooLargeError(
        f"The Python files of {folder} are more than {MOST >> 20} MB.",
        mend="Put the workflow into a folder of its own, with the modules it needs.",
    )
    content = archive(folder, _modules(folder), MOST, lambda: too_large)
    return blobs.put(content) if content else ""


def unpacked(digest: str, blobs: Blobs) -> Path:
    """The folder with the modules of an archive on this machine."""
    wanted = Path(tempfile.gettempdir()) / f"workflow-modules-{os.getuid()}-{digest[:32]}"
    if not _is_ours(wanted):
        made = Path(tempfile.mkdtemp(prefix="workflow-modules-"))
        with zipfile.ZipFile(io.BytesIO(blobs.get(digest))) as kept:
            kept.extractall(made)
        try:
            made.rename(wanted)
        except OSError:  # another process was sooner, or somebody else has that name
            if not _is_ours(wanted):
                return made
            shutil.rmtree(made, ignore_errors=True)
    return wanted


def _is_ours(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.getuid()


def _modules(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") or part in _LEFT_OUT for part in parts):
            yield path
