"""Schedules as people see them: when they fire next, paused and resumed, fired by hand. ``ticker`` fires them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.base.errors import NotFoundError
from workflow_kernel.runs.item import Items
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.executions import Executions
from workflow_kernel.services.launch import Launch
from workflow_kernel.services.permission import needs
from workflow_kernel.services.ticker import upcoming
from workflow_kernel.services.trigger_list import OfTrigger
from workflow_kernel.services.triggers import CHANNEL
from workflow_kernel.storage import notices
from workflow_kernel.storage import schedules as queries
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Schedule, Trigger, Workflow

SHOWN = 5
"""How many moments ahead are shown."""


class ScheduleView(OfTrigger, frozen=True):
    """A rule of a trigger.

    Parameters
    ----------
    rule: as the trigger says it. next: the moments it fires at; empty while it is paused.
    error: why a polling trigger failed the last time.
    """

    kind: str
    rule: dict[str, object]
    timezone: str
    missed: str
    is_paused: bool
    last_at: datetime | None
    next: Sequence[datetime]
    error: str


class Schedules:
    """The schedules of published workflows.

    Parameters
    ----------
    executions: starts what is fired by hand.
    """

    def __init__(self, database: Database, access: Access, executions: Executions) -> None:
        self._database = database
        self._access = access
        self._executions = executions

    @needs("trigger.read")
    async def find(
        self, actor: Actor, *, workflow: UUID | None = None, project: UUID | None = None, after: UUID | None = None,
        limit: int = 50,
    ) -> list[ScheduleView]:  # fmt: skip
        """Schedules the actor may see, by id; at most one more than the limit, to tell of a next page."""
        projects = await self._access.projects(actor, "trigger.read")
        query = select(Schedule, Trigger, Workflow).join(Workflow, Workflow.id == Schedule.workflow_id)
        query = query.join(
            Trigger, (Trigger.workflow_id == Schedule.workflow_id) & (Trigger.node == Schedule.node)
        )  # fmt: skip
        if projects is not None:
            query = query.where(Workflow.project_id.in_(projects))
        if workflow is not None:
            query = query.where(Schedule.workflow_id == workflow)
        if project is not None:
            query = query.where(Workflow.project_id == project)
        if after is not None:
            query = query.where(Schedule.id > after)
        async with self._database.session() as session:
            now = await queries.moment(session)
            rows = await session.execute(query.order_by(Schedule.id).limit(limit + 1))
            return [_view(*row, now) for row in rows]

    @needs("trigger.read")
    async def read(self, actor: Actor, schedule: UUID) -> ScheduleView:
        """A schedule."""
        async with self._database.session() as session:
            return await self._read(session, actor, schedule, "trigger.read")

    @needs("trigger.update")
    async def pause(self, actor: Actor, schedule: UUID) -> ScheduleView:
        """Let a schedule fire no more, until it is resumed; publishing the workflow again does not change that."""
        return await self._set_paused(actor, schedule, is_paused=True)

    @needs("trigger.update")
    async def resume(self, actor: Actor, schedule: UUID) -> ScheduleView:
        """Let a schedule fire again, from now on: moments that passed meanwhile are not made up for."""
        return await self._set_paused(actor, schedule, is_paused=False)

    @needs("trigger.test")
    async def fire(self, actor: Actor, schedule: UUID) -> UUID:
        """Start what a schedule starts, now; gives the execution."""
        async with self._database.session() as session:
            found = await self._read(session, actor, schedule, "workflow.execute")
            now = await queries.moment(session)
            version = await session.scalar(
                select(Workflow.published_version).where(Workflow.id == found.workflow)
            )  # fmt: skip
            trigger = await session.scalar(
                select(Trigger.id).where(Trigger.workflow_id == found.workflow, Trigger.node == found.node)
            )
            record(session, actor, "schedule.fire", f"schedule:{schedule}", workflow=str(found.workflow))
        items = Items.of({"timestamp": now.isoformat(), "timezone": found.timezone})
        launch = Launch(
            workflow=found.workflow, project=found.project, mode="schedule", version=version, start=found.name,
            items=items if found.kind == "schedule" else None, trigger=trigger, created_by=actor.id,
        )  # fmt: skip
        return (await self._executions.launch(launch)).execution

    async def _set_paused(self, actor: Actor, schedule: UUID, *, is_paused: bool) -> ScheduleView:
        async with self._database.session() as session:
            found = await self._read(session, actor, schedule, "trigger.update")
            row = await session.get(Schedule, schedule, with_for_update=True)
            if row is None:
                raise _unknown()
            if row.is_paused != is_paused:
                row.is_paused = is_paused
                if not is_paused:
                    now = await queries.moment(session)
                    row.next_at = next(iter(upcoming(row.rule, row.timezone, now)), None)
                what = "pause" if is_paused else "resume"
                record(session, actor, f"schedule.{what}", f"schedule:{schedule}", workflow=str(found.workflow))
                await notices.tell(session, CHANNEL, str(found.workflow))
            await session.flush()
            return await self._read(session, actor, schedule, "trigger.read")

    async def _read(self, session: AsyncSession, actor: Actor, schedule: UUID, permission: str) -> ScheduleView:
        query = select(Schedule, Trigger, Workflow).join(Workflow, Workflow.id == Schedule.workflow_id)
        query = query.join(
            Trigger, (Trigger.workflow_id == Schedule.workflow_id) & (Trigger.node == Schedule.node)
        )  # fmt: skip
        row = (await session.execute(query.where(Schedule.id == schedule))).first()
        if row is None:
            raise _unknown()
        await self._access.require(actor, row[2].project_id, permission, "schedule")
        return _view(*row, await queries.moment(session))


def _view(row: Schedule, trigger: Trigger, workflow: Workflow, now: datetime) -> ScheduleView:
    is_alive = not row.is_paused and row.next_at is not None
    ahead = upcoming(row.rule, row.timezone, now, SHOWN) if is_alive else []
    rule = {name: value for name, value in row.rule.items() if name != "anchor"}
    return ScheduleView(
        row.id, workflow.id, workflow.name, workflow.project_id, row.node, trigger.name, row.kind, rule, row.timezone,
        row.missed, row.is_paused, row.last_at, ahead, trigger.error,
    )  # fmt: skip


def _unknown() -> NotFoundError:
    return NotFoundError("There is no such schedule.", mend="Check the id; publishing may have replaced it.")
