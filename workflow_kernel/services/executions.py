"""Executions: started, watched, stopped, repeated. Doors call these; triggers call ``launch`` and ``run_now``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import defer

from workflow_kernel.base.errors import ConflictError, InvalidRequestError, NotFoundError
from workflow_kernel.contracts import Blobs, Bus
from workflow_kernel.runs.item import Batch, Binary, Items, as_items
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.dispatcher import CONTROL, Dispatcher
from workflow_kernel.services.execution_views import (
    DataPage,
    ExecutionView,
    NodeRunView,
    data_page,
    execution_view,
    find_attachment,
    node_run_views,
    value_of,
    with_waits,
)
from workflow_kernel.services.launch import Ended, Launch, Launched, OnAnswer
from workflow_kernel.services.launcher import Launcher
from workflow_kernel.services.permission import needs, open_to_all
from workflow_kernel.services.relay import held_waits
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.execution_signals import ExecutionSignals
from workflow_kernel.storage.executions import ExecutionStore
from workflow_kernel.storage.packing import PackedBatch, unpack_items
from workflow_kernel.storage.tables import Execution, Workflow, WorkflowVersion

_SOON = (0.02, 0.05, 0.1, 0.2, 0.4, 0.0)
"""Seconds between looks for a run that is not there yet: listeners hear of it a moment before it is durable."""

STATES = ("queued", "running", "suspended", "succeeded", "failed", "cancelled", "timed_out")


class StartOptions(msgspec.Struct, frozen=True):
    """How a workflow is to be run.

    Parameters
    ----------
    is_manual: run the draft, with pins; else the published version.
    document: a draft that was not saved, for manual runs. version: a certain version.
    items: what the first node gets. start: its name. to: name of the node to run to.
    reuse: id of an execution whose results are used where they still hold.
    priority: 1 to 5. key: idempotency key.
    """

    is_manual: bool = False
    document: Mapping[str, Any] | None = None
    version: int | None = None
    items: Sequence[Mapping[str, Any]] | None = None
    start: str = ""
    to: str = ""
    reuse: UUID | None = None
    priority: int = 3
    key: str | None = None


class ExecutionFilter(msgspec.Struct, frozen=True):
    """Which executions a list shows. ``after`` is the creation time and id of the last one of the page before."""

    workflow: UUID | None = None
    project: UUID | None = None
    states: Sequence[str] = ()
    modes: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    parent: UUID | None = None
    after: tuple[datetime, UUID] | None = None
    limit: int = 50


class Executions:
    """The executions of a service.

    Parameters
    ----------
    launcher: starts them. dispatcher: runs them here, for callers that wait.
    """

    def __init__(
        self,
        database: Database,
        access: Access,
        store: ExecutionStore,
        signals: ExecutionSignals,
        launcher: Launcher,
        dispatcher: Dispatcher,
        bus: Bus,
        blobs: Blobs,
    ) -> None:
        self._database = database
        self._access = access
        self._store = store
        self._signals = signals
        self._launcher = launcher
        self._dispatcher = dispatcher
        self._bus = bus
        self._blobs = blobs

    @open_to_all("triggers call it, which have checked who calls them")
    async def launch(self, launch: Launch, *, id: UUID | None = None) -> Launched:
        """Accept an execution; it is durable on return."""
        return await self._launcher.launch(launch, id)

    @open_to_all("triggers call it, which have checked who calls them")
    async def run_now(self, launch: Launch, on_answer: OnAnswer | None = None, *, id: UUID | None = None) -> Ended:
        """Run an execution in this process and wait for its end; ``id`` is its own, where it is known already."""
        return await self._dispatcher.run_now(launch, on_answer, id=id)

    @needs("workflow.execute")
    async def start(self, actor: Actor, workflow: UUID, options: StartOptions) -> Launched:
        """Run a workflow. Raises ``ConflictError`` where it has no published version to run."""
        async with self._database.session() as session:
            row = await session.get(Workflow, workflow)
        if row is None or row.deleted_at is not None:
            raise _no_workflow()
        await self._access.require(actor, row.project_id, "workflow.execute", "workflow")
        version, document = options.version, options.document
        if document is not None and not options.is_manual:
            raise InvalidRequestError("Only manual runs take a document.", mend="Set 'manual', or leave it out.")
        if document is not None:
            await self._access.require(actor, row.project_id, "workflow.update", "workflow")
        if version is None and document is None:
            version = row.version if options.is_manual else row.published_version
            if version is None:
                raise ConflictError(
                    f"The workflow '{row.name}' is not published.", code="WF776", mend="Publish it, or run the draft."
                )
        wishes: dict[str, Any] = {}
        if options.to:
            wishes["to"] = options.to
        if options.reuse is not None:
            await self._row(actor, options.reuse, "execution.read")
            wishes["reuse"] = str(options.reuse)
        return await self._launcher.launch(
            Launch(
                workflow=workflow, project=row.project_id, mode="manual" if options.is_manual else "api",
                version=version, document=document, start=options.start,
                items=None if options.items is None else as_items(options.items),
                priority=options.priority, key=options.key, created_by=actor.id, options=wishes,
            )
        )  # fmt: skip

    @needs("execution.read")
    async def find(self, actor: Actor, wanted: ExecutionFilter) -> list[ExecutionView]:
        """Executions the actor may see, the newest first; at most one more than the limit, to tell of a next page."""
        projects = await self._access.projects(actor, "execution.read")
        query = select(Execution).order_by(Execution.created_at.desc(), Execution.id.desc()).limit(wanted.limit + 1)
        query = query.options(defer(Execution.runs), defer(Execution.document), defer(Execution.input))
        if projects is not None:
            query = query.where(Execution.project_id.in_(projects))
        for column, value in (
            (Execution.workflow_id, wanted.workflow), (Execution.project_id, wanted.project),
            (Execution.parent_id, wanted.parent),
        ):  # fmt: skip
            if value is not None:
                query = query.where(column == value)
        if wanted.states:
            query = query.where(Execution.state.in_(wanted.states))
        if wanted.modes:
            query = query.where(Execution.mode.in_(wanted.modes))
        if wanted.since is not None:
            query = query.where(Execution.created_at >= wanted.since)
        if wanted.until is not None:
            query = query.where(Execution.created_at < wanted.until)
        if wanted.after is not None:
            query = query.where(tuple_(Execution.created_at, Execution.id) < wanted.after)
        async with self._database.session() as session:
            return [execution_view(row) for row in await session.scalars(query)]

    @needs("execution.read")
    async def read(self, actor: Actor, execution: UUID) -> ExecutionView:
        """An execution."""
        return execution_view(await self._row(actor, execution, "execution.read"))

    @needs("execution.read")
    async def document(self, actor: Actor, execution: UUID) -> Mapping[str, Any]:
        """The workflow as it ran, in the file format."""
        row = await self._row(actor, execution, "execution.read")
        if row.document is not None:
            return row.document
        async with self._database.session() as session:
            found: Mapping[str, Any] | None = await session.scalar(
                select(WorkflowVersion.document).where(
                    WorkflowVersion.workflow_id == row.workflow_id, WorkflowVersion.number == row.version
                )
            )
        if found is None:
            raise NotFoundError("The version this execution ran is gone.", code="WF773")
        return found

    @needs("execution.read")
    async def node_runs(self, actor: Actor, execution: UUID) -> list[NodeRunView]:
        """What is kept of an execution's node runs, and which of them wait for a place now."""
        row = await self._row(actor, execution, "execution.read")
        views = node_run_views(await self._store.node_runs(row))
        if row.state == "running" and (waits := await held_waits(self._bus, row.id, row.owner)):
            return with_waits(views, waits, await self.document(actor, execution))
        return views

    @needs("execution.read")
    async def data(
        self, actor: Actor, execution: UUID, node: str, run_index: int, output: int, start: int, limit: int
    ) -> DataPage:
        """Part of what a node run (by the node's id) sent through an output."""
        packed = await self._sent(actor, execution, node, run_index, output)
        return DataPage("items", 0, start, []) if packed is None else data_page(packed, self._blobs, start, limit)

    @needs("execution.read")
    async def value(
        self, actor: Actor, execution: UUID, node: str, run_index: int, output: int
    ) -> tuple[Literal["table", "object"], bytes]:
        """The table or object a node run (by the node's id) sent through an output, as it is kept and unopened."""
        packed = await self._sent(actor, execution, node, run_index, output)
        if packed is None or packed.form not in ("table", "object"):
            raise InvalidRequestError("The node sent items.", code="WF836", mend="Read them as its data.")
        return packed.form, await asyncio.to_thread(value_of, packed, self._blobs)  # type: ignore[return-value]

    async def _sent(self, actor: Actor, execution: UUID, node: str, run_index: int, output: int) -> PackedBatch | None:
        for pause in _SOON:
            row = await self._row(actor, execution, "execution.read")
            for run in reversed(await self._store.node_runs(row)):
                if run.kind in ("done", "suspended") and (run.node, run.index) == (node, run_index):
                    return run.outputs[output] if output < len(run.outputs) else None
            if row.ended_at is not None:
                break
            await asyncio.sleep(pause)
        raise NotFoundError(f"Node '{node}' has no run {run_index} in this execution.", mend="List its node runs.")

    @needs("execution.read")
    async def attachment(self, actor: Actor, execution: UUID, digest: str) -> tuple[Binary, bytes]:
        """An attachment of items of an execution, by the digest of its bytes."""
        row = await self._row(actor, execution, "execution.read")
        runs = await self._store.node_runs(row)
        found = await asyncio.to_thread(find_attachment, runs, digest, self._blobs)
        if found is None:
            raise NotFoundError("No item of this execution has that attachment.", mend="Look at its items.")
        return found, await asyncio.to_thread(self._blobs.get, digest)

    @needs("execution.cancel")
    async def cancel(self, actor: Actor, execution: UUID) -> ExecutionView:
        """Ask an execution to stop; one that waits is cancelled at once."""
        row = await self._row(actor, execution, "execution.cancel")
        verdict = await self._signals.cancel(execution)
        if verdict == "over":
            raise ConflictError(f"The execution is over: it has {row.state}.", code="WF777", mend="Nothing is to stop.")
        self._bus.publish(CONTROL, f"stop {execution}".encode())
        async with self._database.session() as session:
            record(session, actor, "execution.cancel", f"execution:{execution}")
        return execution_view(await self._row(actor, execution, "execution.cancel"))

    @needs("execution.retry")
    async def retry(
        self, actor: Actor, execution: UUID, *, beginning: Literal["failed", "start"] = "failed", latest: bool = False
    ) -> Launched:
        """Run an execution again, from the node that failed or from the start.

        Parameters
        ----------
        latest: run the newest version of the workflow instead of the one that ran.
        """
        row = await self._row(actor, execution, "execution.retry")
        if row.ended_at is None:
            raise ConflictError("The execution goes on still.", code="WF777", mend="Cancel it first.")
        version, document = row.version, row.document
        if latest and row.workflow_id is not None:
            async with self._database.session() as session:
                version = await session.scalar(select(Workflow.version).where(Workflow.id == row.workflow_id))
            document = None
        options = {"reuse": str(execution)} if beginning == "failed" else {}
        return await self._launcher.launch(
            msgspec.structs.replace(
                self._again(actor, row), mode="retry", version=version, document=document, retry_of=execution,
                options=options,
            )
        )  # fmt: skip

    @needs("execution.fork")
    async def fork(
        self,
        actor: Actor,
        execution: UUID,
        *,
        nodes: Sequence[str] = (),
        replace: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        document: Mapping[str, Any] | None = None,
    ) -> Launched:
        """Run an execution again with something changed; what does not depend on it is taken over.

        Parameters
        ----------
        nodes: names of nodes to run anew, with all that follows from them.
        replace: items by node name, in the place of what that node gave. document: the workflow changed.
        """
        row = await self._row(actor, execution, "execution.fork")
        replaced = {name: list(items) for name, items in (replace or {}).items()}
        wishes = {"reuse": str(execution), "without": list(nodes), "replace": replaced}
        launch = msgspec.structs.replace(self._again(actor, row), mode="fork", fork_of=execution, options=wishes)
        if document is not None:
            await self._access.require(actor, row.project_id, "workflow.update", "execution")
            launch = msgspec.structs.replace(launch, document=document, version=None)
        return await self._launcher.launch(launch)

    @needs("execution.resume")
    async def resume(
        self, actor: Actor, execution: UUID, node: str, run_index: int = 0,
        items: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:  # fmt: skip
        """End a wait of an execution: the node (by id) goes on, with these items or those it had."""
        await self._row(actor, execution, "execution.resume")
        await self.resume_run(execution, node, run_index, None if items is None else [as_items(items)])

    @open_to_all("signed resume links call it, which are the permission")
    async def resume_run(
        self, execution: UUID, node: str, run_index: int, outputs: Sequence[Batch] | None = None
    ) -> None:
        """End a wait of an execution. Raises ``ConflictError`` where the node run does not wait (any more)."""
        found = await self._signals.resume(execution, node, run_index, outputs)
        if found.verdict == "gone":
            raise ConflictError(
                "Nothing waits here: the run has gone on already, or is over.", code="WF778", mend="Look at it."
            )
        if found.due is not None:
            await self._launcher.enqueue([found.due])
        else:
            self._bus.publish(CONTROL, f"resume {execution}".encode())

    @open_to_all("it is what checks the permission it is given")
    async def require(self, actor: Actor, execution: UUID, permission: str) -> None:
        """Raise unless the actor may do this with an execution."""
        await self._row(actor, execution, permission)

    @needs("execution.delete")
    async def delete(self, actor: Actor, execution: UUID) -> None:
        """Delete an execution that is over, with all that is kept of it."""
        row = await self._row(actor, execution, "execution.delete")
        if row.ended_at is None:
            raise ConflictError("The execution goes on still.", code="WF777", mend="Cancel it first.")
        async with self._database.session() as session:
            await session.execute(delete(Execution).where(Execution.id == execution))
            record(session, actor, "execution.delete", f"execution:{execution}")

    async def _row(self, actor: Actor, execution: UUID, permission: str) -> Execution:
        row = await self._store.find(execution)
        if row is None:
            raise NotFoundError("There is no such execution.", mend="Check the id; it may have been pruned.")
        await self._access.require(actor, row.project_id, permission, "execution")
        return row

    def _again(self, actor: Actor, row: Execution) -> Launch:
        items = None if row.input is None else unpack_items(row.input, self._blobs).items()
        return Launch(
            workflow=row.workflow_id, project=row.project_id, mode="retry", version=row.version,
            document=row.document, start=row.start, items=items if isinstance(items, Items) else None,
            priority=row.priority, created_by=actor.id,
        )  # fmt: skip


def _no_workflow() -> NotFoundError:
    return NotFoundError("There is no such workflow.", mend="Check the id, and that it is shared with you.")
