"""Statements that take away what need not be kept any longer, a few rows at a time so that nobody waits for them.

``services.pruning`` decides what and when. Each function gives how many rows it took; fewer than ``limit`` means that
there is nothing left.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import text

from workflow_kernel.contracts import Blobs
from workflow_kernel.storage.database import Database

LOCK = 4_711_001
"""Of the advisory lock that lets one server at a time prune."""


class SweptBlobs(Blobs, Protocol):
    """A blob store unused blobs can be taken from."""

    def old(self, before: float) -> Iterator[str]:
        """Digests of blobs nobody has put since a moment, in seconds since the epoch."""
        ...

    def discard(self, digest: str, before: float) -> bool:
        """Take a blob away, unless somebody has put it since; tells whether it is gone."""
        ...


@asynccontextmanager
async def alone(database: Database) -> AsyncIterator[bool]:
    """Whether no other server prunes; none begins to until this ends."""
    async with database.engine.connect() as connection:
        connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        is_alone = bool(await connection.scalar(text("select pg_try_advisory_lock(:key)"), {"key": LOCK}))
        try:
            yield is_alone
        finally:
            if is_alone:
                await connection.execute(text("select pg_advisory_unlock(:key)"), {"key": LOCK})


async def executions_before(database: Database, moment: datetime, limit: int) -> int:
    """Take executions away that ended before a moment, the oldest first."""
    return await _delete(
        database,
        """delete from execution where id in (
               select id from execution where created_at < :moment and ended_at < :moment
               order by created_at, id limit :limit for update skip locked)""",
        moment=moment,
        limit=limit,
    )


async def last_kept(database: Database, count: int) -> tuple[datetime, UUID] | None:
    """When the last of the ``count`` newest executions that are over was made, and its id; None for fewer."""
    async with database.connection() as connection:
        row = (
            await connection.execute(
                text("""select created_at, id from execution where ended_at is not null
                        order by created_at desc, id desc offset :skipped limit 1"""),
                {"skipped": count - 1},
            )
        ).first()
    return None if row is None else (row[0], row[1])


async def executions_beyond(database: Database, last: tuple[datetime, UUID], limit: int) -> int:
    """Take executions away that are over and were made before the last one that is kept."""
    return await _delete(
        database,
        """delete from execution where id in (
               select id from execution where (created_at, id) < (:moment, :id) and ended_at is not null
               order by created_at, id limit :limit for update skip locked)""",
        moment=last[0],
        id=last[1],
        limit=limit,
    )


async def deleted_workflows(database: Database, moment: datetime, limit: int) -> list[UUID]:
    """Workflows deleted before a moment that have no execution that goes on."""
    async with database.connection() as connection:
        rows = await connection.execute(
            text("""select id from workflow where deleted_at < :moment and not exists (
                        select from execution where workflow_id = workflow.id and ended_at is null)
                    order by deleted_at limit :limit"""),
            {"moment": moment, "limit": limit},
        )
        return [identity for (identity,) in rows]


async def executions_of(database: Database, workflow: UUID, limit: int) -> int:
    """Take executions of a workflow away."""
    return await _delete(
        database,
        """delete from execution where id in (
               select id from execution where workflow_id = :workflow and ended_at is not null limit :limit
               for update skip locked)""",
        workflow=workflow,
        limit=limit,
    )


async def workflow(database: Database, identity: UUID, moment: datetime) -> int:
    """Remove a workflow for ever, if it is still deleted."""
    return await _delete(
        database,
        """delete from workflow where id = :id and deleted_at < :moment and not exists (
               select from execution where workflow_id = workflow.id and ended_at is null)""",
        id=identity,
        moment=moment,
    )


async def deliveries(database: Database, moment: datetime, limit: int) -> int:
    """Forget idempotency keys of calls that have expired."""
    return await _delete(
        database,
        """delete from delivery where (source, key) in (
               select source, key from delivery where expires_at < :moment limit :limit for update skip locked)""",
        moment=moment,
        limit=limit,
    )


async def ticks(database: Database, moment: datetime, limit: int) -> int:
    """Forget firings of schedules before a moment."""
    return await _delete(
        database,
        """delete from tick where (trigger, at) in (
               select trigger, at from tick where at < :moment limit :limit for update skip locked)""",
        moment=moment,
        limit=limit,
    )


async def expired_webhooks(database: Database, moment: datetime, limit: int) -> int:
    """Take test webhooks away that nobody called in time."""
    return await _delete(
        database,
        """delete from webhook where id in (
               select id from webhook where is_test and expires_at < :moment limit :limit for update skip locked)""",
        moment=moment,
        limit=limit,
    )


async def _delete(database: Database, statement: str, **values: Any) -> int:
    async with database.connection() as connection:
        return int((await connection.execute(text(statement), values)).rowcount)
