"""What a silent process holds of a cluster is taken from it, once it had time to say that it lives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from workflow_kernel.base.ids import new_id
from workflow_kernel.services.evictions import Evictions
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.executions import ExecutionStore

BEAT = 0.2


class Held:
    """A hold on a cluster that knows places beginning with ``here``."""

    place = "here own"

    def __init__(self) -> None:
        self.ended: list[str] = []

    async def evict(self, place: str) -> bool:
        if place.startswith("here"):
            self.ended.append(place)
            return True
        return False

    async def is_over(self) -> bool:
        return self.place in self.ended


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what is looked at tells nobody
            await asyncio.sleep(0.01)


async def test_the_place_of_a_silent_runner_is_taken_and_no_other(database: Database) -> None:
    store, held = ExecutionStore(database, MemoryBlobs()), Held()
    own, lives, silent, late, elsewhere = (new_id() for _ in range(5))
    await store.beat(own, "h", 1, 60.0, held.place)
    await store.beat(lives, "h", 2, 60.0, "here lives")
    for runner, place in ((silent, "here silent"), (late, "here late"), (elsewhere, "there")):
        await store.beat(runner, "h", 3, -1.0, place)
    evictions = Evictions(store, held, own, beat=BEAT)
    async with evictions:
        await asyncio.sleep(0)
        await store.beat(late, "h", 3, 60.0, "here late")  # it was Postgres that was away
        await _until(lambda: bool(held.ended))
        assert held.ended == ["here silent"]
        async with asyncio.timeout(30):
            while silent in await store.silent_places():  # noqa: ASYNC110 - Postgres tells nobody
                await asyncio.sleep(0.01)
        assert await store.silent_places() == {elsewhere: "there"}
        assert not evictions.is_evicted.is_set()
        held.ended.append(held.place)
        await _until(evictions.is_evicted.is_set)


async def test_a_process_without_a_cluster_takes_nothing(database: Database) -> None:
    store = ExecutionStore(database, MemoryBlobs())
    runner = new_id()
    await store.beat(runner, "h", 1, -1.0, "here silent")
    async with Evictions(store, None, new_id(), beat=BEAT):
        await asyncio.sleep(0)
    assert runner in await store.silent_places()
