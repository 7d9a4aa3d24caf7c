"""Triggers, webhooks and schedules of published workflows, kept as their documents say; routes read from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.base.ids import new_id
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Schedule, Trigger, Webhook, Workflow

FORM = "FORM"
"""Stands for the method of paths that are forms."""


class KeptTrigger(msgspec.Struct, frozen=True):
    """A trigger node that listens."""

    node: str
    name: str
    type: str
    version: int
    parameters: Mapping[str, Any]
    credential: str = ""


class KeptWebhook(msgspec.Struct, frozen=True):
    """A path of a trigger node. ``path`` has lone colons for parameters, ``shown`` their names."""

    node: str
    path: str
    shown: str
    method: str


class KeptSchedule(msgspec.Struct, frozen=True):
    """A rule of a trigger node. ``rule`` has the date it counts from under ``anchor``."""

    node: str
    position: int
    kind: str
    rule: Mapping[str, Any]
    timezone: str
    missed: str
    next_at: datetime | None


class Taken(NamedTuple):
    """A path that another workflow has."""

    path: str
    method: str
    workflow: str
    project: UUID


class Route(NamedTuple):
    """A path that listens, with all that a call needs to know."""

    id: UUID
    path: str
    method: str
    workflow: UUID
    workflow_name: str
    project: UUID
    version: int
    trigger: UUID
    node_name: str
    type: str
    type_version: int
    parameters: Mapping[str, Any]
    credential: str


async def taken(session: AsyncSession, workflow: UUID, webhooks: Sequence[KeptWebhook]) -> Taken | None:
    """The first of these paths that another workflow has."""
    if not webhooks:
        return None
    wanted = [(webhook.path, webhook.method) for webhook in webhooks]
    row = (
        await session.execute(
            select(Webhook.settings["path"].astext, Webhook.method, Workflow.name, Workflow.project_id)
            .join(Workflow, Workflow.id == Webhook.workflow_id)
            .where(
                tuple_(Webhook.path, Webhook.method).in_(wanted),
                Webhook.workflow_id != workflow,
                Webhook.is_test.is_(False),
            )
            .limit(1)
        )
    ).first()
    return None if row is None else Taken(*row)


async def keep_triggers(session: AsyncSession, workflow: UUID, triggers: Sequence[KeptTrigger]) -> None:
    """Keep exactly these; those that were there keep their id and cursor."""
    nodes = [trigger.node for trigger in triggers]
    await session.execute(delete(Trigger).where(Trigger.workflow_id == workflow, Trigger.node.not_in(nodes)))
    for trigger in triggers:
        values = {**msgspec.structs.asdict(trigger), "parameters": dict(trigger.parameters), "error": ""}
        statement = insert(Trigger).values(id=new_id(), workflow_id=workflow, cursor={}, **values)
        await session.execute(
            statement.on_conflict_do_update(index_elements=["workflow_id", "node"], set_=values)
        )  # fmt: skip


async def keep_webhooks(session: AsyncSession, workflow: UUID, webhooks: Sequence[KeptWebhook]) -> KeptWebhook | None:
    """Keep exactly these; those that were there keep their id and count of calls.

    Gives one that another workflow has taken in this very moment.
    """
    keys = [(webhook.path, webhook.method) for webhook in webhooks]
    rest = delete(Webhook).where(Webhook.workflow_id == workflow, Webhook.is_test.is_(False))
    await session.execute(rest.where(tuple_(Webhook.path, Webhook.method).not_in(keys)) if keys else rest)
    for webhook in webhooks:
        values = {"node": webhook.node, "settings": {"path": webhook.shown}}
        statement = insert(Webhook).values(
            id=new_id(), workflow_id=workflow, path=webhook.path, method=webhook.method, is_test=False, **values
        )
        kept = statement.on_conflict_do_update(
            index_elements=["path", "method", "is_test"], set_=values, where=Webhook.workflow_id == workflow
        )
        if await session.scalar(kept.returning(Webhook.id)) is None:
            return webhook
    return None


async def schedules_of(session: AsyncSession, workflow: UUID) -> dict[tuple[str, int], Schedule]:
    """The rules of a workflow as they are kept, by node and position."""
    rows = await session.scalars(select(Schedule).where(Schedule.workflow_id == workflow).with_for_update())
    return {(row.node, row.position): row for row in rows}


async def keep_schedules(
    session: AsyncSession, workflow: UUID, schedules: Sequence[KeptSchedule], known: Mapping[tuple[str, int], Schedule]
) -> None:
    """Keep exactly these; one that is the same as before stays as it is, paused or not."""
    wanted = {(schedule.node, schedule.position) for schedule in schedules}
    gone = [row.id for key, row in known.items() if key not in wanted]
    if gone:
        await session.execute(delete(Schedule).where(Schedule.id.in_(gone)))
    for schedule in schedules:
        row = known.get((schedule.node, schedule.position))
        values = {**msgspec.structs.asdict(schedule), "rule": dict(schedule.rule)}
        if row is None:
            session.add(Schedule(id=new_id(), workflow_id=workflow, **values))
        else:
            await session.execute(update(Schedule).where(Schedule.id == row.id).values(**values))


async def routes(database: Database, workflow: UUID | None = None) -> list[Route]:
    """Every path that listens, of one workflow or of all."""
    query = (
        select(
            Webhook.id, Webhook.settings["path"].astext, Webhook.method, Webhook.workflow_id, Workflow.name,
            Workflow.project_id, Workflow.published_version, Trigger.id, Trigger.name, Trigger.type, Trigger.version,
            Trigger.parameters, Trigger.credential,
        )
        .join(Workflow, Workflow.id == Webhook.workflow_id)
        .join(Trigger, (Trigger.workflow_id == Webhook.workflow_id) & (Trigger.node == Webhook.node))
        .where(Webhook.is_test.is_(False), Workflow.is_active, Workflow.published_version.is_not(None))
    )  # fmt: skip
    if workflow is not None:
        query = query.where(Webhook.workflow_id == workflow)
    async with database.connection() as connection:
        return [Route(*row) for row in await connection.execute(query)]


async def count_calls(database: Database, calls: Mapping[UUID, tuple[int, datetime]]) -> None:
    """Note how often webhooks were called, and when last."""
    statement = text("""
        update webhook set calls = webhook.calls + found.calls, called_at = greatest(webhook.called_at, found.at)
        from unnest(cast(:ids as uuid[]), cast(:counts as bigint[]), cast(:times as timestamptz[]))
            as found (id, calls, at)
        where webhook.id = found.id""")
    async with database.connection() as connection:
        await connection.execute(
            statement,
            {
                "ids": list(calls),
                "counts": [count for count, _ in calls.values()],
                "times": [at for _, at in calls.values()],
            },
        )
