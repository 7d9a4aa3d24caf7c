"""What is written to descriptors 1 and 2 of a worker while code runs, by whatever means, as lines. Used by ``here``."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TextIO

from ray_executor.written import Written
from workflow_kernel.backends.process_output import Output


class Capture:
    """Catches output. Into a file: a full pipe would hold up code that keeps Python's lock while it writes.

    Parameters
    ----------
    written: the file.
    """

    def __init__(self, written: Written) -> None:
        self._written = written
        self._output = Output(written.descriptor)
        self._lock = threading.Lock()
        self._is_on = False
        self._streams = _streams()
        self._log: Callable[[str], None] = _drop
        self._is_empty = False
        """Whether nothing was left by whoever wrote before: looking costs a tenth of a light run."""

    @contextlib.contextmanager
    def redirected(self, name: bytes) -> Iterator[None]:
        """Nothing that is written meanwhile gets to the process's own output. ``name``: of the bundle that begins."""
        streams = (sys.stdout, sys.stderr)
        kept = [os.dup(descriptor) for descriptor in (1, 2)]
        _flush()
        self._written.begin(name)
        for descriptor in (1, 2):
            os.dup2(self._written.writer, descriptor)
        self._is_empty = False
        try:
            yield
        finally:
            _flush()
            sys.stdout, sys.stderr = streams
            for descriptor, own in zip((1, 2), kept, strict=True):
                os.dup2(own, descriptor)
                os.close(own)

    def to(self, log: Callable[[str], None] | None) -> Capture:
        """Entered, it sends lines to ``log``."""
        self._log = log or _drop
        return self

    def __enter__(self) -> None:
        with self._lock:
            self._output.begin(self._log, drops=not self._is_empty)
            self._is_on = True
        out, err = self._streams
        if out.closed or err.closed:
            out, err = self._streams = _streams()
        sys.stdout, sys.stderr = out, err

    def __exit__(self, *_: object) -> None:
        _flush()
        with self._lock:
            self._output.finish()
            self._is_on, self._is_empty = False, True
            if self._output.taken:
                self._written.empty()
                self._output.taken = 0

    def read(self) -> None:
        """Take in what was written so far; called from another thread while code runs."""
        with self._lock:
            if self._is_on:
                self._output.read()


def _streams() -> tuple[TextIO, TextIO]:
    out, err = (
        open(descriptor, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
        for descriptor in (1, 2)
    )
    return out, err


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:  # noqa: SIM105 - once a run, and what suppresses costs as much as the rest
            stream.flush()
        except (ValueError, OSError, AttributeError):  # code closed or replaced it
            pass


def _drop(line: str) -> None:
    """For runs whose output nobody wants."""
