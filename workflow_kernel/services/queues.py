"""The queues as people who run the service see them: how full, how fast, and what failed for good."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec

from workflow_kernel.base.errors import InvalidRequestError, UnavailableError
from workflow_kernel.contracts import Bus
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.permission import needs
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.queue_bullmq import QUEUES, DeadLetter, QueueCounts, QueueName, Queues

CHANNEL = "queues"
"""Where live counts are told."""

PAUSE = 1.0
"""Seconds between live counts."""


class QueueRoom:
    """Looks at queues, and mends what is stuck there.

    Parameters
    ----------
    queues: the queues. database: has the audit trail. bus: where live counts go.
    """

    def __init__(self, queues: Queues, database: Database, bus: Bus) -> None:
        self._queues = queues
        self._database = database
        self._bus = bus
        self._work: asyncio.Task[None] | None = None

    async def __aenter__(self) -> QueueRoom:
        self._work = asyncio.create_task(self._tell_for_ever(), name="queue counts")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    @needs("queue.read")
    async def counts(self, actor: Actor) -> list[QueueCounts]:
        """How full each queue is."""
        return [await self._queues.counts(name) for name in QUEUES]

    @needs("queue.read")
    async def dead_letters(self, actor: Actor, queue: str, start: int = 0, limit: int = 100) -> list[DeadLetter]:
        """Entries of a queue that failed for good, the newest first."""
        return [_shown(letter) for letter in await self._queues.dead_letters(_checked(queue), start, limit)]

    @needs("queue.read")
    async def dead_letter(self, actor: Actor, queue: str, entry: str) -> DeadLetter:
        """An entry that failed for good."""
        return _shown(await self._queues.dead_letter(_checked(queue), entry))

    @needs("queue.update")
    async def retry(self, actor: Actor, queue: str, entry: str) -> None:
        """Put a dead letter into its queue again, with all its attempts."""
        await self._queues.retry(_checked(queue), entry)
        await self._note(actor, "queue.retry", queue, entry)

    @needs("queue.update")
    async def discard(self, actor: Actor, queue: str, entry: str) -> None:
        """Throw a dead letter away."""
        await self._queues.discard(_checked(queue), entry)
        await self._note(actor, "queue.discard", queue, entry)

    async def _note(self, actor: Actor, action: str, queue: str, entry: str) -> None:
        async with self._database.session() as session:
            record(session, actor, action, f"queue:{queue}", entry=entry)

    async def _tell_for_ever(self) -> None:
        last = b""
        while True:
            with contextlib.suppress(UnavailableError, OSError):
                counts = [await self._queues.counts(name) for name in QUEUES]
                data = msgspec.json.encode({"event": "queues", "queues": counts})
                if data != last:
                    self._bus.publish(CHANNEL, data)
                    last = data
            await asyncio.sleep(PAUSE)


def _shown(letter: DeadLetter) -> DeadLetter:
    """A dead letter without what only its receiver may read: a mail may hold a link that signs in."""
    message = letter.data.get("message")
    if not isinstance(message, dict):
        return letter
    data = {"to": message.get("to"), "subject": message.get("subject")}
    return msgspec.structs.replace(letter, data=data)


def _checked(queue: str) -> QueueName:
    for name in QUEUES:
        if name == queue:
            return name
    raise InvalidRequestError(
        f"There is no queue '{queue[:80]}'.", code="WF779", mend="The queues are: " + ", ".join(QUEUES) + "."
    )
