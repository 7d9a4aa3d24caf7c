"""What executions add up to over a time: counts by state and moment, how long they took, which workflows fail."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from workflow_kernel.storage.database import Database

_BUCKETS = """
    select date_bin(:step, created_at, :since) as at,
        count(*) filter (where state = 'succeeded') as succeeded,
        count(*) filter (where state in ('failed', 'timed_out')) as failed,
        count(*) filter (where state not in ('succeeded', 'failed', 'timed_out')) as others
    from execution where created_at >= :since and {where} group by 1 order by 1"""

_SUMS = """
    select count(*) filter (where state = 'succeeded') as succeeded,
        count(*) filter (where state in ('failed', 'timed_out')) as failed,
        count(*) filter (where state in ('queued', 'running', 'suspended')) as at_hand,
        count(*) as count,
        percentile_cont(array[0.5, 0.95]) within group (order by extract(epoch from ended_at - started_at))
            filter (where state = 'succeeded' and started_at is not null) as seconds
    from execution where created_at >= :since and {where}"""

_WORKFLOWS = """
    select workflow_id as workflow, count(*) as count,
        count(*) filter (where state in ('failed', 'timed_out')) as failed,
        percentile_cont(0.5) within group (order by extract(epoch from ended_at - started_at)) as seconds,
        max(created_at) as last_at
    from execution where created_at >= :since and workflow_id is not null and {where}
    group by 1 order by 2 desc limit :limit"""


class Bucket(msgspec.Struct, frozen=True):
    """Executions that began in a stretch of time."""

    at: datetime
    succeeded: int
    failed: int
    others: int


class Sums(msgspec.Struct, frozen=True):
    """Executions of the whole time; ``median`` and ``slowest`` (95th percentile) are of those that went well."""

    count: int
    succeeded: int
    failed: int
    at_hand: int
    median: float | None
    slowest: float | None

    @property
    def success(self) -> float | None:
        """The share of those over that went well."""
        over = self.succeeded + self.failed
        return self.succeeded / over if over else None


class WorkflowSums(msgspec.Struct, frozen=True):
    """Executions of one workflow."""

    workflow: UUID
    count: int
    failed: int
    seconds: float | None
    last_at: datetime


class ExecutionStatistics:
    """Adds up executions.

    Parameters
    ----------
    database: has them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def buckets(self, projects: Collection[UUID] | None, since: datetime, step: timedelta) -> list[Bucket]:
        """Executions by stretches of ``step`` from ``since`` on; stretches without any are left out."""
        rows = await self._rows(_BUCKETS, projects, since, step=step)
        return [Bucket(row.at, row.succeeded, row.failed, row.others) for row in rows]

    async def sums(self, projects: Collection[UUID] | None, since: datetime) -> Sums:
        """All executions since a moment."""
        row = (await self._rows(_SUMS, projects, since))[0]
        median, slowest = row.seconds or (None, None)
        return Sums(row.count, row.succeeded, row.failed, row.at_hand, median, slowest)

    async def workflows(self, projects: Collection[UUID] | None, since: datetime, limit: int) -> list[WorkflowSums]:
        """The workflows that ran most."""
        rows = await self._rows(_WORKFLOWS, projects, since, limit=limit)
        return [WorkflowSums(row.workflow, row.count, row.failed, row.seconds, row.last_at) for row in rows]

    async def _rows(self, query: str, projects: Collection[UUID] | None, since: datetime, **more: Any) -> list[Any]:
        where = "true" if projects is None else "project_id = any(:projects)"
        values = {"since": since, **more} | ({} if projects is None else {"projects": list(projects)})
        async with self._database.connection() as connection:
            return list(await connection.execute(text(query.format(where=where)), values))
