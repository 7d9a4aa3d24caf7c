"""Schedules: each moment starts one execution, however many servers look; polls keep their cursor with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tests.services.running import eventually
from tests.services.trigger_world import World, person, world
from workflow_kernel.base.errors import NotFoundError
from workflow_kernel.base.settings import Settings
from workflow_kernel.sdk import Context, Items, NodeError, NodeType, node
from workflow_kernel.sdk.parameters import Field
from workflow_kernel.sdk.schedules import Rule
from workflow_kernel.sdk.triggers import Listener, Polls
from workflow_kernel.services.ticker import Ticker
from workflow_kernel.storage import schedules as queries
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Execution, Schedule, Tick, Trigger

FAR = datetime(2030, 1, 7, 12, 0, tzinfo=UTC)
"""A Monday, so far away that the service's own loop finds nothing due."""


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[World]:
    async with world(settings) as found:
        yield found


async def publish(service: World, rule: Mapping[str, Any], at: datetime | None = FAR, **more: Any) -> UUID:
    """A workflow with one rule, which is due next at a moment."""
    workflow = await service.publish(
        {"tick": ("flow.schedule", {"rules": [rule], **more}), "a": "test.add"}, "tick > a"
    )
    if at is not None:
        await due_at(service, workflow, at)
    return workflow


async def due_at(service: World, workflow: UUID, at: datetime) -> None:
    async with service.service.database.session() as session:
        await session.execute(update(Schedule).where(Schedule.workflow_id == workflow).values(next_at=at))


async def schedule_of(service: World, workflow: UUID) -> Schedule:
    async with service.service.database.session() as session:
        found = await session.scalar(select(Schedule).where(Schedule.workflow_id == workflow))
    assert found is not None
    return found


def ticker(service: World, database: Database | None = None) -> Ticker:
    core = service.service.core

    async def no_poll(due: object) -> None:
        raise AssertionError("nothing polls")

    return Ticker(database or core.database, core.launcher, core.blobs, no_poll)


async def test_a_moment_starts_one_execution_however_many_servers_look(service: World, settings: Settings) -> None:
    workflows = [await publish(service, {"every": 1, "unit": "hours"}) for _ in range(10)]
    assert settings.database_url is not None
    databases = [Database(settings.database_url.get_secret_value(), pool=3) for _ in range(3)]
    servers = [ticker(service, database) for database in databases]
    for hour in range(3):
        await asyncio.gather(*(server.fire(FAR + timedelta(hours=hour)) for server in servers for _ in range(2)))
    for workflow in workflows:
        rows = await service.ended(workflow, 3)
        assert [(row.mode, row.state) for row in rows] == [("schedule", "succeeded")] * 3
    for database in databases:
        await database.close()


async def test_what_a_schedule_sends_is_its_moment(service: World) -> None:
    workflow = await publish(
        service,
        {"kind": "cron", "expression": "30 9 * * mon"},
        FAR.replace(hour=8, minute=30),
        timezone="Europe/Berlin",
    )
    await ticker(service).fire(FAR.replace(hour=8, minute=30, second=2))
    (row,) = await service.ended(workflow)
    page = await service.service.executions.data(service.actor, row.id, "tick", 0, 0, 0, 10)
    (item,) = page.items
    assert item.json["timestamp"] == "2030-01-07T09:30:00.000+01:00"
    assert item.json["Readable date"] == "January 7th 2030, 9:30:00 am"
    assert item.json["Timezone"] == "Europe/Berlin (UTC+01:00)"


@pytest.mark.parametrize(("missed", "started"), [("once", 1), ("skip", 0)])
async def test_moments_missed_are_made_up_for_once_or_not(service: World, missed: str, started: int) -> None:
    workflow = await publish(service, {"every": 10, "unit": "minutes"}, missed=missed)
    fired = ticker(service)
    await fired.fire(FAR + timedelta(hours=5, minutes=1))
    assert len(await service.executions(workflow)) == started
    row = await schedule_of(service, workflow)
    assert row.next_at == FAR + timedelta(hours=5, minutes=10)
    await fired.fire(FAR + timedelta(hours=5, minutes=10, seconds=20))
    assert len(await service.executions(workflow)) == started + 1


async def test_a_firing_that_is_kept_already_starts_nothing(service: World) -> None:
    workflow = await publish(service, {"every": 1, "unit": "days"})
    row = await schedule_of(service, workflow)
    async with service.service.database.session() as session:
        session.add(Tick(trigger=str(row.id), at=FAR))
    await ticker(service).fire(FAR)
    assert await service.executions(workflow) == []
    assert (await schedule_of(service, workflow)).next_at == FAR.replace(day=8, hour=0)


async def test_the_loop_itself_fires_and_is_woken_by_publishing(service: World) -> None:
    workflow = await publish(service, {"every": 1, "unit": "seconds"}, None)
    rows = await service.ended(workflow, 2)
    assert all(row.state == "succeeded" for row in rows)
    await service.service.workflows.deactivate(service.actor, workflow)
    async with service.service.database.session() as session:
        assert await session.scalar(select(Schedule.id)) is None


async def test_a_rule_that_cannot_be_read_any_more_does_not_stop_the_others(service: World) -> None:
    broken = await publish(service, {"every": 1, "unit": "days"}, FAR - timedelta(minutes=1))
    workflow = await publish(service, {"every": 1, "unit": "days"})
    async with service.service.database.session() as session:
        await session.execute(
            update(Schedule).where(Schedule.workflow_id == broken).values(timezone="Gone/Zone")
        )  # fmt: skip
    await ticker(service).fire(FAR)
    assert len(await service.executions(workflow)) == 1
    assert (await schedule_of(service, broken)).next_at is None


async def test_a_schedule_is_paused_resumed_and_fired_by_hand(service: World) -> None:
    schedules, actor = service.service.schedules, service.actor
    workflow = await publish(service, {"every": 1, "unit": "hours", "minute": 15}, None)
    (view,) = await schedules.find(actor)
    assert (view.workflow, view.name, view.is_paused) == (workflow, "tick", False)
    assert len(view.next) == 5 and all(moment.minute == 15 for moment in view.next)
    paused = await schedules.pause(actor, view.id)
    assert paused.is_paused and paused.next == []
    await due_at(service, workflow, FAR)
    await ticker(service).fire(FAR)
    assert await service.executions(workflow) == []
    # Publishing again leaves it paused.
    await service.service.workflows.publish(actor, workflow)
    assert (await schedules.read(actor, view.id)).is_paused
    resumed = await schedules.resume(actor, view.id)
    assert not resumed.is_paused and resumed.next[0] < FAR
    execution = await schedules.fire(actor, view.id)
    (row,) = await service.ended(workflow)
    assert (row.id, row.mode, row.created_by) == (execution, "schedule", actor.id)


async def test_publishing_keeps_what_has_not_changed_and_takes_in_what_has(service: World) -> None:
    workflow = await publish(service, {"every": 3, "unit": "days"})
    before = await schedule_of(service, workflow)
    await service.service.workflows.publish(service.actor, workflow)
    after = await schedule_of(service, workflow)
    assert (after.id, after.next_at) == (before.id, FAR)
    changed = dict((await service.service.versions.get(service.actor, workflow, 1)).document)
    changed["nodes"]["tick"]["parameters"]["rules"] = [{"every": 2, "unit": "days"}, {"unit": "hours"}]
    await service.service.workflows.save(service.actor, workflow, changed, made_from=1)
    await service.service.workflows.publish(service.actor, workflow)
    views = await service.service.schedules.find(service.actor, workflow=workflow)
    assert [view.rule for view in views] == [{"every": 2}, {"unit": "hours"}]


async def test_others_do_not_see_a_schedule(service: World) -> None:
    await publish(service, {"every": 1, "unit": "hours"})
    (view,) = await service.service.schedules.find(service.actor)
    stranger, _ = await person(service.service, name="eve")
    assert await service.service.schedules.find(stranger) == []
    with pytest.raises(NotFoundError):
        await service.service.schedules.pause(stranger, view.id)


# Polls.


class Source:
    """What a polling trigger looks at."""

    rows: list[int] = []
    fails = False
    looks = 0


@node("test.poll", trigger=True)
class Poll(NodeType):
    """Gives numbers beyond the last one."""

    rules: list[Rule] = Field([Rule(unit="hours")], expression=False)

    def listeners(self) -> list[Listener]:
        """Looks every hour."""
        return [Polls(tuple(self.rules))]

    def run(self, ctx: Context) -> Items:
        """Look."""
        given = next((batch for batch in ctx.inputs() if len(batch)), None)
        if given is not None:
            return given.items()
        Source.looks += 1
        if Source.fails:
            raise NodeError("the source is away")
        new = [number for number in Source.rows if number > ctx.state.get("last", 0)]
        if new:
            ctx.state["last"] = new[-1]
        return Items.of(*({"n": number} for number in new))


async def test_a_poll_starts_an_execution_with_what_is_new_and_keeps_its_cursor(service: World) -> None:
    Source.rows, Source.fails, Source.looks = [1, 2], False, 0
    service.service.registry.add(Poll)
    workflow = await service.publish({"poll": "test.poll", "a": "test.add"}, "poll > a")
    polls = service.service.listening.ticker

    async def look(hour: int, looks: int) -> None:
        await polls.fire(FAR + timedelta(hours=hour))

        async def has_looked() -> bool:
            return Source.looks == looks and not polls._polls

        await eventually(has_looked)

    await due_at(service, workflow, FAR)
    await look(0, 1)
    await look(1, 2)
    assert len(await service.ended(workflow)) == 1
    Source.rows, Source.fails = [1, 2, 3], True
    await look(2, 3)
    assert await errors(service) == ["the source is away"]
    (view,) = await service.service.schedules.find(service.actor)
    assert (view.kind, view.error) == ("polling", "the source is away")
    Source.fails = False
    await look(3, 4)
    rows = await service.ended(workflow, 2)
    outputs = [await service.service.executions.data(service.actor, row.id, "a", 0, 0, 0, 10) for row in rows]
    assert [[item.json["n"] for item in page.items] for page in outputs] == [[1, 2], [3]]
    assert [row.mode for row in rows] == ["polling", "polling"]
    assert await errors(service) == [""]


async def errors(service: World) -> list[str]:
    async with service.service.database.session() as session:
        return list(await session.scalars(select(Trigger.error)))


async def test_two_polls_at_once_start_one_execution(service: World) -> None:
    Source.rows, Source.fails, Source.looks = [1], False, 0
    service.service.registry.add(Poll)
    workflow = await service.publish({"poll": "test.poll", "a": "test.add"}, "poll > a")
    polls = service.service.listening.ticker
    async with service.service.database.session() as session:
        await session.execute(update(Schedule).values(next_at=FAR))
        (row,) = await queries.due(session, FAR)
    await asyncio.gather(polls._poll(row), polls._poll(row))
    assert len(await service.ended(workflow)) == 1
    async with service.service.database.session() as session:
        assert len(list(await session.scalars(select(Execution.id)))) == 1
