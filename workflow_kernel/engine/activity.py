"""What is active in an execution: runs, turns to run, batches on their way into a port, merges that wait.

The orders (``order``, ``breadth_first``) move these from one kind to the next; the engine keeps what it learns of a
run on the run itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from workflow_kernel.engine.places import Moment, Place
from workflow_kernel.engine.plan import PlanNode
from workflow_kernel.runs.model import NodeRunState


class Run:
    """One node run, over all its attempts.

    ``inputs`` holds for each input port the run and output position the batch comes from, or None. ``outputs`` and
    what else ``engine`` learns of it are kept here too, but never looked at by the scheduler.
    """

    __slots__ = (
        "attempt", "ended", "error", "headway", "index", "inputs", "key", "losses", "node", "outcome", "outputs",
        "place", "sequence", "started", "state", "status",
    )  # fmt: skip

    def __init__(self, node: PlanNode, index: int, inputs: tuple[Input | None, ...], place: Place) -> None:
        self.node = node
        self.index = index
        self.key = (node.id, index)
        """The same in every process that runs this execution."""
        self.inputs = inputs
        self.place = place
        self.attempt = 1
        self.losses = 0
        self.status: NodeRunState = "pending"
        self.sequence = 0
        self.outputs: tuple[Any, ...] = ()
        self.state: dict[str, Any] | None = None
        self.error: Any = None
        self.outcome: Any = None
        self.headway: Any = None
        self.started = 0.0
        self.ended = 0.0

    def __repr__(self) -> str:
        return f"Run({self.node.name!r}, {self.index}, {self.status})"


Input = tuple[Run, int]


class Arrival:
    """A batch on its way into a node with several inputs, not taken in yet.

    Such a node takes its batches in before anything else that follows from their sender, in the order of the moments
    at which they were sent; a run that the batch completes stands at ``place``, among the sender's other followers.
    """

    __slots__ = ("moment", "node", "place", "port", "source")

    def __init__(self, node: PlanNode, port: int, source: Input, place: Place, moment: Moment) -> None:
        self.node = node
        self.port = port
        self.source = source
        self.place = place
        self.moment = moment

    @property
    def since(self) -> Place:
        """What must be over before it is taken in: all that comes before its sender."""
        return self.moment[0]

    def __lt__(self, other: Arrival | Turn) -> bool:
        return isinstance(other, Arrival) and self.moment < other.moment


class Turn:
    """A node whose inputs are there, and whose run index will be told by its place among the node's other runs."""

    __slots__ = ("inputs", "node", "place")

    def __init__(self, node: PlanNode, inputs: tuple[Input | None, ...], place: Place) -> None:
        self.node = node
        self.inputs = inputs
        self.place = place

    @property
    def since(self) -> Place:
        """What must be over before it becomes a run: all that comes before it."""
        return self.place

    def __lt__(self, other: Arrival | Turn) -> bool:
        return isinstance(other, Turn) and self.place < other.place


class Waiting:
    """A node with several inputs, some of which have their batch."""

    __slots__ = ("first", "last", "late", "missing", "node", "slots")

    def __init__(self, node: PlanNode, first: Moment, late: Place) -> None:
        self.node = node
        self.first = first
        """When its first batch arrived."""
        self.slots: list[Input | None] = [None] * len(node.ports.inputs)
        self.missing = len(node.connected)
        """How many connected inputs have no batch yet."""
        self.late = late
        """Where it stands should it go on without all its inputs."""
        self.last: Arrival | None = None
        """Its latest arrival: where it stands once complete."""

    def fill(self, arrival: Arrival) -> None:
        """Take in a batch for a free slot."""
        self.slots[arrival.port] = arrival.source
        self.missing -= 1
        if self.last is None or self.last < arrival:
            self.last = arrival

    @property
    def place(self) -> Place:
        """Where it stands in the order while it waits."""
        return self.late


class RunOrder(Protocol):
    """A way of ordering runs; see :class:`CanvasOrder` and ``breadth_first``."""

    def begin(self, node: PlanNode) -> None:
        """Start with a node that gets the execution's input."""
        ...

    def finished(self, run: Run, sizes: Sequence[int]) -> None:
        """A run sent batches of these sizes by its outputs."""
        ...

    def take_ready(self) -> list[Run]:
        """The runs that may start now; each is given once."""
        ...

    def sees(self, run: Run, other: Run) -> bool:
        """Whether the data of a finished run may be looked at by ``run``."""
        ...

    def waiting(self) -> Iterator[tuple[PlanNode, list[int]]]:
        """Nodes that wait for inputs, and the positions of these."""
        ...
