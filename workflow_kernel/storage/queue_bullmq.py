"""The queues, by BullMQ: what waits to be run or sent. An entry carries an id, never data; Postgres is the truth.

Priorities 1 to 5 share the workers by weights 16:8:4:2:1: an entry's place is its virtual finish time (weighted fair
queueing, Demers, Keshav and Shenker 1989), so the lowest still moves while higher ones arrive.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
import structlog
from bullmq import Job, Queue  # type: ignore[import-untyped]
from bullmq.custom_errors import DelayedError  # type: ignore[import-untyped]
from redis.asyncio import Redis
from redis.exceptions import RedisError

from workflow_kernel.base.errors import NotFoundError, TooManyError, UnavailableError
from workflow_kernel.storage.queue_worker import QueueWorker

QueueName = Literal["workflow-execution", "webhook-processing", "email-sending"]
QUEUES: tuple[QueueName, ...] = ("workflow-execution", "webhook-processing", "email-sending")

PRIORITIES = 5
_STRIDES = (1, 2, 4, 8, 16)
_MOST = (1 << 21) - 1
"""The highest number BullMQ takes for a priority."""

ATTEMPTS = 5
BACKOFF = 500

_PLACES = """
local queue, virtual = KEYS[1], KEYS[2]
local waiting = redis.call('ZCARD', queue .. ':prioritized')
local length = waiting + redis.call('LLEN', queue .. ':wait') + redis.call('ZCARD', queue .. ':delayed')
if tonumber(ARGV[1]) > 0 and length + #ARGV - 1 > tonumber(ARGV[1]) then return {-1, length} end
if waiting == 0 then redis.call('DEL', virtual) end
local now = tonumber(redis.call('HGET', virtual, 'now') or '0')
local places = {}
for i = 2, #ARGV do
  local class, stride = string.match(ARGV[i], '(%d+):(%d+)')
  local finish = math.max(now, tonumber(redis.call('HGET', virtual, class) or '0')) + tonumber(stride)
  redis.call('HSET', virtual, class, finish)
  places[i - 1] = math.min(finish, 2097151)
end
return places
"""

_REBASE = """
local queue, virtual = KEYS[1], KEYS[2]
local first = redis.call('ZRANGE', queue .. ':prioritized', 0, 0, 'WITHSCORES')
if not first[2] then return 0 end
local base = math.floor(tonumber(first[2]) / 4294967296) - 1
if base < tonumber(ARGV[1]) then return 0 end
local all = redis.call('ZRANGE', queue .. ':prioritized', 0, -1, 'WITHSCORES')
for i = 1, #all, 2 do
  redis.call('ZADD', queue .. ':prioritized', string.format('%.0f', tonumber(all[i + 1]) - base * 4294967296), all[i])
end
for _, class in ipairs(redis.call('HKEYS', virtual)) do redis.call('HINCRBY', virtual, class, -base) end
return base
"""

_log = structlog.get_logger("workflow.queue")


class Entry(msgspec.Struct, frozen=True):
    """An entry to be queued.

    Parameters
    ----------
    id: unique in the queue while it is there. data: small and JSON-able. priority: 1 to 5.
    """

    id: str
    data: Mapping[str, Any]
    priority: int = 3


class DeadLetter(msgspec.Struct, frozen=True):
    """An entry that failed for good."""

    id: str
    queue: QueueName
    data: Mapping[str, Any]
    reason: str
    attempts: int
    failed_at: float


class QueueCounts(msgspec.Struct, frozen=True):
    """How many entries a queue has, and how many came and went in the last full minute."""

    queue: QueueName
    waiting: int
    delayed: int
    active: int
    failed: int
    added_per_minute: int
    done_per_minute: int
    failed_per_minute: int


class Later(Exception):  # noqa: N818 - asks for another time, not an error
    """Raised by what works on an entry: try again in so many seconds; does not count as an attempt."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class Attempt(NamedTuple):
    """An entry at hand: its data, and whether another attempt follows should this one fail."""

    data: Mapping[str, Any]
    is_last: bool


Process = Callable[[Attempt], Awaitable[None]]


class Queues:
    """The queues of a service.

    Parameters
    ----------
    client: gives text, not bytes. bound: entries a queue may have waiting.
    backoff: milliseconds before the second attempt of an entry; each further wait is twice as long.
    lease: seconds after which an entry of a silent worker goes to another one.
    """

    def __init__(self, client: Redis, *, bound: int = 100_000, backoff: int = BACKOFF, lease: float = 15.0) -> None:
        self._client = client
        self._bound = bound
        self._backoff = backoff
        self._lease = max(1000, round(lease * 1000))
        self._queues = {name: Queue(name, {"connection": client}) for name in QUEUES}
        self._places = client.register_script(_PLACES)
        self._rebase = client.register_script(_REBASE)
        self._workers: list[QueueWorker] = []
        self._sizes: dict[str, tuple[float, int]] = {}
        self._rates: Counter[tuple[str, str]] = Counter()
        self._now: dict[str, int] = {}
        self._writing: asyncio.Task[None] | None = None

    async def add(self, name: QueueName, entries: Sequence[Entry], *, is_bounded: bool = True) -> None:
        """Put entries into a queue; one that is there already stays as it is.

        Raises ``TooManyError`` when the queue is full, ``UnavailableError`` when Redis does not answer.
        """
        if not entries:
            return
        classes = [f"{entry.priority}:{_STRIDES[entry.priority - 1]}" for entry in entries]
        try:
            places = await self._places(
                keys=[f"bull:{name}", f"bull:{name}:virtual"], args=[self._bound if is_bounded else 0, *classes]
            )
            if places[0] == -1:
                raise TooManyError(
                    f"The queue '{name}' is full: {places[1]:,} wait.", code="WF771", mend="Try again later.",
                    retry_after=5,
                )  # fmt: skip
            await self._queues[name].addBulk(
                [
                    {"name": name, "data": dict(entry.data), "opts": self._options(entry, place)}
                    for entry, place in zip(entries, places, strict=True)
                ]
            )
        except (RedisError, OSError) as error:
            raise UnavailableError(f"Redis does not answer: {error}.", mend="Check that it runs.") from None
        self._rates[name, "added"] += len(entries)

    async def check_room(self, name: QueueName) -> None:
        """Raise ``TooManyError`` when a queue is full. While Redis does not answer there is room: Postgres keeps it."""
        now = time.monotonic()
        looked, size = self._sizes.get(name, (0.0, 0))
        if now - looked > 0.25:
            try:
                size = await self.size(name)
            except (RedisError, OSError):
                size = 0
            self._sizes[name] = (now, size)
        else:
            self._sizes[name] = (looked, size + 1)
        if size >= self._bound:
            raise TooManyError(
                f"The queue '{name}' is full: {size:,} wait.", code="WF771", mend="Try again later.", retry_after=5
            )

    def work(self, name: QueueName, process: Process, concurrency: int) -> None:
        """Work on a queue's entries from now on, so many at once."""

        async def run(entry: Job, token: str) -> None:
            self._note_start(name, entry)
            try:
                await process(Attempt(entry.data, entry.attemptsMade + 1 >= ATTEMPTS))
            except Later as later:
                await entry.moveToDelayed(int((time.time() + later.seconds) * 1000), token)
                raise DelayedError from None
            self._rates[name, "done"] += 1

        worker = QueueWorker(
            name, run,
            {"connection": self._client, "concurrency": concurrency, "runRetryDelay": 300, "maxStalledCount": 100,
             "lockDuration": self._lease, "stalledInterval": self._lease},
        )  # fmt: skip
        worker.on("error", lambda error, *_: _log.warning("queue.error", queue=name, error=str(error)))
        worker.on("failed", lambda entry, error: self._note_failure(name, entry, error))
        self._workers.append(worker)

    async def pause_work(self) -> None:
        """Take no further entry; those at hand go on."""
        for worker in self._workers:
            await worker.pause(do_not_wait_active=True)

    async def close(self) -> None:
        """Stop working; entries at hand are left to others."""
        for worker in self._workers:
            await worker.close(force=True)
        self._workers.clear()
        if self._writing is not None:
            await self._writing

    async def counts(self, name: QueueName) -> QueueCounts:
        """How many entries a queue has."""
        found = await self._queues[name].getJobCounts("waiting", "prioritized", "delayed", "active", "failed")
        minute = int(time.time() // 60) - 1
        rates = await self._client.hgetall(f"workflow:rate:{name}:{minute}")
        return QueueCounts(
            name,
            found.get("waiting", 0) + found.get("prioritized", 0),
            found.get("delayed", 0),
            found.get("active", 0),
            found.get("failed", 0),
            int(rates.get("added", 0)),
            int(rates.get("done", 0)),
            int(rates.get("failed", 0)),
        )

    async def size(self, name: QueueName) -> int:
        """How many entries wait."""
        found = await self._queues[name].getJobCounts("waiting", "prioritized", "delayed")
        return sum(found.values())

    async def keep_up(self) -> None:
        """Write rates down and keep virtual time in bounds; called every second or so by one loop per process."""
        rates, self._rates = self._rates, Counter()
        minute = int(time.time() // 60)
        pipeline = self._client.pipeline(transaction=False)
        for (name, kind), count in rates.items():
            key = f"workflow:rate:{name}:{minute}"
            pipeline.hincrby(key, kind, count)
            pipeline.expire(key, 7200)
        await pipeline.execute()
        for name in QUEUES:
            await self._rebase(keys=[f"bull:{name}", f"bull:{name}:virtual"], args=[_MOST // 2])

    async def dead_letters(self, name: QueueName, start: int = 0, limit: int = 100) -> list[DeadLetter]:
        """Entries that failed for good, the newest first."""
        found = await self._queues[name].getFailed(start, start + limit - 1)
        return [_dead_letter(name, entry) for entry in found if entry is not None]

    async def dead_letter(self, name: QueueName, id: str) -> DeadLetter:
        """An entry that failed for good."""
        return _dead_letter(name, await self._failed(name, id))

    async def retry(self, name: QueueName, id: str) -> None:
        """Put a dead letter into its queue again, with all its attempts."""
        entry = await self._failed(name, id)
        await entry.retry("failed", {"resetAttemptsMade": True})

    async def discard(self, name: QueueName, id: str) -> None:
        """Throw a dead letter away."""
        entry = await self._failed(name, id)
        await entry.remove()

    async def _failed(self, name: QueueName, id: str) -> Job:
        entry = await self._queues[name].getJob(id)
        if entry is None or not await entry.isFailed():
            raise NotFoundError(f"Queue '{name}' has no dead letter '{id}'.", mend="List them to see what is there.")
        return entry

    def _options(self, entry: Entry, place: int) -> dict[str, Any]:
        return {
            "jobId": entry.id,
            "priority": place,
            "attempts": ATTEMPTS,
            "backoff": {"type": "exponential", "delay": self._backoff},
            "removeOnComplete": True,
        }

    def _note_start(self, name: QueueName, entry: Job) -> None:
        """Virtual time is that of the entry at hand; it is written down a moment later, for many entries at once."""
        self._now[name] = int(entry.opts.get("priority") or 0)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_now(), name="virtual time")

    async def _write_now(self) -> None:
        await asyncio.sleep(0.01)
        now, self._now, self._writing = self._now, {}, None
        pipeline = self._client.pipeline(transaction=False)
        for name, place in now.items():
            pipeline.hset(f"bull:{name}:virtual", "now", str(place))
        with contextlib.suppress(RedisError, OSError):
            await pipeline.execute()

    def _note_failure(self, name: QueueName, entry: Job, error: Exception) -> None:
        self._rates[name, "failed"] += 1
        _log.warning(
            "queue.attempt_failed", queue=name, entry=entry.id, attempts=entry.attemptsMade, error=str(error)[:500]
        )


def _dead_letter(name: QueueName, entry: Job) -> DeadLetter:
    return DeadLetter(
        entry.id, name, entry.data, str(entry.failedReason or ""), int(entry.attemptsMade or 0),
        float(entry.finishedOn or 0) / 1000,
    )  # fmt: skip
