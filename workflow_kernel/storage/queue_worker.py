"""A worker of BullMQ that asks Redis for as many entries at once as there seem to be; the queues use it.

BullMQ's own asks for as many as it may work on, each time one has come: 50 empty answers for one entry.
"""

from __future__ import annotations

import asyncio
from typing import Any

from bullmq import Job, Worker  # type: ignore[import-untyped]

STREAK = 3
"""Entries one after another, without an empty answer in between, from which on it asks for several at once."""

AT_ONCE = 16


class QueueWorker(Worker):  # type: ignore[misc]
    """See BullMQ's ``Worker``; takes what that takes."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._alone = asyncio.Semaphore(1)
        self._together = asyncio.Semaphore(AT_ONCE)
        self._streak = 0
        super().__init__(*arguments, **options)

    async def getNextJob(self, token: str) -> Job | None:  # noqa: N802 - named by BullMQ
        """The next entry; None when there is none, when another call waits for one, or when work is paused."""
        async with self._together if self._streak >= STREAK else self._alone:
            if self.closing or self.paused or self.waiting:
                return None
            found = await super().getNextJob(token)
            self._streak = 0 if found is None else self._streak + 1
            return found
