"""Finds executions that nobody would run: their runner went silent, their time has come, or Redis lost their entry."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import structlog

from workflow_kernel.services.launcher import Launcher
from workflow_kernel.storage.executions import ExecutionStore
from workflow_kernel.storage.queue_bullmq import Queues

PAUSE = 1.0
"""Seconds between sweeps, at most."""

_log = structlog.get_logger("workflow.sweeper")


class Sweeper:
    """Brings executions back into their queues. Any number of servers may sweep at once.

    Parameters
    ----------
    lease: seconds of a runner's lease. pause: seconds between sweeps, at most.
    """

    def __init__(
        self, store: ExecutionStore, launcher: Launcher, queues: Queues, *, lease: float, pause: float = PAUSE
    ) -> None:
        self._store = store
        self._launcher = launcher
        self._queues = queues
        self._lease = lease
        self._pause = min(pause, max(0.05, lease / 4))
        self._work: asyncio.Task[None] | None = None
        self._sweeps = 0

    async def __aenter__(self) -> Sweeper:
        self._work = asyncio.create_task(self._sweep_for_ever(), name="sweeper")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def sweep(self) -> int:
        """Look once; gives how many executions were brought back."""
        found = [*await self._store.free_orphans(), *await self._store.wake()]
        self._sweeps += 1
        if self._sweeps % 5 == 1 and await self._is_short():
            found += await self._store.forgotten(older_than=min(5.0, self._lease))
        if found:
            await self._launcher.enqueue(found)
        if self._sweeps % 60 == 0:
            await self._store.forget_dead_runners(100 * self._lease)
        return len(found)

    async def _is_short(self) -> bool:
        """Whether the queues hold fewer executions than wait."""
        waiting = (await self._store.counts()).get("queued", 0)
        if not waiting:
            return False
        return waiting > await self._queues.size("workflow-execution") + await self._queues.size("webhook-processing")

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                await self.sweep()
                await self._queues.keep_up()
                pause = await self._until_next()
            except Exception as error:  # Postgres or Redis may be away; the next sweep finds everything
                _log.warning("sweeper.failed", error=f"{type(error).__name__}: {error}"[:300])
                pause = self._pause
            await asyncio.sleep(pause)

    async def _until_next(self) -> float:
        next_wake = await self._store.next_wake()
        if next_wake is None:
            return self._pause
        return max(0.01, min(self._pause, (next_wake - datetime.now(UTC)).total_seconds()))
