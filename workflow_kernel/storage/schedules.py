"""When schedules fire: due rows are locked by one server, and a firing is kept with the execution it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.storage.database import Database
from workflow_kernel.storage.open_execution import NewExecution
from workflow_kernel.storage.tables import Execution, Schedule, Tick, Trigger, Workflow


class DueSchedule(NamedTuple):
    """A rule whose moment has come, and what it starts."""

    id: UUID
    kind: str
    rule: Mapping[str, Any]
    timezone: str
    missed: str
    next_at: datetime
    workflow: UUID
    project: UUID
    version: int
    trigger: UUID
    node: str
    name: str


async def moment(session: AsyncSession) -> datetime:
    """The time in Postgres: the same for every server."""
    found: datetime = (await session.execute(select(func.now()))).scalar_one()
    return found


async def due(session: AsyncSession, now: datetime, limit: int = 100) -> list[DueSchedule]:
    """Rules whose moment has come, locked until the transaction ends; those another server has locked are left out."""
    query = (
        select(
            Schedule.id, Schedule.kind, Schedule.rule, Schedule.timezone, Schedule.missed, Schedule.next_at,
            Schedule.workflow_id, Workflow.project_id, Workflow.published_version, Trigger.id, Trigger.node,
            Trigger.name,
        )
        .join(Workflow, Workflow.id == Schedule.workflow_id)
        .join(Trigger, and_(Trigger.workflow_id == Schedule.workflow_id, Trigger.node == Schedule.node))
        .where(
            Schedule.is_paused.is_(False), Schedule.next_at <= now, Workflow.is_active,
            Workflow.published_version.is_not(None),
        )
        .order_by(Schedule.next_at)
        .limit(limit)
        .with_for_update(of=Schedule, skip_locked=True)
    )  # fmt: skip
    return [DueSchedule._make(row) for row in await session.execute(query)]


async def advance(session: AsyncSession, schedule: UUID, last_at: datetime | None, next_at: datetime | None) -> None:
    """Note when a rule fires next; ``last_at`` None where it did not fire."""
    values: dict[str, Any] = {"next_at": next_at}
    if last_at is not None:
        values["last_at"] = last_at
    await session.execute(update(Schedule).where(Schedule.id == schedule).values(**values))


async def fire(session: AsyncSession, trigger: str, at: datetime, row: NewExecution) -> bool:
    """Keep an execution for a firing; False where the firing has one already."""
    made = await session.scalar(
        insert(Tick)
        .values(trigger=trigger, at=at, execution_id=row.id)
        .on_conflict_do_nothing()
        .returning(Tick.trigger)
    )
    if made is None:
        return False
    await add_execution(session, row)
    return True


async def add_execution(session: AsyncSession, row: NewExecution) -> None:
    """Keep an execution that waits for a runner."""
    await session.execute(insert(Execution).values(**msgspec.structs.asdict(row), state="queued"))


async def next_due(session: AsyncSession) -> datetime | None:
    """When the next rule fires."""
    found: datetime | None = await session.scalar(
        select(func.min(Schedule.next_at))
        .join(Workflow, Workflow.id == Schedule.workflow_id)
        .where(Schedule.is_paused.is_(False), Workflow.is_active, Workflow.published_version.is_not(None))
    )
    return found


async def forget_ticks(database: Database, days: float) -> None:
    """Drop firings of long ago."""
    async with database.session() as session:
        await session.execute(delete(Tick).where(Tick.at < func.now() - timedelta(days=days)))


async def rules_of(session: AsyncSession, workflows: Sequence[UUID]) -> list[tuple[Schedule, Trigger]]:
    """The rules of workflows, with the triggers they belong to."""
    rows = await session.execute(
        select(Schedule, Trigger)
        .join(Trigger, and_(Trigger.workflow_id == Schedule.workflow_id, Trigger.node == Schedule.node))
        .where(Schedule.workflow_id.in_(workflows))
        .order_by(Schedule.workflow_id, Schedule.node, Schedule.position)
    )
    return [(schedule, trigger) for schedule, trigger in rows]
