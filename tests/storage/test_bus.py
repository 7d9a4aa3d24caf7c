"""One suite for every bus: what is published is heard in order, again after an id, and what is lost is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from redis.asyncio import Redis

from workflow_kernel.contracts import LOST, Bus, LiveMessage
from workflow_kernel.storage import bus_redis
from workflow_kernel.storage.bus_memory import MemoryBus
from workflow_kernel.storage.bus_redis import RedisBus


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture(params=["memory", "redis"])
async def bus(request: pytest.FixtureRequest, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bus]:
    if request.param == "memory":
        yield MemoryBus(most_unread=10)
        return
    monkeypatch.setattr(bus_redis, "MOST_UNREAD", 10)
    async with RedisBus(redis) as found:
        yield found


async def take(listener: AsyncIterator[LiveMessage], count: int) -> list[LiveMessage]:
    async with asyncio.timeout(20):
        return [await anext(listener) for _ in range(count)]


async def heard(bus: Bus, channel: str, count: int) -> list[LiveMessage]:
    """Wait until so many messages of a channel are kept."""
    listener: Any = bus.listen(channel, "0")
    async with aclosing(listener):
        return await take(listener, count)


async def test_messages_are_heard_in_order_by_everybody_who_listens_to_the_channel(bus: Bus) -> None:
    first, second, other = (bus.listen(name, "0") for name in ("a", "a", "b"))
    for number in range(5):
        bus.publish("a", str(number).encode())
    bus.publish("b", b"other")
    for listener in (first, second):
        assert [message.data for message in await take(listener, 5)] == [b"0", b"1", b"2", b"3", b"4"]
    assert [(message.channel, message.data) for message in await take(other, 1)] == [("b", b"other")]
    for listener in (first, second, other):
        await listener.aclose()  # type: ignore[attr-defined]


async def test_a_listener_goes_on_where_it_left_off(bus: Bus) -> None:
    for number in range(4):
        bus.publish("a", str(number).encode())
    found = await heard(bus, "a", 4)
    listener: Any = bus.listen("a", found[1].id)
    async with aclosing(listener):
        assert [message.data for message in await take(listener, 2)] == [b"2", b"3"]
        bus.publish("a", b"4")
        assert [message.data for message in await take(listener, 1)] == [b"4"]


async def test_who_goes_on_after_the_position_misses_nothing(bus: Bus) -> None:
    assert await bus.position("a") == "0"
    bus.publish("a", b"before")
    await heard(bus, "a", 1)
    position = await bus.position("a")
    bus.publish("a", b"after")
    await heard(bus, "a", 2)
    listener: Any = bus.listen("a", position)
    async with aclosing(listener):
        assert [message.data for message in await take(listener, 1)] == [b"after"]


async def test_who_asks_for_what_is_not_kept_any_more_is_told(bus: Bus) -> None:
    bus.publish("a", b"new")
    await heard(bus, "a", 1)
    for after in ("999999999999999", "1000000"):
        listener: Any = bus.listen("a", after)
        async with aclosing(listener):
            assert (await take(listener, 1))[0].data == LOST


async def test_a_listener_that_is_too_slow_is_told_that_it_lost_some(bus: Bus) -> None:
    slow: Any = bus.listen("a", "0")
    quick: Any = bus.listen("a", "0")
    async with aclosing(slow), aclosing(quick):
        bus.publish("a", b"first")
        for listener in (slow, quick):
            assert (await take(listener, 1))[0].data == b"first"
        for round_ in range(5):
            for number in range(5):
                bus.publish("a", f"{round_}.{number}".encode())
            assert (await take(quick, 5))[-1].data == f"{round_}.4".encode()
        # 25 messages for a queue of 10: it was emptied twice, and is told so.
        seen = [message.data for message in await take(slow, 5)]
        assert seen == [LOST, b"4.1", b"4.2", b"4.3", b"4.4"]


async def test_a_bus_that_was_away_says_so(redis: Redis) -> None:
    async with RedisBus(redis) as bus:
        listener: Any = bus.listen("a", "0")
        async with aclosing(listener):
            bus.publish("a", b"one")
            assert (await take(listener, 1))[0].data == b"one"
            await redis.client_kill_filter(_type="pubsub")
            assert (await take(listener, 1))[0].data == LOST
            bus.publish("a", b"two")
            assert (await take(listener, 1))[0].data == b"two"


async def test_what_was_published_is_sent_before_the_bus_closes(redis: Redis) -> None:
    async with RedisBus(redis) as bus:
        for number in range(100):
            bus.publish("a", str(number).encode())
    assert await redis.xlen("live:a") == 100


async def test_what_is_so_now_is_held_until_it_is_taken_back(bus: Bus) -> None:
    bus.hold("a", "one", b"1")
    bus.hold("a", "two", b"2")
    bus.hold("a", "one", b"")
    bus.publish("a", b"said after")
    await heard(bus, "a", 1)
    assert await bus.held("a") == {"two": b"2"}
    assert await bus.held("b") == {}
