"""How often webhooks were called: counted in memory, kept every few seconds, so that a call costs no query."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import structlog

from workflow_kernel.storage import triggers as queries
from workflow_kernel.storage.database import Database

EVERY = 5.0
"""Seconds between two times the counts are kept."""

_log = structlog.get_logger("workflow.webhooks")


class CallCounts:
    """The counts of one server.

    Parameters
    ----------
    database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._calls: dict[UUID, tuple[int, datetime]] = {}
        self._work: asyncio.Task[None] | None = None

    async def __aenter__(self) -> CallCounts:
        self._work = asyncio.create_task(self._keep_for_ever(), name="webhook counts")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        await self._try()

    def add(self, webhook: UUID) -> None:
        """Count a call."""
        count, _ = self._calls.get(webhook, (0, None))
        self._calls[webhook] = (count + 1, datetime.now(UTC))

    async def keep(self) -> None:
        """Keep what was counted."""
        if not self._calls:
            return
        calls, self._calls = self._calls, {}
        try:
            await queries.count_calls(self._database, calls)
        except BaseException:
            for webhook, (count, at) in calls.items():
                later, last = self._calls.get(webhook, (0, at))
                self._calls[webhook] = (count + later, max(at, last))
            raise

    async def _try(self) -> None:
        try:
            await self.keep()
        except Exception as error:  # Postgres may be away; the next time keeps them
            _log.warning("webhook_counts.unavailable", error=f"{type(error).__name__}: {error}"[:300])

    async def _keep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self._try()
