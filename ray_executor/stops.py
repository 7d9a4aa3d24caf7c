"""Stops a run on a worker: when it is cancelled, or its time is over.

Runs happen in the worker's main thread, which alone gets signals: user code is interrupted wherever it is, also while
it sleeps, and its ``finally`` runs. A watching thread hears what the dispatcher asks and looks at the clock. Code that
goes on all the same takes its process along, after its grace.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

import ray

from ray_executor.messages import RunKey
from workflow_kernel.worker.child import Stopped

Reason = Literal["cancelled", "timeout"]

AGAIN = 0.2
"""Seconds after which code that goes on is interrupted anew, and after which its output is looked at."""


class Stops:
    """The stops of one worker process; made in its main thread."""

    def __init__(self) -> None:
        self.reason: Reason | None = None
        self._key: RunKey | None = None
        self._end: float | None = None
        self._kill_at: float | None = None
        self._grace = 5.0
        self._asked: set[RunKey] = set()
        self.armed = Armed(self)
        self._waiting: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None
        self._board: Any = None
        self._look: Callable[[], None] | None = None
        self._wakeup = threading.Condition()
        self._is_asleep = False
        self._main = threading.main_thread().ident or 0
        signal.signal(signal.SIGUSR1, self._interrupt)
        threading.Thread(target=self._watch, name="stops", daemon=True).start()

    def listen(self, board: Any) -> None:
        """Hear what is asked on a board from now on; what was asked before is known on return."""
        if self._board is not None and self._board._actor_id == board._actor_id:
            return
        self._board = board
        seen, keys = ray.get(board.stops.remote(0, wait=False))
        self._asked = set(map(tuple, keys))
        threading.Thread(target=self._hear, args=(board, seen), name="hears stops", daemon=True).start()

    def is_asked(self, key: RunKey) -> bool:
        """Whether a run was asked to stop."""
        return key in self._asked

    def run(self, key: RunKey, timeout: float | None, grace: float, look: Callable[[], None]) -> Stops:
        """A run is under way while this is entered: it can be stopped.

        ``look`` is called now and then, in another thread.
        """
        with self._wakeup:
            self.reason, self._key, self._grace, self._kill_at, self._look = None, key, grace, None, look
            self._end = None if timeout is None else time.monotonic() + timeout
            if key in self._asked:
                self.reason = "cancelled"
            # Waking a thread for every light run would cost more than the run.
            if self._is_asleep or (timeout is not None and timeout < AGAIN):
                self._wakeup.notify()
        return self

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        with self._wakeup:
            self._key = self._end = self._kill_at = self._look = None
            self.armed.is_on = False

    def wait_for(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
        """A run that waits on an event loop is cancelled there."""
        self._waiting = (loop, task)
        if self.reason is not None:
            task.cancel()

    def waited(self) -> None:
        """It is over."""
        self._waiting = None

    def _interrupt(self, *_: Any) -> None:
        """The signal's handler, in the main thread."""
        if self.reason is None:
            return
        if self.armed.is_on:
            self.armed.is_on = False
            raise Stopped
        if self._waiting is not None:
            loop, task = self._waiting
            loop.call_soon_threadsafe(task.cancel)

    def _hear(self, board: Any, seen: int) -> None:
        while self._board is board:
            try:
                seen, keys = ray.get(board.stops.remote(seen))
            except Exception:  # the dispatcher is gone, and this worker soon will be
                return
            with self._wakeup:
                self._asked.update(map(tuple, keys))
                if self._key in self._asked and self.reason is None:
                    self.reason = "cancelled"
                self._wakeup.notify()

    def _watch(self) -> None:
        was_busy = False
        while True:
            with self._wakeup:
                if self._key is None and not was_busy:
                    self._is_asleep = True
                    self._wakeup.wait()
                    self._is_asleep = False
                else:
                    self._wakeup.wait(self._pause())
                was_busy = self._key is not None
                key, look = self._key, self._look
                now = time.monotonic()
                if key is None:
                    continue
                if self.reason is None and self._end is not None and now >= self._end:
                    self.reason = "timeout"
                if self.reason is not None:
                    self._kill_at = self._kill_at or now + self._grace
                    if now >= self._kill_at:
                        self._give_up(key)
                    signal.pthread_kill(self._main, signal.SIGUSR1)
            if look is not None:
                with contextlib.suppress(Exception):  # lines are read again at the end of the run
                    look()

    def _pause(self) -> float:
        if self.reason is not None or self._end is None:
            return AGAIN
        return min(AGAIN, max(0.0, self._end - time.monotonic()))

    def _give_up(self, key: RunKey) -> None:
        """Code that does not stop ends with its process; the dispatcher is told why before."""
        with contextlib.suppress(Exception):
            ray.get(self._board.ended.remote(key, self.reason), timeout=2.0)
        os.kill(os.getpid(), signal.SIGKILL)


class Armed:
    """Entered while code runs that a signal may interrupt: raises ``Stopped`` there."""

    __slots__ = ("_stops", "is_on")

    def __init__(self, stops: Stops) -> None:
        self._stops = stops
        self.is_on = False

    def __enter__(self) -> None:
        if self._stops.reason is not None:
            raise Stopped
        self.is_on = True

    def __exit__(self, *_: object) -> None:
        self.is_on = False
