"""What people ask of executions that runners drive: to stop, or to go on after a wait. Asked in Postgres, so nothing
is lost; runners are told over the bus as well, and look for it with each commit and beat.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.contracts import Blobs
from workflow_kernel.runs.entries import RunDone, RunSuspended
from workflow_kernel.runs.item import EMPTY, Batch
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.executions import Due
from workflow_kernel.storage.packing import (
    PackedRun,
    decode_run,
    decode_runs,
    encode_run,
    pack_entry,
    unpack_batch,
    unpack_entry,
)
from workflow_kernel.storage.tables import Execution, NodeRun


class Resumption(NamedTuple):
    """What became of the wish to end a wait.

    Parameters
    ----------
    verdict: ``queued`` (``due`` is to be queued), ``told`` (its runner is to be told), ``gone`` (no such wait).
    """

    verdict: Literal["queued", "told", "gone"]
    due: Due | None = None


class ExecutionSignals:
    """Signals to executions.

    Parameters
    ----------
    database: where executions are. blobs: where large values go.
    """

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    async def cancel(self, execution: UUID) -> Literal["cancelled", "told", "over"]:
        """Ask an execution to stop; one that nobody runs is cancelled at once. Those it called stop with it."""
        async with self._database.session() as session:
            row = await session.scalar(select(Execution).where(Execution.id == execution).with_for_update())
            if row is None or row.ended_at is not None:
                return "over"
            row.cancel_asked = True
            if row.state == "running":
                return "told"
            row.state, row.owner, row.wake_at = "cancelled", None, None
            row.ended_at = await session.scalar(select(func.now()))
            return "cancelled"

    async def resume(self, execution: UUID, node: str, run_index: int, outputs: Sequence[Batch] | None) -> Resumption:
        """End a wait of an execution, with these outputs or those the node announced; durable on return.

        Parameters
        ----------
        node: id of the node that waits.
        """
        async with self._database.session() as session:
            row = await session.scalar(select(Execution).where(Execution.id == execution).with_for_update())
            if row is None or row.state not in ("running", "suspended"):
                return Resumption("gone")
            waits = await self._waiting(session, row, node, run_index)
            if waits is None:
                return Resumption("gone")
            given = (
                tuple(outputs)
                if outputs is not None
                else tuple(unpack_batch(batch, self._blobs) for batch in waits.outputs)
            )
            await self._keep(session, row, RunDone(node, run_index, given, None, None, waits.started, time.time()))
            if row.state == "running":
                row.resume_asked = True
                return Resumption("told")
            row.state, row.wake_at = "queued", None
            return Resumption("queued", Due(row.id, row.mode, row.priority, row.epoch))

    async def ended_waits(self, execution: UUID) -> list[RunDone]:
        """Waits of a running execution that were ended from outside; they are told once."""
        async with self._database.session() as session:
            row = await session.scalar(
                update(Execution)
                .where(Execution.id == execution, Execution.resume_asked)
                .values(resume_asked=False)
                .returning(Execution)
            )
            if row is None:
                return []
            packed = await _packed(session, row)
            waited = {(run.node, run.index) for run in packed if run.kind == "suspended"}
            done = [unpack_entry(run, EMPTY, self._blobs) for run in packed if run.kind == "done"]
        return [entry for entry in done if isinstance(entry, RunDone) and (entry.node, entry.index) in waited]

    async def waits(self, execution: UUID) -> list[RunSuspended]:
        """The node runs of an execution that wait."""
        async with self._database.session() as session:
            row = await session.get(Execution, execution)
            if row is None or row.ended_at is not None:
                return []
            packed = await _packed(session, row)
        done = {(run.node, run.index) for run in packed if run.kind == "done"}
        found = [
            unpack_entry(run, EMPTY, self._blobs)
            for run in packed
            if run.kind == "suspended" and (run.node, run.index) not in done
        ]
        return [entry for entry in found if isinstance(entry, RunSuspended)]

    async def _waiting(self, session: AsyncSession, row: Execution, node: str, run_index: int) -> PackedRun | None:
        packed = [run for run in await _packed(session, row) if (run.node, run.index) == (node, run_index)]
        if any(run.kind == "done" for run in packed):
            return None
        return next((run for run in packed if run.kind == "suspended"), None)

    async def _keep(self, session: AsyncSession, row: Execution, entry: RunDone) -> None:
        packed = pack_entry(entry, self._blobs)
        if packed is None:
            return
        await session.execute(
            insert(NodeRun)
            .values(
                execution_id=row.id, node=entry.node, run_index=entry.index, kind="done", state="succeeded",
                started_at=func.to_timestamp(entry.started), ended_at=func.now(), entry=encode_run(packed),
            )
            .on_conflict_do_nothing()
        )  # fmt: skip


async def _packed(session: AsyncSession, row: Execution) -> list[PackedRun]:
    own = decode_runs(row.runs) if row.runs else []
    rows = await session.scalars(select(NodeRun.entry).where(NodeRun.execution_id == row.id).order_by(NodeRun.sequence))
    return [*own, *(decode_run(entry) for entry in rows)]
