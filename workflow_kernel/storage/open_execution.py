"""An execution while a runner of this process drives it: what of it is durable, and what is still to be kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from workflow_kernel.contracts import Blobs
from workflow_kernel.runs.entries import Entry, ExecutionEnded, ExecutionStarted
from workflow_kernel.runs.item import Batch
from workflow_kernel.runs.model import ExecutionState
from workflow_kernel.runs.outcome import ErrorInfo
from workflow_kernel.storage.packing import PackedRun, encode_runs, pack_entry

MOST_RUNS = 200
"""Node runs that are kept in the execution's own row; an execution with more has rows for them."""

MOST_BYTES = 1 << 18
"""Bytes of node runs in the execution's own row."""


class NewExecution(msgspec.Struct, frozen=True):
    """The row of an execution as it is first written; fields are those of the table."""

    id: UUID
    project_id: UUID
    workflow_id: UUID | None
    mode: str
    version: int | None = None
    document: dict[str, Any] | None = None
    priority: int = 3
    start: str = ""
    input: bytes | None = None
    options: dict[str, Any] = {}
    key: str | None = None
    trigger_id: UUID | None = None
    parent_id: UUID | None = None
    retry_of: UUID | None = None
    fork_of: UUID | None = None
    created_by: UUID | None = None
    created_at: datetime = msgspec.field(default_factory=lambda: datetime.now(UTC))


class OpenExecution:
    """What the journal knows of an execution that runs here.

    Parameters
    ----------
    id, epoch: who may write it. new: its row, where that is not written yet.
    past: what is durable of it, as entries. kept: the same as the row holds it. is_split: node runs have own rows.
    is_queued: it waits for a runner; only its row is to be written.
    """

    def __init__(
        self,
        id: UUID,
        epoch: int,
        *,
        new: NewExecution | None = None,
        past: list[Entry] | None = None,
        kept: list[PackedRun] | None = None,
        is_split: bool = False,
        is_queued: bool = False,
    ) -> None:
        self.id = id
        self.epoch = epoch
        self.new = new
        self.past = past or []
        self.kept = kept or []
        self.is_split = is_split
        self.is_queued = is_queued
        self.started_at: float | None = None
        self.ended: ExecutionEnded | None = None
        self.parked: tuple[float | None] | None = None
        """Set where it leaves memory: when it goes on by itself."""
        self.is_taken = False
        self.fault: BaseException | None = None
        self.waiters: list[asyncio.Future[None]] = []
        self.pending: list[Entry] = []
        self.since = 0.0
        """When the oldest entry that is not durable was made."""

    def add(self, entry: Entry, now: float) -> None:
        """Take in an entry."""
        if not self.pending:
            self.since = now
        if isinstance(entry, ExecutionStarted):
            self.started_at = entry.at
        elif isinstance(entry, ExecutionEnded):
            self.ended = entry
        self.pending.append(entry)


class Write(msgspec.Struct):
    """What one commit writes of an execution.

    Parameters
    ----------
    open: the execution. waiters: told when it is durable. entries: it holds.
    runs: rows of node runs. own: the same for the execution's own row; None leaves what is there.
    """

    open: OpenExecution
    waiters: list[asyncio.Future[None]]
    entries: list[Entry]
    runs: list[PackedRun]
    ended: ExecutionEnded | None
    parked: tuple[float | None] | None
    own: bytes | None = None
    is_packed: bool = False

    @classmethod
    def of(cls, found: OpenExecution) -> Write:
        """Take what is pending of an execution."""
        write = cls(found, found.waiters, found.pending, [], found.ended, found.parked)
        found.waiters, found.pending = [], []
        return write

    @property
    def size(self) -> int:
        """About how many items it holds."""
        return sum(len(batch) for entry in self.entries for batch in _batches(entry))

    def pack(self, blobs: Blobs) -> None:
        """Turn entries into rows; large values go to the blob store."""
        found = self.open
        packed = [run for entry in self.entries if (run := pack_entry(entry, blobs)) is not None]
        is_over = self.ended is not None or self.parked is not None
        if is_over and not found.is_split and len(found.kept) + len(packed) <= MOST_RUNS:
            data = encode_runs([*found.kept, *packed])
            if len(data) <= MOST_BYTES:
                self.own = data
        if self.own is None:
            self.runs = packed
            found.is_split = found.is_split or bool(packed)
        else:
            found.kept = [*found.kept, *packed]
        self.is_packed = True

    @property
    def state(self) -> ExecutionState:
        """The state the execution is in once this is durable."""
        if self.ended is not None:
            return self.ended.state
        return "running" if self.parked is None else "suspended"

    @property
    def error(self) -> ErrorInfo | None:
        """Why it failed."""
        return None if self.ended is None else self.ended.error


def _batches(entry: Entry) -> tuple[Batch, ...]:
    return getattr(entry, "outputs", ())
