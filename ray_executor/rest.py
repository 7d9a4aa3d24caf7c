"""What of a bundle need not wait for a run that takes long: those that have not begun, and outcomes there are.

Who is quick does not wait for who is slow, not even where nobody knew that he is. A run is either begun here or given
back, never both. Used by the worker.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LONG = 0.3
"""Seconds for which others wait for a run."""


class Rest:
    """The runs of a bundle, one after another.

    Parameters
    ----------
    count: how many. part: called once, in another thread, with the position from which on runs are given back; the one
        before it is under way, those before that are done.
    """

    def __init__(self, count: int, part: Callable[[int], None]) -> None:
        self._end = count
        self._part = part
        self._is_parted = False
        self._lock = threading.Lock()
        self._at = -1
        self._seen = (-1, 0.0)

    def begins(self, position: int) -> bool:
        """Whether the run at a position may begin; False where it and those behind it are given back."""
        with self._lock:
            if position >= self._end:
                return False
            self._at = position
            return True

    def look(self) -> None:
        """Called now and then, in another thread, while a run is under way: parts with the others if it takes long."""
        at, since = self._seen
        if at != self._at:
            self._seen = (self._at, time.monotonic())
        elif not self._is_parted and self._end > 1 and time.monotonic() - since >= LONG:
            self._is_parted = True
            with self._lock:
                self._end = self._at + 1
            self._part(self._end)
