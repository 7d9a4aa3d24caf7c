"""How the service is: whether it can be asked, what it has at hand, what it has done. Health and metrics show it."""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from typing import Literal, TypeVar

import msgspec
import structlog
from sqlalchemy import func, select

from workflow_kernel import __version__
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.permission import needs, open_to_all
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.queue_bullmq import QUEUES, QueueCounts, Queues
from workflow_kernel.storage.tables import Execution, Runner
from workflow_kernel.storage.tally import ProcessState, TallyStore

Status = Literal["up", "down"]
T = TypeVar("T")

PATIENCE = 2.0
"""Seconds each part has to answer."""

OPEN_STATES = ("queued", "running", "suspended")

_log = structlog.get_logger("workflow.system")


class Readiness(msgspec.Struct, frozen=True):
    """Whether the service can be asked. No reasons: everybody may see it.

    Parameters
    ----------
    database, redis, queue, runners: ``down`` where it does not answer, or where nobody runs what waits.
    lag: seconds the oldest execution has waited in a queue.
    """

    database: Status
    redis: Status
    queue: Status
    runners: Status
    lag: float

    @property
    def is_ready(self) -> bool:
        """Whether requests can be served; executions that wait for a runner are safe."""
        return self.database == "up" and self.redis == "up" and self.queue == "up"


class Backlog(msgspec.Struct, frozen=True):
    """Executions that are not over, by state; how long the oldest waits; how many runners there are."""

    executions: Mapping[str, int]
    lag: float
    runners: int


class Figures(msgspec.Struct, frozen=True):
    """What metrics show besides requests.

    Parameters
    ----------
    backlog, queues: None where Postgres, or Redis, does not answer. pool: connections to Postgres of this process.
    counts, processes: of all processes.
    """

    backlog: Backlog | None
    queues: list[QueueCounts] | None
    pool: Mapping[str, int]
    counts: Mapping[str, float]
    processes: list[ProcessState]


class About(msgspec.Struct, frozen=True):
    """What runs here: versions, since when, which processes, how many connections."""

    version: str
    python: str
    started_at: datetime
    pool: Mapping[str, int]
    processes: list[ProcessState]
    backlog: Backlog


class System:
    """How the service is.

    Parameters
    ----------
    database, queues, tally: what is asked.
    """

    def __init__(self, database: Database, queues: Queues, tally: TallyStore) -> None:
        self._database = database
        self._queues = queues
        self._tally = tally
        self._started_at = datetime.now(UTC)

    @open_to_all("load balancers ask; it tells only up or down")
    async def readiness(self, actor: Actor) -> Readiness:
        """Whether the service can be asked."""
        backlog, pong, counts = await asyncio.gather(
            _within(self._backlog(), "database"),
            _within(self._tally.ping(), "redis"),
            _within(self._queue_counts(), "queue"),
            return_exceptions=True,
        )
        redis, queue = _status(pong), _status(counts)
        if isinstance(backlog, BaseException):
            return Readiness("down", redis, queue, "down", 0.0)
        return Readiness("up", redis, queue, "up" if backlog.runners else "down", round(backlog.lag, 3))

    @needs("metrics.read")
    async def figures(self, actor: Actor) -> Figures:
        """What metrics show."""
        backlog, queues, counts, processes = await asyncio.gather(
            _within(self._backlog(), "database"),
            _within(self._queue_counts(), "queue"),
            _within(self._tally.counts(), "redis"),
            _within(self._tally.processes(), "redis"),
            return_exceptions=True,
        )
        return Figures(
            None if isinstance(backlog, BaseException) else backlog,
            None if isinstance(queues, BaseException) else queues,
            self._database.pool_status(),
            {} if isinstance(counts, BaseException) else counts,
            [] if isinstance(processes, BaseException) else processes,
        )

    @needs("system.read")
    async def about(self, actor: Actor) -> About:
        """What runs here."""
        return About(
            __version__, platform.python_version(), self._started_at, self._database.pool_status(),
            await self._tally.processes(), await self._backlog(),
        )  # fmt: skip

    async def _backlog(self) -> Backlog:
        async with self._database.session() as session:
            rows = await session.execute(
                select(Execution.state, func.count()).where(Execution.state.in_(OPEN_STATES)).group_by(Execution.state)
            )
            found = dict.fromkeys(OPEN_STATES, 0) | {str(state): int(count) for state, count in rows}
            oldest = await session.scalar(select(func.min(Execution.created_at)).where(Execution.state == "queued"))
            runners = await session.scalar(select(func.count()).where(Runner.lease_until > func.now()))
        lag = 0.0 if oldest is None else max(0.0, time.time() - oldest.timestamp())
        return Backlog(found, lag, runners or 0)

    async def _queue_counts(self) -> list[QueueCounts]:
        return [await self._queues.counts(name) for name in QUEUES]


async def _within(work: Awaitable[T], part: str) -> T:
    """Wait, but not for long; what goes wrong is for the logs."""
    try:
        return await asyncio.wait_for(work, PATIENCE)
    except Exception as error:
        _log.warning("system.no_answer", part=part, reason=f"{type(error).__name__}: {error}"[:200])
        raise


def _status(found: object) -> Status:
    return "down" if isinstance(found, BaseException) else "up"
