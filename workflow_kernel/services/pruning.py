"""Takes away what need not be kept any longer: old executions, deleted workflows, unused blobs, expired keys.

One server at a time does it, in small steps with pauses, so that nobody notices. Blobs are looked at before executions
are: those of an execution that goes now are taken at the earliest the next time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import structlog

from workflow_kernel.base.settings import Settings
from workflow_kernel.services.actor import SYSTEM, Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.permission import needs
from workflow_kernel.storage import pruning
from workflow_kernel.storage.blob_references import in_use
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.pruning import SweptBlobs

BATCH = 500
"""Rows taken at once."""

BREATH = 0.02
"""Seconds between two batches."""

PAUSE = 3600.0
"""Seconds between two looks."""

BLOB_PAUSE = 24 * 3600.0
"""Seconds between two looks at the blobs, which read much."""

GRACE = 24 * 3600.0
"""Seconds a blob nobody names stays: whoever has just put it may be about to name it."""

KEPT_TICKS = timedelta(days=30)

_log = structlog.get_logger("workflow.pruning")


class Pruned(msgspec.Struct, frozen=True):
    """How much was taken away. ``is_alone`` is False where another server was at it, and nothing was done."""

    is_alone: bool = True
    executions: int = 0
    workflows: int = 0
    blobs: int = 0
    keys: int = 0


class Pruning:
    """Prunes once an hour while it is open.

    Parameters
    ----------
    database, blobs: what is pruned. settings: how much is kept.
    pause: seconds between two looks. grace: seconds unused blobs stay.
    """

    def __init__(
        self,
        database: Database,
        blobs: SweptBlobs,
        settings: Settings,
        *,
        pause: float = PAUSE,
        grace: float = GRACE,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._settings = settings
        self._pause = pause
        self._grace = grace
        self._blobs_due = time.monotonic() + pause
        self._work: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Pruning:
        self._work = asyncio.create_task(self._prune_for_ever(), name="pruning")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    @needs("settings.update")
    async def prune(self, actor: Actor, *, blobs: bool = True) -> Pruned:
        """Take away now what need not be kept; unused blobs only where asked for."""
        async with pruning.alone(self._database) as is_alone:
            if not is_alone:
                return Pruned(is_alone=False)
            swept = await self._sweep_blobs() if blobs else 0
            pruned = Pruned(
                executions=await self._prune_executions(),
                workflows=await self._purge_workflows(),
                blobs=swept,
                keys=await self._forget_keys(),
            )
        if pruned != Pruned():
            async with self._database.session() as session:
                record(session, actor, "settings.prune", **msgspec.to_builtins(pruned))
        return pruned

    async def _prune_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            is_blobs_turn = time.monotonic() >= self._blobs_due
            try:
                pruned = await self.prune(SYSTEM, blobs=is_blobs_turn)
                _log.info("pruning.done", **msgspec.to_builtins(pruned))
                if is_blobs_turn:
                    self._blobs_due = time.monotonic() + BLOB_PAUSE
            except Exception as error:  # Postgres or the blob store may be away; there is a next time
                _log.warning("pruning.failed", error=f"{type(error).__name__}: {error}"[:300])

    async def _prune_executions(self) -> int:
        taken = 0
        if self._settings.keep_days:
            moment = datetime.now(UTC) - timedelta(days=self._settings.keep_days)
            taken += await self._all(lambda limit: pruning.executions_before(self._database, moment, limit))
        if self._settings.keep_count:
            last = await pruning.last_kept(self._database, self._settings.keep_count)
            if last is not None:
                taken += await self._all(lambda limit: pruning.executions_beyond(self._database, last, limit))
        return taken

    async def _purge_workflows(self) -> int:
        if not self._settings.keep_deleted_days:
            return 0
        moment = datetime.now(UTC) - timedelta(days=self._settings.keep_deleted_days)
        taken = 0
        while found := await pruning.deleted_workflows(self._database, moment, BATCH):
            before = taken
            for workflow in found:
                await self._executions_of(workflow)
                taken += await pruning.workflow(self._database, workflow, moment)
            if taken == before:
                break
        return taken

    async def _executions_of(self, workflow: UUID) -> None:
        await self._all(lambda limit: pruning.executions_of(self._database, workflow, limit))

    async def _forget_keys(self) -> int:
        now = datetime.now(UTC)
        return (
            await self._all(lambda limit: pruning.deliveries(self._database, now, limit))
            + await self._all(lambda limit: pruning.ticks(self._database, now - KEPT_TICKS, limit))
            + await self._all(lambda limit: pruning.expired_webhooks(self._database, now, limit))
        )

    async def _sweep_blobs(self) -> int:
        """Take blobs away that nothing names and nobody has put for a while."""
        before = time.time() - self._grace
        old = await asyncio.to_thread(lambda: frozenset(self._blobs.old(before)))
        if not old:
            return 0
        unused = sorted(old - await in_use(self._database, self._blobs, old))
        taken = 0
        for start in range(0, len(unused), BATCH):
            taken += await asyncio.to_thread(self._discard, unused[start : start + BATCH], before)
            await asyncio.sleep(BREATH)
        return taken

    def _discard(self, unused: list[str], before: float) -> int:
        return sum(self._blobs.discard(digest, before) for digest in unused)

    async def _all(self, step: Callable[[int], Awaitable[int]]) -> int:
        """Take one batch after another until there is nothing left."""
        taken = 0
        while True:
            count = await step(BATCH)
            taken += count
            if count < BATCH:
                return taken
            await asyncio.sleep(BREATH)
