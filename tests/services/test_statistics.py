"""What executions add up to: over time, by workflow, by node; for those who may see them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.services.trigger_world import World, person, world
from workflow_kernel.base.errors import NotAllowedError, NotFoundError
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.executions import StartOptions


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[World]:
    async with world(settings) as found:
        yield found


async def test_executions_add_up_for_those_who_may_see_them(service: World) -> None:
    good = await service.hook({"path": "good"}, {"a": "test.add"}, "hook > a", name="Good")
    bad = await service.hook(
        {"path": "bad"}, {"stop": ("flow.stop_and_error", {"message": "No."})}, "hook > stop", name="Bad"
    )
    for workflow, count in ((good, 3), (bad, 1)):
        for _ in range(count):
            await service.service.executions.start(service.actor, workflow, StartOptions())
        await service.ended(workflow, count)

    statistics = service.service.statistics
    course = await statistics.course(service.actor, hours=24)
    assert (course.sums.count, course.sums.succeeded, course.sums.failed, course.sums.at_hand) == (4, 3, 1, 0)
    assert course.sums.success == 0.75
    assert course.sums.median is not None and course.sums.slowest is not None
    assert sum(bucket.succeeded + bucket.failed for bucket in course.buckets) == 4
    assert all(bucket.at >= course.since for bucket in course.buckets)
    assert {(one.workflow, one.count, one.failed) for one in course.workflows} == {(good, 3, 0), (bad, 1, 1)}

    of = [(row.id, workflow) for workflow in (good, bad) for row in await service.executions(workflow)]
    nodes = {(one.workflow, one.count, one.failed) for one in await statistics.nodes(service.actor, of)}
    assert {(good, 3, 0), (bad, 1, 1)} <= nodes

    other, _ = await person(service.service, name="eve")
    assert (await statistics.course(other)).sums.count == 0
    with pytest.raises((NotFoundError, NotAllowedError)):
        await statistics.course(other, project=service.project)


async def test_days_are_the_steps_of_a_month(service: World) -> None:
    course = await service.service.statistics.course(service.actor, hours=720)
    assert course.step.days == 1
    assert course.sums.success is None
