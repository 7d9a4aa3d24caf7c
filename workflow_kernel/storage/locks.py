"""Locks between processes. The system lets go of them when their holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

_PAUSE = 0.02


class Lock:
    """A lock on a file, held from ``take`` to ``free`` (and by programs that inherit ``descriptor``)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = -1

    def take(self, *, shared: bool = False) -> bool:
        """Take it if it is free."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self.free()
        self.descriptor = descriptor
        return True

    def wait(self, seconds: float, *, shared: bool = False) -> bool:
        """Take it as soon as it is free."""
        end = time.monotonic() + seconds
        while not self.take(shared=shared):
            if time.monotonic() > end:
                return False
            time.sleep(_PAUSE)
        return True

    def free(self) -> None:
        """Let go of it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    @property
    def is_held(self) -> bool:
        """Whether somebody holds it alone."""
        probe = Lock(self.path)
        if not probe.take(shared=True):
            return True
        probe.free()
        return False
