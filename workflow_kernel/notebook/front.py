"""The Workflow kernel's end of the line to a front end that shows cells as a graph: JupyterLab with our extension.

It opens a comm of the target ``workflow.cells``, tells what stands in the notebook's cells, and gets told how they
stand. With such a front end, what a cell shows that runs for another one stands in that cell: messages carry its id in
their parent header, under ``workflow_cell``. ``jupyter_extension/labextension/src/kernelLink.ts`` is the other end.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from workflow_kernel.notebook.live_cells import LiveCells
from workflow_kernel.notebook.magics import MODES

TARGET = "workflow.cells"
_CELL = "workflow_cell"


class Kernel(Protocol):
    """What of the kernel is used here; the rest is ipykernel's, which has no types."""

    cells: LiveCells
    mode: Any
    comm_manager: Any
    io_loop: Any

    def forget(self, cells: Any) -> None:
        """Cells are gone from the notebook."""

    def get_parent(self, channel: str | None = None) -> dict[str, Any]:
        """The message that is being answered."""

    def set_parent(self, ident: Any, parent: dict[str, Any], channel: str = "shell") -> None:
        """Answer another message."""


class Front:
    """The front ends that follow a kernel's cells.

    Parameters
    ----------
    kernel: whose cells they are.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._comms: dict[str, Any] = {}
        self._cells: dict[str, set[str]] = {}
        self._count = 0
        kernel.comm_manager.register_target(TARGET, self._open)

    @property
    def is_there(self) -> bool:
        """Whether anybody shows cells as a graph."""
        return bool(self._comms)

    def tell(self, **more: Any) -> None:
        """Say how cells stand."""
        if not self._comms:
            return
        cells = self._kernel.cells
        about = {"mode": self._kernel.mode, "states": cells.states(), "twice": cells.all_twice()}
        for comm in list(self._comms.values()):
            comm.send({"type": "cells", **about, **more})

    @contextmanager
    def place(self, cell: str) -> Iterator[dict[str, Any]]:
        """What is shown meanwhile stands in another cell than the one that was asked for; gives the parent message."""
        kernel: Any = self._kernel
        parent = kernel.get_parent("shell")
        ident = kernel._parent_ident["shell"]
        self._count += 1
        header = {**parent["header"], "msg_id": f"{parent['header']['msg_id']}-{self._count}", _CELL: cell}
        own = {**parent, "header": header}
        _flush()
        kernel.set_parent(ident, own)
        try:
            yield own
        finally:
            _flush()
            kernel.set_parent(ident, parent)

    def _open(self, comm: Any, message: Mapping[str, Any]) -> None:
        self._comms[comm.comm_id] = comm
        comm.on_msg(lambda found: self._soon(comm.comm_id, found["content"]["data"]))
        comm.on_close(lambda _: self._close(comm.comm_id))
        self._soon(comm.comm_id, message["content"]["data"])

    def _close(self, comm: str) -> None:
        self._comms.pop(comm, None)
        self._cells.pop(comm, None)

    def _soon(self, comm: str, data: Mapping[str, Any]) -> None:
        """Take a message in the thread of cells: those of comms may come in one of their own."""
        if threading.current_thread() is threading.main_thread():
            self._take(comm, data)
        else:
            self._kernel.io_loop.add_callback(self._take, comm, data)

    def _take(self, comm: str, data: Mapping[str, Any]) -> None:
        if data.get("mode") in MODES:
            self._kernel.mode = data["mode"]
        sources = data.get("cells")
        if isinstance(sources, dict):
            gone = self._cells.get(comm, set()) - sources.keys()
            self._cells[comm] = set(sources)
            self._kernel.cells.tell({str(cell): str(source) for cell, source in sources.items()})
            self._kernel.forget(gone)
        self.tell()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


__all__ = ["TARGET", "Front", "Kernel"]
