"""Webhooks of a whole service, called over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.services.trigger_world import World, world
from workflow_kernel.base.settings import Settings


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[World]:
    async with world(settings) as found:
        yield found


async def test_it(service: World) -> None:
    workflow = await service.hook({"path": "orders/:id"}, {"a": "test.add"}, "hook > a")
    answer = await service.client.post("/webhook/orders/7?x=1", json={"b": 1})
    assert (answer.status_code, answer.json()) == (200, {"message": "Workflow was started"})
    (row,) = await service.ended(workflow)
    assert row.state == "succeeded"
