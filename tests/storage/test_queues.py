"""The queues: priorities by weight, attempts with growing pauses, dead letters, counts. On a real Redis."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from workflow_kernel.base.errors import NotFoundError, TooManyError, UnavailableError
from workflow_kernel.storage.queue_bullmq import Attempt, Entry, Later, Queues
from workflow_kernel.storage.redis import open_redis

QUEUE = "workflow-execution"


@pytest.fixture
async def queues(redis_url: str) -> AsyncIterator[Queues]:
    client = open_redis(redis_url, text=True)
    found = Queues(client, bound=1000, backoff=5)
    yield found
    await found.close()
    await client.aclose()


class Worked:
    """What was worked on, in order."""

    def __init__(self, expected: int, failures: int = 0) -> None:
        self.seen: list[str] = []
        self.lasts: list[bool] = []
        self.is_over = asyncio.Event()
        self._expected = expected
        self._failures = failures

    async def __call__(self, attempt: Attempt) -> None:
        self.seen.append(attempt.data["id"])
        self.lasts.append(attempt.is_last)
        if len(self.seen) >= self._expected:
            self.is_over.set()
        if len(self.seen) <= self._failures:
            raise RuntimeError("no luck")


async def over(worked: Worked) -> list[str]:
    await asyncio.wait_for(worked.is_over.wait(), 30)
    return worked.seen


def entries(name: str, count: int, priority: int) -> list[Entry]:
    return [Entry(f"{name}{n}", {"id": f"{name}{n}"}, priority) for n in range(count)]


async def test_priorities_share_by_weight_and_the_lowest_moves(queues: Queues) -> None:
    for priority in (5, 4, 3, 2, 1):
        await queues.add(QUEUE, entries(f"{priority}-", 40, priority))
    worked = Worked(200)
    queues.work(QUEUE, worked, 1)
    seen = await over(worked)
    first = Counter(name[0] for name in seen[:31])
    assert (first["1"], first["2"], first["3"], first["4"], first["5"]) == (16, 8, 4, 2, 1)
    for priority in "12345":
        mine = [name for name in seen if name[0] == priority]
        assert mine == [f"{priority}-{n}" for n in range(40)]


async def test_a_first_priority_entry_goes_before_what_waits(queues: Queues) -> None:
    await queues.add(QUEUE, entries("low", 600, 5))
    await queues.add(QUEUE, entries("high", 1, 1))
    worked = Worked(2)
    queues.work(QUEUE, worked, 1)
    assert "high0" in (await over(worked))[:2]


async def test_the_same_entry_is_there_once(queues: Queues) -> None:
    for _ in range(3):
        await queues.add(QUEUE, entries("same", 1, 3))
    assert (await queues.counts(QUEUE)).waiting == 1


async def test_a_full_queue_refuses_all_that_does_not_fit(queues: Queues) -> None:
    await queues.add(QUEUE, entries("a", 995, 3))
    with pytest.raises(TooManyError, match="is full: 995 wait") as caught:
        await queues.add(QUEUE, entries("b", 6, 3))
    assert caught.value.retry_after > 0
    assert (await queues.counts(QUEUE)).waiting == 995


async def test_an_attempt_that_fails_is_followed_by_others(queues: Queues) -> None:
    worked = Worked(3, failures=2)
    await queues.add(QUEUE, entries("x", 1, 3))
    queues.work(QUEUE, worked, 1)
    assert await over(worked) == ["x0"] * 3
    assert worked.lasts == [False] * 3


async def test_what_fails_for_good_is_a_dead_letter_until_it_is_retried_or_discarded(queues: Queues) -> None:
    worked = Worked(5, failures=5)
    await queues.add(QUEUE, entries("x", 1, 3))
    queues.work(QUEUE, worked, 1)
    await over(worked)
    assert worked.lasts == [False] * 4 + [True]
    letters = await _letters(queues, 1)
    assert [(letter.id, letter.reason, letter.attempts) for letter in letters] == [("x0", "no luck", 5)]
    assert (await queues.counts(QUEUE)).failed == 1
    worked.is_over.clear()
    await queues.retry(QUEUE, "x0")
    assert (await over(worked))[5:] == ["x0"]
    await _letters(queues, 0)
    with pytest.raises(NotFoundError):
        await queues.discard(QUEUE, "x0")


async def test_an_entry_that_comes_too_early_comes_again_and_loses_no_attempt(queues: Queues) -> None:
    seen: list[bool] = []
    done = asyncio.Event()

    async def work(attempt: Attempt) -> None:
        seen.append(attempt.is_last)
        if len(seen) < 8:
            raise Later(0.005)
        done.set()

    await queues.add(QUEUE, entries("x", 1, 3))
    queues.work(QUEUE, work, 1)
    await asyncio.wait_for(done.wait(), 30)
    assert seen == [False] * 8


async def test_virtual_time_stays_in_bounds(queues: Queues) -> None:
    await queues.add(QUEUE, entries("a", 3, 5))
    client = queues._client
    key = f"bull:{QUEUE}:prioritized"
    for name, score in await client.zrange(key, 0, -1, withscores=True):
        await client.zadd(key, {name: score + 1_500_000 * 2**32})
    await client.hincrby(f"bull:{QUEUE}:virtual", "5", 1_500_000)
    await queues.keep_up()
    await queues.add(QUEUE, entries("b", 1, 1))
    places = [score // 2**32 for _, score in await client.zrange(key, 0, -1, withscores=True)]
    assert max(places) < 100
    worked = Worked(4)
    queues.work(QUEUE, worked, 1)
    assert set(await over(worked)) == {"a0", "a1", "a2", "b0"}


async def test_a_redis_that_is_away_is_told_plainly() -> None:
    client = open_redis("redis://127.0.0.1:1/0", text=True)
    found = Queues(client)
    with pytest.raises(UnavailableError, match="Redis does not answer"):
        await found.add(QUEUE, entries("x", 1, 3))
    await found.check_room(QUEUE)
    await client.aclose()


async def _letters(queues: Queues, count: int) -> list:  # type: ignore[type-arg]
    async with asyncio.timeout(30):
        while len(found := await queues.dead_letters(QUEUE)) != count:  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.01)
    return found
