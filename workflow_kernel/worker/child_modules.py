"""Keeps a worker process true to the files beside a workflow: a module whose file has changed is imported afresh."""

from __future__ import annotations

import importlib.util
import os
import sys
from contextlib import suppress


class Modules:
    """The modules user code imported from its own folder.

    Parameters
    ----------
    folder: where the workflow and the modules beside it are. Installed packages are taken to stay as they are.
    """

    def __init__(self, folder: str) -> None:
        self._root = os.path.join(os.path.realpath(folder), "")  # noqa: PTH118 - texts are compared
        self._seen: set[str] = set(sys.modules)
        self._files: dict[str, tuple[str, int]] = {}

    def note(self) -> None:
        """Take note of what a run imported."""
        for name in sys.modules.keys() - self._seen:
            self._seen.add(name)
            path = getattr(sys.modules[name], "__file__", None)
            if isinstance(path, str) and path.startswith(self._root) and "site-packages" not in path:
                self._files[name] = (path, _changed_at(path))

    def forget_changed(self) -> None:
        """Drop every module of the folder once the file of any of them has changed, as they import each other."""
        if all(_changed_at(path) == at for path, at in self._files.values()):
            return
        for name, (path, _) in self._files.items():
            sys.modules.pop(name, None)
            self._seen.discard(name)
            # Compiled files know the time in whole seconds only: a quick second save would not be seen.
            with suppress(OSError, NotImplementedError):
                os.unlink(importlib.util.cache_from_source(path))  # noqa: PTH108
        importlib.invalidate_caches()
        self._files.clear()


def _changed_at(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - a path object costs more than the look
    except OSError:
        return 0
