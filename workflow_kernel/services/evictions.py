"""Takes from runners that went silent what they hold of a cluster, and tells this process when that happened to it.

A process that froze keeps what its cluster gave it, so that others would wait for places nobody uses. ``app.core`` has
one of these in each process; it does something in those whose backend runs on a cluster.
"""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

import structlog

from workflow_kernel.contracts import Tenure
from workflow_kernel.storage.executions import ExecutionStore

PAUSE = 1.0
"""Seconds between looks, at most."""

_log = structlog.get_logger("workflow.evictions")


class Evictions:
    """Looks again and again.

    Parameters
    ----------
    store: where runners are. tenure: the hold of this process; None where it has none.
    beat: seconds between signs of life. A runner is given one more: Postgres may have been away from all of them.
    """

    def __init__(self, store: ExecutionStore, tenure: Tenure | None, runner: UUID, *, beat: float) -> None:
        self.is_evicted = asyncio.Event()
        """Set once this process holds nothing any more: it must begin anew."""
        self._store = store
        self._tenure = tenure
        self._runner = runner
        self._grace = beat
        self._suspects: dict[UUID, float] = {}
        self._asked_at = 0.0
        self._work: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Evictions:
        if self._tenure is not None:
            self._work = asyncio.create_task(self._look_for_ever(self._tenure), name="evictions")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def leave(self) -> None:
        """Let others have at once what this process still drives."""
        await self._store.leave(self._runner)

    async def _look_for_ever(self, tenure: Tenure) -> None:
        while not self.is_evicted.is_set():
            try:
                await self._look(tenure)
            except Exception as error:  # Postgres or the head of the cluster may be away; the next look tries again
                _log.info("evictions.failed", error=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(min(PAUSE, self._grace / 4 if self._suspects else self._grace))

    async def _look(self, tenure: Tenure) -> None:
        now = time.monotonic()
        if now >= self._asked_at + self._grace:
            if await tenure.is_over():
                _log.warning("runner.evicted", runner=str(self._runner))
                self.is_evicted.set()
                return
            self._asked_at = now
        silent = await self._store.silent_places()
        self._suspects = {found: self._suspects.get(found, now) for found in silent if found != self._runner}
        for runner, since in self._suspects.items():
            if now - since >= self._grace and await tenure.evict(silent[runner]):
                _log.warning("runner.silent", runner=str(runner))
                await self._store.vacate(runner)
