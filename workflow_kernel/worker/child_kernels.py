"""Jupyter kernels that are ready: one is started ahead, so that a notebook need not wait for it. In worker processes.

Each serves one notebook and ends with it: nothing of one run is left for the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from pathlib import Path
from typing import Any

from workflow_kernel.base.errors import NodeError

READY = 1
"""Kernels that wait for a notebook."""

_ready: list[Kernel] = []
_lock = threading.Lock()


class Kernel:
    """A kernel process of its own, reached over sockets in a folder that nobody else may enter."""

    def __init__(self) -> None:
        from jupyter_client.manager import AsyncKernelManager  # noqa: PLC0415 - an extra, for notebooks alone

        self._folder = tempfile.TemporaryDirectory(prefix="wk", ignore_cleanup_errors=True)
        connection = str(Path(self._folder.name) / "k.json")
        self.manager: Any = AsyncKernelManager(kernel_name="python3", transport="ipc", connection_file=connection)
        self.manager.ip = str(Path(self._folder.name) / "k")
        asyncio.run(self._start())

    async def _start(self) -> None:
        await self.manager.start_kernel()

    def lives(self) -> bool:
        """Whether its process is there."""
        provisioner = self.manager.provisioner
        process = None if provisioner is None else getattr(provisioner, "process", None)
        return process is not None and process.poll() is None

    def end(self) -> None:
        """End it at once."""
        process = getattr(self.manager.provisioner, "process", None)
        if process is not None:
            with contextlib.suppress(OSError):
                process.kill()
                process.wait()
        self._folder.cleanup()


def take() -> Kernel:
    """A kernel, ready where there is one; another one is started in its place."""
    try:
        import ipykernel  # noqa: F401, PLC0415 - an extra, for notebooks alone
        import nbclient  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        raise NodeError(
            f"Notebooks need the package '{error.name}', which is not installed where this node runs.",
            code="WF348",
            mend="Install it with: pip install 'workflow-kernel[notebooks]'",
        ) from None
    with _lock:
        while _ready:
            found = _ready.pop()
            if found.lives():
                break
            found.end()
        else:
            found = Kernel()
    threading.Thread(target=_refill, name="starts a kernel", daemon=True).start()
    return found


def _refill() -> None:
    with _lock, contextlib.suppress(Exception):  # the next notebook will start its own, and tell what is wrong
        while len(_ready) < READY:
            _ready.append(Kernel())
