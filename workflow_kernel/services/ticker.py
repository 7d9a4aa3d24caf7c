"""Fires schedules: one loop per server, any number of servers, one execution per moment.

Rows whose moment has come are locked by whoever sees them first; the firing, the execution it starts and the next
moment are one transaction. The loop sleeps until the next moment of any rule, and is woken when rules change.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import structlog

from workflow_kernel.contracts import Blobs
from workflow_kernel.runs.item import Items
from workflow_kernel.sdk.schedules import Rule, next_moments
from workflow_kernel.services.launch import Launch, new_row
from workflow_kernel.services.launcher import Launcher
from workflow_kernel.storage import deliveries
from workflow_kernel.storage import schedules as queries
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.executions import Due
from workflow_kernel.storage.open_execution import NewExecution
from workflow_kernel.storage.packing import pack_items
from workflow_kernel.storage.schedules import DueSchedule

LATE = timedelta(seconds=30)
"""How late a moment may be and still is on time: a busy server, not one that was away."""

LONGEST = 60.0
"""Seconds between looks, at most."""

SHORTEST = 0.02
"""Seconds between looks, at least: another server may have locked what is due."""

TIDY = 3600.0
"""Seconds between clearings of old firings and keys."""

KEPT_DAYS = 7.0

AT_ONCE = 20
"""Polls that run at once here."""

_log = structlog.get_logger("workflow.schedules")

Poll = Callable[[DueSchedule], Awaitable[Any]]


class Ticker:
    """Fires what is due.

    Parameters
    ----------
    database: where rules are. launcher: queues executions. blobs: where large values go.
    poll: runs a polling trigger; it is not waited for.
    """

    def __init__(self, database: Database, launcher: Launcher, blobs: Blobs, poll: Poll) -> None:
        self._database = database
        self._launcher = launcher
        self._blobs = blobs
        self._poll = poll
        self._changed = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._polls: dict[object, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tidied = 0.0

    async def __aenter__(self) -> Ticker:
        self._work = asyncio.create_task(self._fire_for_ever(), name="schedules")
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [task for task in (self._work, *self._polls.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """Look at once: rules have changed."""
        self._changed.set()

    async def fire(self, now: datetime | None = None) -> float:
        """Fire what is due; gives the seconds until something is due again.

        Parameters
        ----------
        now: the time; that of Postgres when not given.
        """
        while True:
            found: list[Due] = []
            polls: list[DueSchedule] = []
            async with self._database.session() as session:
                at = now or await queries.moment(session)
                rows = await queries.due(session, at)
                for row in rows:
                    following = next_of(row, at)
                    if row.kind == "polling":
                        polls.append(row)
                        await queries.advance(session, row.id, row.next_at, following)
                        continue
                    execution = self._row(row)
                    is_due = row.missed == "once" or at - row.next_at <= LATE
                    fired = is_due and await queries.fire(session, str(row.id), row.next_at, execution)
                    await queries.advance(session, row.id, row.next_at if fired else None, following)
                    if fired:
                        found.append(Due(execution.id, execution.mode, execution.priority, 0))
                        _log.info("schedule.fired", schedule=str(row.id), at=row.next_at, execution=str(execution.id))
                then = None if rows else await queries.next_due(session)
            if found:
                await self._launcher.enqueue(found)
            for row in polls:
                self._start_poll(row)
            if not rows:
                return LONGEST if then is None else max(SHORTEST, min(LONGEST, (then - at).total_seconds()))

    def _row(self, row: DueSchedule) -> NewExecution:
        items = Items.of({"timestamp": row.next_at.isoformat(), "timezone": row.timezone})
        launch = Launch(
            workflow=row.workflow, project=row.project, mode="schedule", version=row.version, start=row.name,
            items=items, trigger=row.trigger,
        )  # fmt: skip
        return new_row(launch, pack_items(items, self._blobs))

    def _start_poll(self, row: DueSchedule) -> None:
        """Run a polling trigger, unless it still runs here."""
        if row.trigger in self._polls:
            return
        work = asyncio.create_task(self._polled(row), name=f"poll {row.name}")
        self._polls[row.trigger] = work
        work.add_done_callback(lambda _: self._polls.pop(row.trigger, None))

    async def _polled(self, row: DueSchedule) -> None:
        try:
            async with self._slots:
                await self._poll(row)
        except Exception as error:  # Postgres may be away; the next moment polls again
            _log.warning("poll.failed", trigger=str(row.trigger), error=f"{type(error).__name__}: {error}"[:300])

    async def _fire_for_ever(self) -> None:
        while True:
            self._changed.clear()
            try:
                pause = await self.fire()
                await self._tidy()
            except Exception as error:  # Postgres may be away; nothing is lost, and the next look finds it
                _log.warning("schedules.unavailable", error=f"{type(error).__name__}: {error}"[:300])
                pause = 1.0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._changed.wait()

    async def _tidy(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._tidied < TIDY:
            return
        self._tidied = now
        await queries.forget_ticks(self._database, KEPT_DAYS)
        await deliveries.forget_old(self._database)


def next_of(row: DueSchedule, now: datetime) -> datetime | None:
    """When a rule fires next, after now; never again where it cannot be read any more, e.g. its time zone is gone."""
    try:
        found = upcoming(row.rule, row.timezone, now)
    except (ValueError, KeyError) as error:
        _log.error("schedule.unusable", schedule=str(row.id), error=str(error)[:300])
        return None
    return found[0] if found else None


def upcoming(rule: Mapping[str, Any], timezone: str, now: datetime, count: int = 1) -> list[datetime]:
    """The next moments of a rule as it is kept."""
    values = {name: value for name, value in rule.items() if name != "anchor"}
    return next_moments(Rule(**values), timezone, now, date.fromisoformat(rule["anchor"]), count)
