"""Where the command line keeps results of nodes with ``cache: true``: a folder of the user's, shared by all runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from workflow_kernel.engine.cache import FolderCache
from workflow_kernel.runs.item import Batch, Items

FOLDER = "WORKFLOW_CACHE"
"""Variable of the environment that names another folder."""


def cache_folder() -> Path:
    """The user's folder for caches, as the operating system has it."""
    named = os.environ.get(FOLDER)
    if named:
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "workflow"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "workflow" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "workflow"


class ItemCache(FolderCache):
    """Results that are items alone.

    Attachments are kept only as long as a run, and tables would come back as items, so neither is cached here.
    """

    def put(self, key: str, outputs: Sequence[Batch]) -> None:
        """See the protocol. A folder that cannot be written to keeps nothing."""
        if all(type(batch) is Items and not any(item.binary for item in batch.rows) for batch in outputs):
            try:
                super().put(key, outputs)
            except OSError:
                return
