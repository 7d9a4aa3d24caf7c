"""A backend in front of another one, which lets so many runs of a node type go on at once; the others wait for a place.

``app.core`` puts it there where the setting ``node_concurrency`` says something. A run says why it waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from workflow_kernel.contracts import Capacity, ClusterState, Tenure, Turns
from workflow_kernel.runs.outcome import Outcome
from workflow_kernel.worker import failure
from workflow_kernel.worker.backend import Backend, GoOn, Key
from workflow_kernel.worker.task import NodeTask

AGAIN = 0.25
"""Seconds after which a place that another process may have freed is asked for again."""

AHEAD = 200
"""Nodes of a fragment that are looked at."""

Report = Callable[[Key, Outcome], None]


class LimitedBackend:
    """See the module.

    Parameters
    ----------
    backend: computes the runs. most: runs at once, by node type (``web.http_request``) or family (``web.*``).
    turns: the places, shared with other processes.
    """

    def __init__(self, backend: Backend, most: Mapping[str, int], turns: Turns) -> None:
        self._backend = backend
        self._most = most
        self._turns = turns
        self._name = uuid.uuid4().hex
        self._lines: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._freed: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._waiting: dict[Key, tuple[NodeTask, asyncio.Task[None]]] = {}
        self._chores: set[asyncio.Task[None]] = set()

    @property
    def tenure(self) -> Tenure | None:
        """See the contract."""
        return self._backend.tenure

    def submit(self, key: Key, task: NodeTask, done: Report, go_on: GoOn | None = None) -> Outcome | None:
        """See the contract."""
        kind = self._kind_of(task)
        if kind is not None:
            work = asyncio.create_task(self._run(kind, key, task, done), name=f"waits for a turn of {kind}")
            work.add_done_callback(partial(self._left, kind, key, task, done))
            self._waiting[key] = (task, work)
            return None
        if go_on is not None and any(self._kind_of(following) is not None for following in go_on.ahead(AHEAD)):
            go_on = None  # those that follow must ask for places of their own
        return self._backend.submit(key, task, done, go_on)

    def cancel(self, key: Key) -> None:
        """See the contract."""
        if key in self._waiting:
            task, work = self._waiting[key]
            task.cancellation.set()
            work.cancel()
        else:
            self._backend.cancel(key)

    def capacity(self) -> Capacity:
        """See the contract."""
        found = self._backend.capacity()
        return Capacity(found.slots, found.running + len(self._waiting))

    def report(self) -> ClusterState | None:
        """See the contract."""
        return self._backend.report()

    async def ended(self, keys: Iterable[Key]) -> None:
        """See the contract."""
        keys = list(keys)
        works = [self._waiting[key][1] for key in keys if key in self._waiting]
        await asyncio.gather(*works, return_exceptions=True)
        await self._backend.ended(keys)

    async def close(self) -> None:
        """See the contract."""
        for key in list(self._waiting):
            self.cancel(key)
        await self.ended(list(self._waiting))
        await self._backend.close()
        await asyncio.gather(*self._chores, return_exceptions=True)
        await self._turns.close()

    def _kind_of(self, task: NodeTask) -> str | None:
        """The limit a run comes under."""
        kind, family = task.node.type, f"{task.node.type.partition('.')[0]}.*"
        return next((name for name in (kind, family) if name in self._most), None)

    async def _run(self, kind: str, key: Key, task: NodeTask, done: Report) -> None:
        """Wait for a place, then run it there."""
        holder = self._holder(key)
        await self._take(kind, task, holder)
        del self._waiting[key]

        def report(key: Key, outcome: Outcome) -> None:
            self._give(kind, holder)
            done(key, outcome)

        outcome = self._backend.submit(key, task, report)
        if outcome is not None:
            report(key, outcome)

    def _left(self, kind: str, key: Key, task: NodeTask, done: Report, work: asyncio.Task[None]) -> None:
        """A run was stopped while it waited, perhaps before it began to."""
        if work.cancelled():
            del self._waiting[key]
            self._give(kind, self._holder(key))
            done(key, failure.cancelled(task))

    def _holder(self, key: Key) -> str:
        return f"{key[0]} {key[1]} {self._name}"

    async def _take(self, kind: str, task: NodeTask, holder: str) -> None:
        most, line = self._most[kind], self._lines[kind]
        if not line.locked() and await self._turns.take(kind, most, holder):
            return
        tell = task.on_wait or _nobody
        tell(f"Waiting: {most} run{'s' * (most > 1)} of {kind} may go on at once")
        async with line:  # first come, first served
            while not await self._turns.take(kind, most, holder):
                self._freed[kind].clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._freed[kind].wait(), AGAIN)
        tell("")

    def _give(self, kind: str, holder: str) -> None:
        async def give() -> None:
            await self._turns.give(kind, holder)
            self._freed[kind].set()

        chore = asyncio.get_running_loop().create_task(give(), name="gives a turn back")
        self._chores.add(chore)
        chore.add_done_callback(self._chores.discard)


def _nobody(reason: str) -> None:
    """Nobody listens."""
