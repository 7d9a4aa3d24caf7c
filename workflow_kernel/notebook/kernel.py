"""The Workflow kernel: ipykernel, with the cells of the notebook as a graph.

Running a cell marks what depends on it as stale, or runs it again; deleting a cell removes its variables. Everything
else is ipykernel's. Started by Jupyter as ``python -m workflow_kernel.notebook.kernel -f FILE``.
"""

from __future__ import annotations

import html
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

import workflow_kernel
from workflow_kernel.notebook.live_cells import Changed, LiveCells
from workflow_kernel.notebook.magics import MODES, Mode, load_ipython_extension

_UNTOLD = ("%workflow", "%load_ext", "%%node", "%%task")
"""Cells that begin so are about the graph, and no part of it."""


class WorkflowKernel(IPythonKernel):
    """An IPython kernel that knows how cells depend on each other."""

    implementation = "workflow"
    implementation_version = workflow_kernel.__version__
    banner = f"Workflow {workflow_kernel.__version__}: cells are nodes, variables are edges"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.cells = LiveCells()
        self.mode: Mode = "lazy"
        self._counts: dict[str, int] = {}
        shell: Any = self.shell
        load_ipython_extension(shell)
        shell.workflow_kernel = self

    async def do_execute(
        self,
        code: str,
        silent: bool,
        store_history: bool = True,
        user_expressions: Any = None,
        allow_stdin: bool = False,
        *,
        cell_meta: Mapping[str, Any] | None = None,
        cell_id: str | None = None,
    ) -> dict[str, Any]:
        """Run a cell, and see to those that depend on it."""
        more = {"cell_meta": cell_meta, "cell_id": cell_id}
        self._forget((cell_meta or {}).get("deletedCells") or ())
        is_part = not silent and store_history and self.mode != "off" and bool(code.strip())
        if not is_part or code.lstrip().startswith(_UNTOLD):
            return await self._plain(code, silent, store_history, user_expressions, allow_stdin, more)
        cell = cell_id or f"source-{zlib.crc32(code.encode()):08x}"
        if not await self._run_all(self.cells.needed(cell, code), "ran first, as they were stale"):
            # The cell itself runs all the same: its own error says best what is missing.
            self._say("A stale cell failed.", ())
        reply = await self._plain(code, silent, store_history, user_expressions, allow_stdin, more)
        if reply["status"] == "ok":
            self._counts[cell] = reply["execution_count"]
            await self._follow(self.cells.ran(cell, code))
        return reply

    async def _plain(
        self, code: str, silent: bool, history: bool, expressions: Any, stdin: bool, more: Mapping[str, Any]
    ) -> dict[str, Any]:
        reply: dict[str, Any] = await super().do_execute(code, silent, history, expressions, stdin, **more)
        return reply

    async def _follow(self, changed: Changed) -> None:
        """See to what a cell changed for others."""
        self._remove(changed.removed)
        for name, others in changed.twice.items():
            self._say(f"'{name}' is also defined by {self._told(others)}; cells that use it get what ran last.", others)
        if not changed.stale:
            return
        if self.mode == "automatic":
            await self._run_all(changed.stale, "ran again, as they depend on this one")
        else:
            self._say(f"Stale now: {self._told(changed.stale)}.", changed.stale)

    async def _run_all(self, cells: Iterable[str], why: str) -> bool:
        """Run cells again, up to one that fails; what they show comes below the present one."""
        cells = tuple(cells)
        if cells:
            self._say(f"{self._told(cells)} {why}.", cells)
        for cell in cells:
            source = self.cells.source(cell)
            reply = await self._plain(source, False, False, None, False, {"cell_meta": None, "cell_id": cell})
            if reply["status"] != "ok":
                return False
            self.cells.ran(cell, source)
        return True

    def _forget(self, cells: Iterable[str]) -> None:
        """Cells were deleted: their variables go with them."""
        for cell in cells:
            changed = self.cells.deleted(str(cell))
            self._remove(changed.removed)
            if changed.stale:
                self._say(f"Stale now, as a cell was deleted: {self._told(changed.stale)}.", changed.stale)

    def _remove(self, names: Iterable[str]) -> None:
        shell: Any = self.shell
        for name in names:
            shell.user_ns.pop(name, None)

    def _told(self, cells: Iterable[str]) -> str:
        return ", ".join(f"[{self._counts[cell]}]" if cell in self._counts else cell for cell in cells)

    def _say(self, text: str, cells: Iterable[str]) -> None:
        """Show a line about the graph; a front end finds the cells in its metadata."""
        shown = f'<div style="opacity:.65;font-size:90%">&#8635; {html.escape(text)}</div>'
        self.send_response(
            self.iopub_socket,
            "display_data",
            {
                "data": {"text/plain": text, "text/html": shown},
                "metadata": {"workflow": {"cells": list(cells), "stale": list(self.cells.stale)}},
                "transient": {},
            },
        )


def main() -> None:
    """Start the kernel."""
    IPKernelApp.launch_instance(kernel_class=WorkflowKernel)


__all__ = ["MODES", "WorkflowKernel", "main"]

if __name__ == "__main__":
    main()
