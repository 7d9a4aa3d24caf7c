"""Entry of the notebook node: runs a notebook in a kernel and gives what it assigned, with itself as the report.

Runs in a worker process. The main thread only waits, so that signals can stop it; the notebook is driven by another.
"""

from __future__ import annotations

import ast
import asyncio
import base64
import json
import pickle
import re
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workflow_kernel.base.errors import NodeError
from workflow_kernel.worker import child_kernels
from workflow_kernel.worker.child_items import Data
from workflow_kernel.worker.child_results import normalise
from workflow_kernel.worker.child_values import Host

PARAMETERS, INJECTED, OUTPUTS = "parameters", "injected-parameters", "outputs"
"""Tags of cells: where values have defaults, the cell that sets them, and where results are assigned."""

MOST_FIGURES = 20
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_BEGIN = """
import os as _os, sys as _sys, json as _json
_os.chdir({folder!r}); _sys.path.insert(0, {folder!r})
with open({items!r}) as _file:
    items = _json.load(_file)
{table}
"""
_TABLE = """
import pyarrow as _arrow
with _arrow.OSFile({path!r}) as _file:
    table = _arrow.ipc.open_file(_file).read_all()
"""
_END = """
import cloudpickle as _pickle
with open({path!r}, "wb") as _file:
    _pickle.dump({{_name: globals()[_name] for _name in {names!r} if _name in globals()}}, _file)
"""


def run(payload: Mapping[str, Any], host: Host) -> dict[str, Any]:
    """Run the notebook in ``payload["code"]``; see ``nodes.code.run_notebook`` for the data and what comes back."""
    kernel = child_kernels.take()
    try:
        with tempfile.TemporaryDirectory(prefix="wn") as folder:
            return _Session(payload, host, kernel, Path(folder)).run()
    finally:
        kernel.end()


class _Session:
    """One notebook on its way."""

    def __init__(self, payload: Mapping[str, Any], host: Host, kernel: child_kernels.Kernel, folder: Path) -> None:
        import nbformat  # noqa: PLC0415 - an extra, for notebooks alone

        self._data = payload["data"]
        self._host = host
        self._kernel = kernel
        self._folder = folder
        read: Any = nbformat.reads
        self._notebook: Any = read(payload["code"], as_version=4)
        self._input = Data(self._data["input"])
        self._failed: BaseException | None = None
        self._at = 0
        _inject(self._notebook.cells, self._data["parameters"], nbformat.v4.new_code_cell)

    def run(self) -> dict[str, Any]:
        names = list(self._data["outputs"]) or _assigned(self._notebook.cells)
        thread = threading.Thread(target=self._drive, args=(names,), name="drives a notebook", daemon=True)
        thread.start()
        try:
            thread.join()  # a signal gets through here
        finally:
            self._kernel.end()
            thread.join(5.0)
        if self._failed is not None:
            raise self._told(self._failed) from None
        found = pickle.loads((self._folder / "out").read_bytes())  # noqa: S301 - of this run's own code
        missing = [name for name in names if name not in found]
        if missing:
            raise NodeError(
                f"The notebook assigns no '{missing[0]}'.",
                code="WF349",
                mend="Assign it in a cell, or take it out of the node's outputs.",
            )
        return {"kind": "ports", "ports": {"main": self._result(names, found), "report": self._report()}}

    def _drive(self, names: Sequence[str]) -> None:
        try:
            asyncio.run(self._execute(names))
        except BaseException as error:  # told by the main thread
            self._failed = error

    async def _execute(self, names: Sequence[str]) -> None:
        from nbclient import NotebookClient  # noqa: PLC0415 - an extra, for notebooks alone

        client: Any = NotebookClient(self._notebook, km=self._kernel.manager, timeout=None, startup_timeout=120)
        async with client.async_setup_kernel():
            await self._hidden(client, self._begin())
            count = len(self._notebook.cells)
            for position, cell in enumerate(self._notebook.cells):
                self._at = position
                self._host.call("progress", position / count, f"cell {position + 1} of {count}")
                await client.async_execute_cell(cell, position, execution_count=client.code_cells_executed + 1)
            await self._hidden(client, _END.format(path=str(self._folder / "out"), names=list(names)))
            client.kc.stop_channels()

    async def _hidden(self, client: Any, code: str) -> None:
        """Run code that is no part of the notebook."""
        reply = await client.kc.execute_interactive(code, silent=True, store_history=False)
        told = reply["content"]
        if told["status"] != "ok":
            raise NodeError(
                f"What the notebook assigned cannot leave its kernel: {told.get('evalue', 'it was interrupted')}.",
                code="WF331",
                mend="Assign data, e.g. a data frame, instead of e.g. an open connection.",
            )

    def _begin(self) -> str:
        items, table = self._folder / "items.json", ""
        if self._input.is_table:
            import pyarrow  # noqa: PLC0415 - loaded already, as there is a table

            path = str(self._folder / "table")
            with pyarrow.OSFile(path, "wb") as file, pyarrow.ipc.new_file(file, self._input.table().schema) as writer:
                writer.write_table(self._input.table())
            table = _TABLE.format(path=path)
            items.write_text("[]")
        else:
            rows = [] if self._input.is_object else [dict(item._json) for item in self._input.items()]
            items.write_text(json.dumps(rows, default=str))
        return _BEGIN.format(folder=self._data["folder"], items=str(items), table=table)

    def _result(self, names: Sequence[str], found: Mapping[str, Any]) -> dict[str, Any]:
        value = found[names[0]] if len(names) == 1 else dict(found)
        if len(names) == 1 and not isinstance(value, Mapping | list | tuple) and _is_plain(value):
            value = dict(found)
        return normalise(value, self._input.seen, self._host)

    def _report(self) -> dict[str, Any]:
        binary = self._attachments()
        code = sum(cell.cell_type == "code" for cell in self._notebook.cells)
        row = {"notebook": self._data["name"], "cells": code, "figures": len(binary) - 1}
        return normalise([{"json": row, "binary": binary}], [], self._host)

    def _attachments(self) -> dict[str, Any]:
        """The notebook as far as it was executed, and its figures."""
        text, name = json.dumps(self._notebook).encode(), self._data["name"]
        binary = {"notebook": self._host.call("attach", pickle.PickleBuffer(text), name, "application/x-ipynb+json")}
        for number, figure in enumerate(_figures(self._notebook.cells)[:MOST_FIGURES], 1):
            kept = self._host.call("attach", pickle.PickleBuffer(figure), f"figure_{number}.png", "image/png")
            binary[f"figure_{number}"] = kept
        return binary

    def _told(self, error: BaseException) -> BaseException:
        from nbclient.exceptions import CellExecutionError, DeadKernelError  # noqa: PLC0415 - an extra

        cells = self._notebook.cells[: self._at + 1]
        name, number = self._data["name"], sum(INJECTED not in _tags(found) for found in cells)  # as in the file
        data = {"cell": number, "source": cells[-1].source[:2000]}
        if isinstance(error, DeadKernelError):
            return NodeError(
                f"The kernel of {name} ended in cell {number}.",
                code="WF330",
                mend="Often memory: work on fewer items at a time.",
                data=data | {"report": self._attachments()},
            )
        if not isinstance(error, CellExecutionError):
            return error
        found = (output.traceback for output in cells[-1].get("outputs", ()) if output.output_type == "error")
        trace: list[str] = next(found, [])
        return NodeError(
            f"{error.ename}: {error.evalue} (cell {number} of {name})",
            code="WF301",
            description=_COLOURS.sub("", "\n".join(trace)),
            data=data | {"report": self._attachments()},
        )


def _inject(cells: list[Any], values: Mapping[str, Any], new_cell: Any) -> None:
    """Put a cell that sets the parameters behind the one with their defaults, or at the beginning."""
    if not values:
        return
    lines = [f"{name} = {value!r}" for name, value in values.items()]
    cell = new_cell("# Parameters\n" + "\n".join(lines), metadata={"tags": [INJECTED]})
    tagged = [position for position, found in enumerate(cells) if PARAMETERS in _tags(found)]
    cells[:] = [found for found in cells if INJECTED not in _tags(found)]
    cells.insert(tagged[0] + 1 if tagged else 0, cell)


def _assigned(cells: Sequence[Any]) -> list[str]:
    """The names that cells with the tag ``outputs`` assign."""
    names: dict[str, None] = {}
    for cell in cells:
        if cell.cell_type != "code" or OUTPUTS not in _tags(cell):
            continue
        for statement in ast.parse(cell.source).body:
            targets: list[ast.expr] = []
            if isinstance(statement, ast.Assign):
                targets = statement.targets
            elif isinstance(statement, ast.AnnAssign):
                targets = [statement.target]
            names |= {target.id: None for target in targets if isinstance(target, ast.Name)}
    return list(names)


def _figures(cells: Sequence[Any]) -> list[bytes]:
    found: list[bytes] = []
    for cell in cells:
        for output in cell.get("outputs", ()):
            image = output.get("data", {}).get("image/png")
            if image is not None:
                found.append(base64.b64decode("".join(image)))
    return found


def _tags(cell: Any) -> Sequence[str]:
    tags: Sequence[str] = cell.metadata.get("tags", ())
    return tags


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
