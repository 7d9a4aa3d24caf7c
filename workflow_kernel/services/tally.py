"""Counts what this process runs: executions, node runs, how long they waited and took. ``System`` shows the sums.

The dispatcher tells of starts, the relay of events; every few seconds the counts are added to those of the others.
"""

from __future__ import annotations

import asyncio
import math
import os
import socket
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Literal

import psutil
import structlog

from workflow_kernel import wire
from workflow_kernel.contracts import ClusterState
from workflow_kernel.storage.tally import ProcessState, TallyStore

BUCKETS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0, 300.0, 1800.0)
"""Upper bounds of times, in seconds."""

PAUSE = 5.0
"""Seconds between reports."""

_log = structlog.get_logger("workflow.tally")


class Tally:
    """The counts of this process.

    Parameters
    ----------
    store: where the sums are. process: id of its runner. kind: what it is. running: gives executions at hand.
    cluster: gives how the cluster is, where there is one.
    """

    def __init__(
        self,
        store: TallyStore,
        process: str,
        *,
        kind: Literal["server", "worker"] = "server",
        running: Callable[[], int] = lambda: 0,
        cluster: Callable[[], ClusterState | None] = lambda: None,
    ) -> None:
        self._store = store
        self._process = process
        self._kind = kind
        self._running = running
        self._cluster = cluster
        self._counts: defaultdict[str, float] = defaultdict(float)
        self._system = psutil.Process()
        self._work: asyncio.Task[None] | None = None
        self._started_at = time.time()

    async def __aenter__(self) -> Tally:
        self._work = asyncio.create_task(self._report_for_ever(), name="tally")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        try:
            await self.report()
            await self._store.leave(self._process)
        except Exception as error:  # Redis may be gone already
            _log.info("tally.lost", reason=str(error)[:200])

    def waited(self, seconds: float) -> None:
        """An execution starts that waited in a queue for so long."""
        self._observe("queue", seconds)

    def event(self, event: wire.LiveEvent) -> None:
        """Something happened in an execution."""
        match event:
            case wire.NodeRunEnded():
                self._counts["node_run|failed" if event.error else "node_run|succeeded"] += 1
            case wire.NodeRunFailed(retry_at=float()):
                self._counts["node_run|retried"] += 1
            case wire.NodeRunWaits(reason=""):
                self._counts["node_run|suspended"] += 1
            case wire.ExecutionOver():
                self._counts[f"execution|{event.state}"] += 1
                self._observe("execution", event.seconds)
            case _:
                pass

    async def report(self) -> None:
        """Add what was counted since the last time to the sums. Raises when Redis is away: nothing is forgotten."""
        counts, self._counts = self._counts, defaultdict(float)
        with self._system.oneshot():
            times = self._system.cpu_times()
            state = ProcessState(
                self._process, self._kind, socket.gethostname(), os.getpid(), self._system.memory_info().rss,
                times.user + times.system, self._running(), self._started_at, self._cluster(),
            )  # fmt: skip
        try:
            await self._store.add(counts, state)
        except BaseException:
            for name, count in counts.items():
                self._counts[name] += count
            raise

    def _observe(self, name: str, seconds: float) -> None:
        seconds = max(0.0, seconds)
        bound = next((bound for bound in BUCKETS if seconds <= bound), math.inf)
        self._counts[f"{name}_seconds|{bound}"] += 1
        self._counts[f"{name}_seconds|sum"] += seconds

    async def _report_for_ever(self) -> None:
        while True:
            try:
                await self.report()
            except Exception as error:  # Redis may be away; the next report has it all
                _log.info("tally.late", reason=str(error)[:200])
            await asyncio.sleep(PAUSE)
