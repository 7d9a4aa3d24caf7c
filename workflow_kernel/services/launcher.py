"""Starts executions: keeps them, then puts them into a queue. Every door and trigger comes through here."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from workflow_kernel.base import tracing
from workflow_kernel.base.batcher import Batcher
from workflow_kernel.base.errors import UnavailableError
from workflow_kernel.contracts import Blobs
from workflow_kernel.services.launch import Launch, Launched, new_row
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.executions import Due
from workflow_kernel.storage.journal import PostgresJournal
from workflow_kernel.storage.open_execution import NewExecution
from workflow_kernel.storage.packing import pack_items
from workflow_kernel.storage.queue_bullmq import Entry, QueueName, Queues
from workflow_kernel.storage.tables import Execution

_log = structlog.get_logger("workflow.launcher")


class Launcher:
    """Starts executions.

    Parameters
    ----------
    database, journal: where they are kept. queues: where they wait. blobs: where large inputs go.
    """

    def __init__(self, database: Database, journal: PostgresJournal, queues: Queues, blobs: Blobs) -> None:
        self._database = database
        self._journal = journal
        self._queues = queues
        self._blobs = blobs
        self._adds: dict[QueueName, Batcher[Entry, None]] = {}

    async def launch(self, launch: Launch, id: UUID | None = None) -> Launched:
        """Accept an execution: it is durable on return, and will run whatever is lost.

        Raises ``TooManyError`` when the queue is full: nothing is kept then.
        """
        await self._queues.check_room(queue_of(launch.mode))
        row = new_row(launch, None if launch.items is None else pack_items(launch.items, self._blobs), id)
        if launch.key is not None:
            known = await self._insert_once(row)
            if known is not None:
                return Launched(known, is_new=False)
        else:
            await self._journal.insert(row)
        await self.enqueue([Due(row.id, row.mode, row.priority, 0)])
        return Launched(row.id)

    async def enqueue(self, found: Sequence[Due]) -> None:
        """Put executions that are kept into their queues. What Redis does not take, the sweeper brings later."""
        by_queue: dict[QueueName, list[Entry]] = {}
        for due in found:
            entry = Entry(f"{due.id}-{due.epoch}", {"id": str(due.id), **tracing.carrier()}, due.priority)
            by_queue.setdefault(queue_of(due.mode), []).append(entry)
        for name, entries in by_queue.items():
            try:
                if len(entries) == 1:
                    await self._batcher(name).call(entries[0])
                else:
                    await self._queues.add(name, entries, is_bounded=False)
            except UnavailableError as error:
                _log.warning("queue.unavailable", queue=name, error=error.message, waiting=len(entries))

    def _batcher(self, name: QueueName) -> Batcher[Entry, None]:
        found = self._adds.get(name)
        if found is None:

            async def add(entries: Sequence[Entry]) -> Sequence[None]:
                await self._queues.add(name, entries, is_bounded=False)
                return [None] * len(entries)

            found = self._adds[name] = Batcher(add)
        return found

    async def _insert_once(self, row: NewExecution) -> UUID | None:
        """Keep an execution with an idempotency key; gives the one that has it already."""
        values = {name: getattr(row, name) for name in row.__struct_fields__}
        async with self._database.session() as session:
            made = await session.scalar(
                insert(Execution).values(**values, state="queued").on_conflict_do_nothing().returning(Execution.id)
            )
            if made is not None:
                return None
            known: UUID | None = await session.scalar(
                select(Execution.id).where(Execution.workflow_id == row.workflow_id, Execution.key == row.key)
            )
            return known


def queue_of(mode: str) -> QueueName:
    """The queue executions of a mode wait in."""
    return "webhook-processing" if mode in ("webhook", "form") else "workflow-execution"
