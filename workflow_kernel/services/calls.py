"""Workflows that nodes call: each an execution of its own, found again after its parent was taken over."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from workflow_kernel.base.errors import NodeError
from workflow_kernel.engine.engine import MAX_DEPTH
from workflow_kernel.graph import format as flow_format
from workflow_kernel.runs.entries import RunDone
from workflow_kernel.runs.item import EMPTY, Items
from workflow_kernel.runs.outcome import ErrorInfo
from workflow_kernel.services.dispatcher import Dispatcher
from workflow_kernel.services.launch import Launch, new_row, row_of
from workflow_kernel.services.launcher import Launcher
from workflow_kernel.services.library import Library, Stored
from workflow_kernel.services.work import Running, Work
from workflow_kernel.storage.executions import ExecutionStore
from workflow_kernel.storage.open_execution import OpenExecution
from workflow_kernel.storage.packing import pack_items, unpack_items
from workflow_kernel.storage.tables import Execution


class Calls:
    """See :class:`workflow_kernel.worker.environment.CallWorkflow`.

    Parameters
    ----------
    dispatcher: runs the calling execution, and the called one where it is waited for.
    launcher: queues the called one where it is not.
    """

    def __init__(self, dispatcher: Dispatcher, launcher: Launcher, library: Library, store: ExecutionStore) -> None:
        self._dispatcher = dispatcher
        self._launcher = launcher
        self._library = library
        self._store = store

    async def __call__(self, source: Any, items: Items, *, wait: bool, parent: str, key: str) -> Items:
        """Run a workflow with items; gives its last output, or nothing where it is not waited for."""
        caller = self._dispatcher.at_hand(parent)
        if caller is None:
            raise NodeError("Workflows cannot be called from here.", code="WF342")
        if caller.depth + 1 > MAX_DEPTH:
            raise NodeError(
                f"Workflows called each other {MAX_DEPTH} times in a row.",
                code="WF347",
                mend="Look for a workflow that calls itself without an end.",
            )
        called = await self._library.called(source, caller.stored)
        child = uuid5(UUID(parent), key)
        launch = _launch(called, caller, items, is_detached=not wait)
        if not wait:
            await self._launcher.launch(launch, id=child)
            return EMPTY
        row = await self._store.claim_child(self._dispatcher.runner, child) if caller.epoch > 1 else None
        if row is not None and row.ended_at is not None:
            return await self._known(row, called)
        work = await self._work(child, launch, row, called, caller, items)
        result = await self._dispatcher.drive(work)
        result.raise_if_failed()
        return result.output()

    async def _work(
        self, child: UUID, launch: Launch, row: Execution | None, called: Stored, caller: Running, items: Items
    ) -> Work:
        blobs = self._dispatcher.blobs
        if row is None:
            new = new_row(launch, pack_items(items, blobs), child)
            opened = OpenExecution(child, 1, new=new)
        else:
            past = await self._store.journal(row)
            new = row_of(row)
            opened = OpenExecution(child, row.epoch, past=past.entries, kept=past.own, is_split=past.is_split)
            items = items if row.input is None else unpack_items(row.input, blobs).items()
        return Work(new, opened, items, stored=called, depth=caller.depth + 1, parent=str(caller.row.id))

    async def _known(self, row: Execution, called: Stored) -> Items:
        """The output of an execution that ended before its parent was taken over."""
        if row.state != "succeeded":
            error = ErrorInfo(**row.error) if row.error else ErrorInfo(f"The execution ended as {row.state}.")
            raise NodeError(error.message, description=error.description, code=error.code, mend=error.mend)
        node = called.graph.find(row.last_node)
        journal = await self._store.journal(row)
        done = [entry for entry in journal.entries if isinstance(entry, RunDone)]
        last = max((entry for entry in done if node and entry.node == node.id), key=lambda entry: entry.index)
        filled = next((batch for batch in last.outputs if len(batch)), EMPTY)
        return filled.items()


def _launch(called: Stored, caller: Running, items: Items, *, is_detached: bool) -> Launch:
    document = None if called.version is not None else flow_format.to_document(called.graph)
    return Launch(
        workflow=called.id,
        project=called.project,
        mode="workflow",
        version=called.version,
        document=document,
        items=items,
        priority=caller.row.priority,
        parent=caller.row.id,
        created_by=caller.row.created_by,
        options={"detached": True} if is_detached else {},
    )
