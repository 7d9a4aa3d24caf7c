"""The journal that lives as long as its process; others are in ``storage``. Entries are those of ``runs.entries``."""

from __future__ import annotations

from collections.abc import Sequence

from workflow_kernel.contracts import Journal
from workflow_kernel.runs.entries import (
    AttemptFailed,
    EffectIntended,
    Entry,
    ExecutionEnded,
    ExecutionStarted,
    RunDone,
    RunSuspended,
)

__all__ = [
    "AttemptFailed",
    "EffectIntended",
    "Entry",
    "ExecutionEnded",
    "ExecutionStarted",
    "Journal",
    "MemoryJournal",
    "RunDone",
    "RunSuspended",
]


class MemoryJournal:
    """A journal that lives as long as its process."""

    def __init__(self) -> None:
        self._entries: dict[str, list[Entry]] = {}

    def append(self, execution: str, entry: Entry) -> None:
        """See the protocol."""
        self._entries.setdefault(execution, []).append(entry)

    async def flush(self, execution: str) -> None:
        """See the protocol: nothing is ever open."""

    def load(self, execution: str) -> Sequence[Entry]:
        """See the protocol."""
        return tuple(self._entries.get(execution, ()))
