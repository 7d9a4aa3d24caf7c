"""Where on the cluster a run was: told in its log where it took long, and with its error. Used by ``worker``."""

from __future__ import annotations

import functools
import os
import socket
import time

import msgspec

from ray_executor.written import raw_log
from workflow_kernel.runs.outcome import ErrorInfo, Failed, LogLine, Outcome

LONG = 1.0
"""Seconds from which somebody may want to know; for those of a millisecond it would be most of what is kept."""

_KINDS = ("error", "timeout", "lost")


def with_place(outcome: Outcome, seconds: float) -> Outcome:
    """An outcome that failed or took long, with the machine and the process it was in."""
    if isinstance(outcome, Failed):
        if outcome.error.kind not in _KINDS:
            return outcome
        return msgspec.structs.replace(outcome, error=_told(outcome.error, here()))
    if seconds < LONG:
        return outcome
    line = LogLine(time.time(), "debug", here())
    return msgspec.structs.replace(outcome, logs=(*outcome.logs, line))


def place_of(host: str, pid: int, log: str) -> str:
    """A process in words."""
    return f"Ran on machine {host}, process {pid}." + (f" Its own log is {log} there." if log else "")


@functools.cache
def here() -> str:
    """This process in words."""
    return place_of(socket.gethostname(), os.getpid(), raw_log())


def _told(error: ErrorInfo, place: str) -> ErrorInfo:
    return msgspec.structs.replace(error, description="\n\n".join(filter(None, (error.description, place))))
