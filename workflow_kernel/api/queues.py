"""Queues over HTTP: how full they are, and their dead letters."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from workflow_kernel.api.routing import Page, PageQuery, Request, route
from workflow_kernel.storage.queue_bullmq import DeadLetter, QueueCounts

TAG = "Queues"
Name = Literal["workflow-execution", "webhook-processing", "email-sending"]


class QueueShown(BaseModel):
    """How full a queue is, and how many entries came and went in the last full minute."""

    model_config = ConfigDict(extra="forbid")

    queue: str
    waiting: int
    delayed: int = Field(description="Entries that wait for another attempt.")
    active: int
    failed: int = Field(description="Dead letters.")
    added_per_minute: int
    done_per_minute: int
    failed_per_minute: int


class QueuesShown(BaseModel):
    """All queues."""

    model_config = ConfigDict(extra="forbid")

    items: list[QueueShown]


class DeadLetterShown(BaseModel):
    """An entry that failed for good."""

    model_config = ConfigDict(extra="forbid")

    id: str
    queue: str
    data: dict[str, Any] = Field(description="What it names, e.g. the id of an execution.")
    reason: str
    attempts: int
    failed_at: float = Field(description="Seconds since the epoch.")


@route("GET", "/queues", tag=TAG, errors=(503,))
async def list_queues(request: Request) -> QueuesShown:
    """How full each queue is."""
    found = await request.service.queues.counts(request.actor)
    return QueuesShown(items=[_shown(counts) for counts in found])


@route("GET", "/queues/{queue}/dead-letters", tag=TAG, errors=(422, 503))
async def list_dead_letters(request: Request, queue: Name, query: PageQuery) -> Page[DeadLetterShown]:
    """Entries of a queue that failed for good, the newest first."""
    start = query.after(int) or 0
    found = await request.service.queues.dead_letters(request.actor, queue, max(0, start), query.limit + 1)
    places = {letter.id: max(0, start) + number + 1 for number, letter in enumerate(found)}
    return Page[DeadLetterShown].of(found, query, _letter, lambda letter: places[letter.id])


@route("GET", "/queues/{queue}/dead-letters/{entry}", tag=TAG, errors=(404, 503))
async def read_dead_letter(request: Request, queue: Name, entry: str) -> DeadLetterShown:
    """An entry that failed for good."""
    return _letter(await request.service.queues.dead_letter(request.actor, queue, entry))


@route("POST", "/queues/{queue}/dead-letters/{entry}/retry", tag=TAG, status=204, errors=(404, 503))
async def retry_dead_letter(request: Request, queue: Name, entry: str) -> None:
    """Put a dead letter into its queue again, with all its attempts."""
    await request.service.queues.retry(request.actor, queue, entry)


@route("DELETE", "/queues/{queue}/dead-letters/{entry}", tag=TAG, status=204, errors=(404, 503))
async def discard_dead_letter(request: Request, queue: Name, entry: str) -> None:
    """Throw a dead letter away."""
    await request.service.queues.discard(request.actor, queue, entry)


ROUTES = (list_queues, list_dead_letters, read_dead_letter, retry_dead_letter, discard_dead_letter)


def _shown(counts: QueueCounts) -> QueueShown:
    return QueueShown(**{name: getattr(counts, name) for name in counts.__struct_fields__})


def _letter(letter: DeadLetter) -> DeadLetterShown:
    return DeadLetterShown(
        id=letter.id, queue=letter.queue, data=dict(letter.data), reason=letter.reason, attempts=letter.attempts,
        failed_at=letter.failed_at,
    )  # fmt: skip
