"""The protocols adapters implement: where bytes, journals and computing come from is somebody else's business.

Nothing here imports an adapter. ``storage``, ``backends`` and tests implement these; ``engine``, ``worker`` and
``sdk`` use them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, Protocol

import msgspec

from workflow_kernel.runs.entries import Entry


class Blobs(Protocol):
    """Content-addressed store for attachments and large values: bytes in, sha256 out."""

    def put(self, data: bytes) -> str:
        """Keep the bytes; gives their sha256 in hex. Keeping the same bytes twice costs nothing."""
        ...

    def put_stream(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Keep bytes that arrive in pieces, without holding them all; gives sha256 and size."""
        ...

    def get(self, digest: str) -> bytes:
        """The bytes kept under a sha256. Raises ``WorkflowError`` WF401 when there are none."""
        ...

    def open(self, digest: str) -> IO[bytes]:
        """The bytes as a readable, seekable file."""
        ...

    def read_chunks(self, digest: str, size: int = 1 << 20) -> Iterator[bytes]:
        """The bytes in pieces of at most ``size``."""
        ...

    def __contains__(self, digest: object) -> bool: ...


class Log(Protocol):
    """What a node writes to: events with fields. Secret values are taken out before they are kept."""

    def info(self, event: str, **fields: Any) -> None: ...
    def warning(self, event: str, **fields: Any) -> None: ...
    def error(self, event: str, **fields: Any) -> None: ...
    def debug(self, event: str, **fields: Any) -> None: ...


class Capacity(msgspec.Struct, frozen=True):
    """How much a backend can take: runs at once, and how many it runs now."""

    slots: int
    running: int


class Machine(msgspec.Struct, frozen=True):
    """A machine of a cluster: its name, and of each resource how much it has and how much of that is free."""

    name: str
    total: Mapping[str, float]
    free: Mapping[str, float]


class Place(msgspec.Struct, frozen=True):
    """Node runs that ask the same of a machine.

    Parameters
    ----------
    asks: in words. slots: how many fit at once. given: bundles the cluster has. waiting: runs by priority.
    why: what those that wait are waiting for.
    """

    asks: str
    slots: int
    given: int
    waiting: Mapping[int, int]
    why: str


class FragmentState(msgspec.Struct, frozen=True):
    """What one worker does: the nodes, of how many executions, since when (seconds since 1970)."""

    nodes: list[str]
    executions: list[str]
    since: float


class ClusterState(msgspec.Struct, frozen=True):
    """A cluster as one of its dispatchers sees it."""

    address: str
    machines: list[Machine] = []
    places: list[Place] = []
    fragments: list[FragmentState] = []


class Tenure(Protocol):
    """A process's hold on a cluster: what it was given there stays its own until it ends, also while it is frozen."""

    @property
    def place(self) -> str:
        """What names the hold for other processes."""
        ...

    async def evict(self, place: str) -> bool:
        """End the hold of a process that went silent. False, and nothing is done, where it is of another cluster."""
        ...

    async def is_over(self) -> bool:
        """Whether somebody ended the hold of this process, or its cluster is no more."""
        ...


class Turns(Protocol):
    """Places for runs of a kind, over all processes."""

    async def take(self, kind: str, most: int, holder: str) -> bool:
        """Take one of so many places; False when all are taken. Who holds one may take it again."""
        ...

    async def give(self, kind: str, holder: str) -> None:
        """Give a place back."""
        ...

    async def close(self) -> None:
        """Stop holding places."""
        ...


class Journal(Protocol):
    """Where entries of executions are kept."""

    def append(self, execution: str, entry: Entry) -> None:
        """Keep an entry. It counts once this returns (or, for a journal that commits in groups, once flushed)."""
        ...

    async def flush(self, execution: str) -> None:
        """Return when everything appended of an execution so far is durable.

        Raises ``ExecutionTakenError`` when another runner has taken the execution over: nothing was kept.
        """
        ...

    def load(self, execution: str) -> Sequence[Entry]:
        """Every durable entry of an execution, in order; empty when there is none."""
        ...


class LiveMessage(msgspec.Struct, frozen=True):
    """Something that happened on a channel; ``id`` grows within the channel, and a listener may go on after it."""

    channel: str
    id: str
    data: bytes


LOST = b'{"event":"lost"}'
"""What a listener of a bus gets in place of messages it cannot get any more: it must load the state anew."""


class Bus(Protocol):
    """Live messages between processes: fast, and may be lost. What must survive is in Postgres."""

    def publish(self, channel: str, data: bytes) -> None:
        """Send to a channel's listeners, soon; never blocks, never raises."""
        ...

    def listen(self, channel: str, after: str | None = None) -> AsyncIterator[LiveMessage]:
        """What comes on a channel from now on, or after the message ``after`` (``0``: all that is kept).

        Gives :data:`LOST` in place of what it cannot give: ``after`` is not kept any more, the listener was too slow,
        or the bus was away.
        """
        ...

    def hold(self, channel: str, name: str, data: bytes) -> None:
        """Keep what is so at this moment beside a channel's messages, until it is taken back by empty data."""
        ...

    async def held(self, channel: str) -> dict[str, bytes]:
        """What is held of a channel, by name; for who comes when it was said long ago."""
        ...

    async def position(self, channel: str) -> str:
        """Id of a channel's newest message, ``0`` where there is none: a listener that goes on after it misses none."""
        ...

    async def close(self) -> None:
        """Send what is left and stop."""
        ...


class MailMessage(msgspec.Struct, frozen=True):
    """A mail to be sent: the same in plain text and in HTML."""

    to: str
    subject: str
    text: str
    html: str


class MailQueue(Protocol):
    """Where mail waits to be sent."""

    async def send(self, message: MailMessage) -> None:
        """Take a mail; it is sent soon, and again when that fails."""
        ...
