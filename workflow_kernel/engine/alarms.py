"""What an execution waits for by the clock: retries, ends of waits, the end of its own time."""

from __future__ import annotations

import heapq
import itertools
import time

from workflow_kernel.engine.activity import Run


class Alarms:
    """Times at which something is due. Retries and waits go by the wall clock, as they may outlive the process."""

    def __init__(self) -> None:
        self._runs: list[tuple[float, int, Run]] = []
        self._numbers = itertools.count()
        self._deadline: float | None = None

    def limit(self, seconds: float) -> None:
        """The execution's time is up in so many seconds."""
        self._deadline = time.monotonic() + seconds

    def add(self, run: Run, at: float) -> None:
        """Something is due for a run."""
        heapq.heappush(self._runs, (at, next(self._numbers), run))

    def pause(self) -> float | None:
        """Seconds until the next one is due; None when there is none."""
        times = [] if self._deadline is None else [self._deadline - time.monotonic()]
        if self._runs:
            times.append(self._runs[0][0] - time.time())
        return max(0.0, min(times)) if times else None

    def due(self) -> list[Run]:
        """The runs for which something is due by now, each told once."""
        found: list[Run] = []
        while self._runs and self._runs[0][0] <= time.time():
            found.append(heapq.heappop(self._runs)[2])
        return found

    def is_time_up(self) -> bool:
        """Whether the execution's time is up; told once."""
        if self._deadline is None or time.monotonic() < self._deadline:
            return False
        self._deadline = None
        return True
