"""The journal: what of an execution must survive, in the order in which it happened.

A runner that starts on an execution with a journal takes every run found there as done and does the rest, so that no
durable node run happens twice. Journals are a contract; this one keeps everything in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from workflow_kernel.runs.item import Batch
from workflow_kernel.runs.model import ExecutionState
from workflow_kernel.runs.outcome import ErrorInfo, Headway


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


class RunSuspended(msgspec.Struct, frozen=True):
    """A run waits; ``outputs`` is what it sends when it goes on."""

    node: str
    index: int
    until: float | None
    outputs: tuple[Batch, ...]
    started: float = 0.0


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


class ExecutionEnded(msgspec.Struct, frozen=True):
    """The execution is over."""

    state: ExecutionState
    error: ErrorInfo | None
    at: float


Entry = ExecutionStarted | EffectIntended | AttemptFailed | RunSuspended | RunDone | ExecutionEnded


class Journal(Protocol):
    """Where entries of executions are kept."""

    def append(self, execution: str, entry: Entry) -> None:
        """Keep an entry. It counts once this returns (or, for a journal that commits in groups, once flushed)."""
        ...

    async def flush(self) -> None:
        """Return when everything appended so far is durable."""
        ...

    def load(self, execution: str) -> Sequence[Entry]:
        """Every durable entry of an execution, in order; empty when there is none."""
        ...


class MemoryJournal:
    """A journal that lives as long as its process."""

    def __init__(self) -> None:
        self._entries: dict[str, list[Entry]] = {}

    def append(self, execution: str, entry: Entry) -> None:
        """See the protocol."""
        self._entries.setdefault(execution, []).append(entry)

    async def flush(self) -> None:
        """See the protocol: nothing is ever open."""

    def load(self, execution: str) -> Sequence[Entry]:
        """See the protocol."""
        return tuple(self._entries.get(execution, ()))
