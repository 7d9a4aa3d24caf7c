"""Limits of node types: so many runs at once over all processes, the others say why they wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
import pytest

from tests.engine.drawn import Calls, draw
from tests.services.running import Running, running
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.actor import SYSTEM
from workflow_kernel.storage.redis import open_redis
from workflow_kernel.storage.turns import RedisTurns

GATED = draw({"start": "flow.manual_trigger", "gate": "test.gate", "b": "test.add"}, "start > gate, gate > b")


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Running]:
    calls = Calls()
    limits = {"node_concurrency": {"test.gate": 1}}
    async with running(settings, calls, set=limits) as found, running(settings, calls, set=limits):
        yield found


async def reason_of(service: Running, execution: UUID) -> str:
    """Why a node of an execution waits, as its listeners are told."""
    async with asyncio.timeout(30):
        async for message in service.core.bus.listen(f"execution:{execution}", "0"):
            for event in msgspec.json.decode(message.data):
                if event["event"] == "node.waiting" and event["node"] == "gate":
                    return str(event["reason"])
    raise AssertionError("nothing more is told")


async def test_runs_over_the_limit_wait_and_say_so_in_whatever_process(service: Running) -> None:
    workflow = await service.keep(GATED)
    first = await service.again(workflow)
    await service.calls.began.wait()
    others = [await service.again(workflow) for _ in range(3)]
    for other in others:
        assert await reason_of(service, other) == "Waiting: 1 run of test.gate may go on at once"
    (seen,) = [run for run in await service.executions.node_runs(SYSTEM, others[0]) if run.state == "waiting"]
    assert (seen.node, seen.reason) == ("gate", "Waiting: 1 run of test.gate may go on at once")
    assert service.calls.names() == ["gate"]
    stopped = others.pop()
    await service.executions.cancel(SYSTEM, stopped)
    await service.ends(stopped, "cancelled")
    service.calls.gate.set()
    for execution in (first, *others):
        await service.ends(execution)
        assert not any(run.reason for run in await service.executions.node_runs(SYSTEM, execution))
        assert not await service.core.bus.held(f"execution:{execution}")
    assert service.calls.names().count("gate") == 3


async def test_places_of_a_process_that_is_gone_come_free(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflow_kernel.storage.turns.HELD", 0.3)
    client = open_redis(redis_url, text=True)
    gone, lives = RedisTurns(client), RedisTurns(client)
    assert await gone.take("a", 1, "x") and await gone.take("a", 1, "x")
    assert not await lives.take("a", 1, "y")
    first = await client.zscore("workflow:turns:a", "x")
    async with asyncio.timeout(30):
        while await client.zscore("workflow:turns:a", "x") == first:  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.05)
    await gone.close()
    async with asyncio.timeout(30):
        while not await lives.take("a", 1, "y"):  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.05)
    await lives.close()
    await client.aclose()


async def test_without_redis_a_process_counts_its_own() -> None:
    client = open_redis("redis://127.0.0.1:1", text=True)
    turns = RedisTurns(client)
    assert [await turns.take("a", 1, "x"), await turns.take("a", 1, "y")] == [True, False]
    await turns.give("a", "x")
    assert await turns.take("a", 1, "y")
    await turns.close()
    await client.aclose()
