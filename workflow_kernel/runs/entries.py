"""Entries of an execution's journal: what of it must survive, in the order in which it happened.

A runner that starts on an execution with a journal takes every run found there as done and does the rest, so that no
durable node run happens twice. The engine writes them, ``storage`` keeps them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from workflow_kernel.runs.item import Batch
from workflow_kernel.runs.model import ExecutionState
from workflow_kernel.runs.outcome import ErrorInfo, Headway, LogLine


class ExecutionStarted(msgspec.Struct, frozen=True):
    """An execution began with this input for this node."""

    node: str
    items: Batch
    at: float


class EffectIntended(msgspec.Struct, frozen=True):
    """A run that has effects is about to start; its token makes the effect recognisable."""

    node: str
    index: int
    attempt: int
    token: str
    at: float


class AttemptFailed(msgspec.Struct, frozen=True):
    """An attempt failed; another follows at ``retry_at``, or none and the run has failed.

    ``losses`` counts how often the system lost the run, this time included.
    """

    node: str
    index: int
    attempt: int
    losses: int
    error: ErrorInfo
    retry_at: float | None
    started: float = 0.0
    headway: Headway | None = None
    logs: tuple[LogLine, ...] = ()
    at: float = 0.0


class RunSuspended(msgspec.Struct, frozen=True):
    """A run waits; ``outputs`` is what it sends when it goes on, ``page`` what people see who are asked."""

    node: str
    index: int
    until: float | None
    outputs: tuple[Batch, ...]
    started: float = 0.0
    page: dict[str, Any] | None = None


class RunDone(msgspec.Struct, frozen=True):
    """A run is durable."""

    node: str
    index: int
    outputs: tuple[Batch, ...]
    state: dict[str, Any] | None
    error: ErrorInfo | None
    started: float
    ended: float
    attempt: int = 1
    annotations: dict[str, Any] | None = None
    logs: tuple[LogLine, ...] = ()


class ExecutionEnded(msgspec.Struct, frozen=True):
    """The execution is over; ``last_node`` names the node whose output is its own."""

    state: ExecutionState
    error: ErrorInfo | None
    at: float
    last_node: str = ""
    annotations: dict[str, Any] | None = None


Entry = ExecutionStarted | EffectIntended | AttemptFailed | RunSuspended | RunDone | ExecutionEnded
