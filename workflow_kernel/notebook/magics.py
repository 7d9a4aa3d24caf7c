"""Magics: ``%load_ext workflow_kernel`` gives ``%%node``, ``%%task`` and ``%workflow``; the Workflow kernel has them.

``%%node Name`` runs a cell and keeps it as a node of the notebook's workflow; ``%%task`` keeps the function it defines
as a node type; ``%workflow show | run | save FILE`` shows, runs and saves what was kept.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.display import SVG, display

import workflow_kernel
from workflow_kernel.app.local import LocalEngine
from workflow_kernel.cells.graph import CellGraph
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph import picture
from workflow_kernel.graph.model import Workflow
from workflow_kernel.interchange.notebook import cell_graph, from_notebook

Mode = Literal["lazy", "automatic", "off"]
MODES: tuple[str, ...] = get_args(Mode)
_USAGE = f"%workflow show | run | save FILE | cells | {' | '.join(MODES)}"


@magics_class
class WorkflowMagics(Magics):
    """The magics, and the cells that ``%%node`` kept."""

    shell: Any

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.nodes: dict[str, str] = {}

    @cell_magic
    def node(self, line: str, cell: str) -> None:
        """Run a cell, and keep it as a node of the notebook's workflow: ``%%node Name``."""
        name = line.strip()
        if not name:
            raise UsageError("Give the node a name: %%node Name")
        result = self.shell.run_cell(cell, store_history=False)
        result.raise_error()
        self.nodes[name] = cell

    @cell_magic
    def task(self, line: str, cell: str) -> None:
        """Run a cell, and make the last function it defines a node type: ``%%task``."""
        before = dict(self.shell.user_ns)
        self.shell.run_cell(cell, store_history=False).raise_error()
        made = [
            name
            for name, value in self.shell.user_ns.items()
            if callable(value) and value is not before.get(name) and not isinstance(value, type) and name[0] != "_"
        ]
        if not made:
            raise UsageError("%%task needs a cell that defines a function.")
        self.shell.user_ns[made[-1]] = workflow_kernel.task(self.shell.user_ns[made[-1]])

    @line_magic
    def workflow(self, line: str) -> Any:
        """Show, run or save the notebook's workflow."""
        word, _, rest = line.strip().partition(" ")
        if word == "show":
            return display(SVG(picture.to_svg(self._made())))
        if word == "run":
            return in_thread(_run(self._made()))
        if word == "save" and rest.strip():
            path = Path(rest.strip()).with_suffix(flow_format.SUFFIX)
            flow_format.save(self._made(path.stem), path)
            print(f"Wrote {path}.")
            return None
        kernel = getattr(self.shell, "workflow_kernel", None)
        if word in MODES and kernel is not None:
            kernel.mode = word
            return None
        if word == "cells" and kernel is not None:
            print(_listed(kernel))
            return None
        raise UsageError(_USAGE)

    def _made(self, name: str = "Notebook") -> Workflow:
        """The workflow of what was kept: nodes of ``%%node``, or all cells that ran in the Workflow kernel."""
        cells = list(self.nodes.items())
        kernel = getattr(self.shell, "workflow_kernel", None)
        if not cells and kernel is not None:
            cells = [(cell, kernel.cells.source(cell)) for cell in kernel.cells.order]
        if not cells:
            raise UsageError("There are no nodes yet: begin a cell with %%node Name.")
        made = [{"cell_type": "code", "metadata": {}, "source": source, "outputs": []} for _, source in cells]
        document = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
        found = from_notebook(document, name)
        if not self.nodes:
            return found
        return _open(_named(found, [title for title, _ in cells]), cell_graph(document))


def _named(workflow: Workflow, names: list[str]) -> Workflow:
    """The workflow with the names people gave."""
    nodes = dict(workflow.nodes)
    cells = [key for key, node in nodes.items() if node.type == "code.cell"]
    for key, name in zip(cells, names, strict=True):
        nodes[key] = msgspec.structs.replace(nodes[key], name=name)
    return msgspec.structs.replace(workflow, nodes=nodes)


def _open(workflow: Workflow, graph: CellGraph) -> Workflow:
    """The workflow with a port for each variable that no node gives: another node can be wired to it."""
    nodes = dict(workflow.nodes)
    for facts in graph:
        parameters = nodes[facts.id].parameters
        takes = [*parameters.get("takes", ()), *facts.unknown]
        nodes[facts.id] = msgspec.structs.replace(nodes[facts.id], parameters={**parameters, "takes": takes})
    return msgspec.structs.replace(workflow, nodes=nodes)


def _listed(kernel: Any) -> str:
    lines = []
    for cell in kernel.cells.order:
        facts = kernel.cells.facts(cell)
        state = kernel.cells.state(cell)
        lines.append(f"{state}  uses {', '.join(facts.uses) or '-'}; gives {', '.join(facts.gives) or '-'}")
    return "\n".join(lines) or "No cell ran yet."


async def _run(workflow: Workflow) -> ExecutionResult:
    async with LocalEngine() as engine:
        result = await engine.run(workflow, is_manual=True)
    result.raise_if_failed()
    return result


def in_thread(work: Coroutine[Any, Any, ExecutionResult]) -> ExecutionResult:
    """Run a coroutine where a loop is running already, as in a kernel: in a thread of its own."""
    found: list[ExecutionResult] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(asyncio.run(work))
        except BaseException as error:  # handed on to the cell that waits
            failed.append(error)

    thread = threading.Thread(target=run, name="workflow run")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


def load_ipython_extension(shell: Any) -> None:
    """Called by ``%load_ext workflow_kernel``."""
    shell.register_magics(WorkflowMagics(shell))
