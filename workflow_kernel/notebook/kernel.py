"""The Workflow kernel: ipykernel, with the cells of the notebook as a graph.

Running a cell marks what depends on it as stale, or runs it again; deleting a cell removes its variables. Everything
else is ipykernel's. Started by Jupyter as ``python -m workflow_kernel.notebook.kernel -f FILE``. A front end that shows
cells as a graph is told how they stand (``front``); others get a line below the cell.
"""

from __future__ import annotations

import html
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

import workflow_kernel
from workflow_kernel.notebook.front import Front
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
        self.front = Front(self)
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
        self.forget((cell_meta or {}).get("deletedCells") or ())
        is_part = not silent and store_history and self.mode != "off" and bool(code.strip())
        if not is_part or code.lstrip().startswith(_UNTOLD):
            reply = await self._plain(code, silent, store_history, user_expressions, allow_stdin, more)
            self.front.tell()
            return reply
        cell = cell_id or f"source-{zlib.crc32(code.encode()):08x}"
        if not await self._run_all(self.cells.needed(cell, code), "ran first, as they were stale"):
            # The cell itself runs all the same: its own error says best what is missing.
            self._say("A stale cell failed.", ())
        reply = await self._plain(code, silent, store_history, user_expressions, allow_stdin, more)
        if reply["status"] == "ok":
            self._counts[cell] = reply["execution_count"]
            await self._follow(self.cells.ran(cell, code))
        self.front.tell()
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
            # What somebody is writing is left alone until they run it.
            cells = (cell for cell in changed.stale if self.cells.state(cell) == "stale")
            await self._run_all(cells, "ran again, as they depend on this one")
        else:
            self._say(f"Stale now: {self._told(changed.stale)}.", changed.stale)

    async def _run_all(self, cells: Iterable[str], why: str) -> bool:
        """Run cells again, up to one that fails; what they show stands in them, or below the present one."""
        cells = tuple(cells)
        if cells:
            self._say(f"{self._told(cells)} {why}.", cells)
        for cell in cells:
            source = self.cells.source(cell)
            reply = await (self._run_there if self.front.is_there else self._run_here)(cell, source)
            is_fine = reply["status"] == "ok"
            if is_fine:
                self.cells.ran(cell, source)
            self.front.tell(ran={"cell": cell, "status": reply["status"], "count": reply["execution_count"]})
            if not is_fine:
                return False
        return True

    async def _run_here(self, cell: str, source: str) -> dict[str, Any]:
        return await self._plain(source, False, False, None, False, {"cell_meta": None, "cell_id": cell})

    async def _run_there(self, cell: str, source: str) -> dict[str, Any]:
        """Run a cell for another one, as if somebody had run it."""
        with self.front.place(cell) as parent:
            self._publish_execute_input(source, parent, self.execution_count)
            reply = await self._plain(source, False, True, None, False, {"cell_meta": None, "cell_id": cell})
        self._counts[cell] = reply["execution_count"]
        return reply

    def forget(self, cells: Iterable[str]) -> None:
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
        """Show a line about the graph, where no front end shows the cells; one finds them in its metadata."""
        if self.front.is_there:
            return
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
