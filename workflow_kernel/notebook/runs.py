"""Executions in the kernel, as the widget sees them: started from it or from a cell, followed live, looked at after.

A run has a thread of its own with an event loop in it, so that the kernel answers meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from workflow_kernel import wire
from workflow_kernel.app.local import LocalEngine, local_environment
from workflow_kernel.base.errors import InvalidWorkflowError, NotFoundError, Problem, WorkflowError
from workflow_kernel.engine.journal import RunDone
from workflow_kernel.engine.plan import Plan
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Workflow
from workflow_kernel.graph.validate import validate
from workflow_kernel.notebook.data import failure, run_info
from workflow_kernel.runs.item import as_items
from workflow_kernel.runs.stale import stale_nodes
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import MemoryBlobs

Tell = Callable[[Mapping[str, Any]], None]
OnEvent = Callable[[wire.LiveEvent], None]

MOST_KEPT = 20
GATHER = 0.05
"""Seconds events are gathered before they are sent."""


class Kept:
    """An execution that is kept.

    Parameters
    ----------
    id: its id. workflow: that ran.
    """

    def __init__(self, id: str, workflow: Workflow) -> None:
        self.id = id
        self.workflow = workflow
        self.document = flow_format.to_document(workflow)
        self.events: list[dict[str, Any]] = []
        self.result: ExecutionResult | None = None
        self.stop: Callable[[], None] = lambda: None


class Runs:
    """Executions of one workflow.

    Parameters
    ----------
    registry: of node types. tell: sends a message to the editors.
    """

    def __init__(self, registry: Registry, tell: Tell) -> None:
        self.registry = registry
        self.blobs = MemoryBlobs()
        self._tell = tell
        self._kept: dict[str, Kept] = {}

    def kept(self, execution: str) -> Kept:
        """An execution. Raises ``NotFoundError``."""
        if execution not in self._kept:
            raise NotFoundError("This execution is not kept any more.", mend="Run the workflow again.")
        return self._kept[execution]

    def newest(self) -> list[Kept]:
        """All that are kept, the newest first."""
        return list(reversed(self._kept.values()))

    def begin(self, execution: str, workflow: Workflow) -> OnEvent:
        """Follow an execution that starts; gives what it is to be told."""
        kept = Kept(execution, workflow)
        self._kept[execution] = kept
        for old in list(self._kept)[:-MOST_KEPT]:
            del self._kept[old]
        self._tell({"type": "watch", "execution": execution, "document": kept.document})
        return _Relay(kept, self._tell).tell

    def end(self, result: ExecutionResult) -> None:
        """Keep what an execution gave."""
        if result.id in self._kept:
            self._kept[result.id].result = result

    def start(self, workflow: Workflow, *, to: str = "", start: str = "", items: Any = None, reuse: str = "") -> str:
        """Run a workflow in a thread of its own; gives the execution's id.

        Parameters
        ----------
        to, start: names of nodes to run to, and to start with. items: for the first node, as JSON objects.
        reuse: an execution whose results are taken where they still hold.

        What is wrong with the parameters of a node fails there, when it runs. Raises ``InvalidWorkflowError`` with
        every problem of the graph itself.
        """
        problems = [found for found in validate(workflow, RegistryCatalog(self.registry)) if _is_hindrance(found)]
        if problems:
            raise InvalidWorkflowError(problems, f"Workflow '{workflow.name}'")
        execution = str(uuid.uuid4())
        on_event = self.begin(execution, workflow)
        only, taken = self._part(workflow, to, reuse)
        options = {"start": start or None, "only": only, "reuse": taken, "execution": execution, "on_event": on_event}
        batch = None if items is None else as_items(items)
        work = self._run(self.kept(execution), workflow, batch, options)
        threading.Thread(target=asyncio.run, args=(work,), name=f"workflow {workflow.name}", daemon=True).start()
        return execution

    def stop(self, execution: str) -> None:
        """Ask an execution to stop; one from a cell is stopped as the cell is."""
        self.kept(execution).stop()

    async def _run(self, kept: Kept, workflow: Workflow, items: Any, options: Mapping[str, Any]) -> None:
        loop = asyncio.get_running_loop()
        environment = local_environment(self.blobs, allow_code_here=True)
        try:
            async with LocalEngine(self.registry, environment) as engine:
                kept.stop = partial(_stop, loop, engine, kept.id)
                self.end(await engine.run(workflow, items, is_manual=True, **options))
        except WorkflowError as error:
            self._tell({"type": "events", "execution": kept.id, "events": [failure(kept.id, error)]})

    def _part(self, workflow: Workflow, to: str, reuse: str) -> tuple[frozenset[str] | None, dict[Any, RunDone] | None]:
        """The nodes a run to one needs, and those of an earlier execution's results that still hold."""
        if not to:
            return None, None
        plan = Plan(workflow, self.registry)
        target = plan.by_name[to]
        only = frozenset(node.id for node in plan.nodes if node is target or node.bit & target.reach)
        before = self._kept.get(reuse)
        if before is None or before.result is None:
            return only, None
        stale = stale_nodes(before.workflow, workflow) | {target.id}
        return only, {
            run.key: RunDone(run.node.id, run.index, run.outputs, run.state, run.error, run.started, run.ended)
            for run in before.result.runs
            if run.status == "succeeded" and run.node.id in only and run.node.id not in stale
        }


def _is_hindrance(problem: Problem) -> bool:
    return problem.severity == "error" and not problem.field.startswith("parameters")


def _stop(loop: asyncio.AbstractEventLoop, engine: LocalEngine, execution: str) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(engine.cancel, execution)


class _Relay:
    """Sends the events of one execution, gathered for a moment; nodes are named by id."""

    def __init__(self, kept: Kept, tell: Tell) -> None:
        self._kept = kept
        self._tell = tell
        self._ids = {node.name: node.id for node in kept.workflow.nodes.values()}
        self._waiting: list[dict[str, Any]] = []
        self._timer: asyncio.TimerHandle | None = None

    def tell(self, event: wire.LiveEvent) -> None:
        plain: dict[str, Any] = msgspec.to_builtins(event, enc_hook=str)
        if "node" in plain:
            plain["node"] = self._ids.get(plain["node"], plain["node"])
        self._kept.events.append(plain)
        self._waiting.append(plain)
        if isinstance(event, wire.ExecutionOver):
            self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        events, self._waiting = self._waiting, []
        if events:
            self._tell({"type": "events", "execution": self._kept.id, "events": events})


def detail(kept: Kept) -> dict[str, Any]:
    """An execution with its node runs, as the editor takes it."""
    result = kept.result
    runs = [] if result is None else [run_info(run) for run in result.runs]
    return {"info": info(kept), "workflow": kept.document, "runs": runs}


def info(kept: Kept) -> dict[str, Any]:
    """An execution as lists show it."""
    result = kept.result
    first = kept.events[0]["at"] if kept.events else 0.0
    if result is None:
        return {"id": kept.id, "state": "running", "mode": "manual", "started_at": first, "seconds": None}
    error = None if result.error is None else msgspec.to_builtins(result.error, enc_hook=str)
    return {
        "id": kept.id, "state": result.state, "mode": "manual", "started_at": result.started,
        "seconds": result.seconds, "error": error,
    }  # fmt: skip
