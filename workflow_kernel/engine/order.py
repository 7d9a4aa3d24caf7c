"""In what order nodes run: which arrivals become runs, when merges go on, what may start now.

An *arrival* is a batch on its way into a port. Arrivals, runs and waiting merges together are what is active. An
arrival is taken in, and so gets its run index, once nothing active that comes before it in canvas order can still
reach the same node; so branches run at the same time, and run indices, merges and shared ports come out as if they
had run one after another. Everything here depends on sizes of outputs alone, never on time, so that the same results
give the same order in any process.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from workflow_kernel.engine.places import Place, Places
from workflow_kernel.engine.plan import Plan, PlanNode
from workflow_kernel.runs.model import NodeRunState


class Run:
    """One node run, over all its attempts.

    ``inputs`` holds for each input port the run and output position the batch comes from, or None. ``outputs`` and
    what else ``engine`` learns of it are kept here too, but never looked at by the scheduler.
    """

    __slots__ = (
        "attempt", "ended", "error", "index", "inputs", "losses", "node", "outcome", "outputs", "place", "sequence",
        "started", "state", "status", "trail",
    )  # fmt: skip

    def __init__(self, node: PlanNode, index: int, inputs: tuple[Input | None, ...], place: Place) -> None:
        self.node = node
        self.index = index
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
        self.started = 0.0
        self.ended = 0.0

    @property
    def key(self) -> tuple[str, int]:
        """Node id and run index: the same in every process that runs this execution."""
        return (self.node.id, self.index)

    def __repr__(self) -> str:
        return f"Run({self.node.name!r}, {self.index}, {self.status})"


Input = tuple[Run, int]


class Arrival:
    """A batch on its way into a port, not taken in yet."""

    __slots__ = ("node", "place", "port", "source")

    def __init__(self, node: PlanNode, port: int, source: Input, place: Place) -> None:
        self.node = node
        self.port = port
        self.source = source
        self.place = place

    def __lt__(self, other: Arrival) -> bool:
        return self.place < other.place


class Waiting:
    """A node with several inputs, some of which have their batch."""

    __slots__ = ("first", "last", "late", "node", "slots")

    def __init__(self, node: PlanNode, first: Place, late: Place) -> None:
        self.node = node
        self.first = first
        """The place of its first arrival."""
        self.slots: list[Input | None] = [None] * len(node.ports.inputs)
        self.late = late
        """Where it stands should it go on without all its inputs."""
        self.last: Place | None = None
        """The latest place among its arrivals: where it stands once complete."""

    @property
    def is_complete(self) -> bool:
        """Whether every connected input has its batch."""
        return all(self.slots[port] is not None for port in self.node.connected)

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


class CanvasOrder:
    """Topmost branch first, depth first, as far as can be seen; branches really run at the same time.

    Parameters
    ----------
    plan: the workflow.
    is_sequential: really run one node at a time.
    """

    def __init__(self, plan: Plan, *, is_sequential: bool = False) -> None:
        self._plan = plan
        self._is_sequential = is_sequential
        self._places = Places()
        self._active: dict[int, list[Run | Arrival]] = {}
        self._active_mask = 0
        self._earliest: list[Place] = []
        self._held: dict[int, list[Arrival]] = {}
        self._waiting: dict[int, list[Waiting]] = {}
        self._waiting_mask = 0
        self._late: dict[int, Place] = {}
        """The last place at which a merge, by node, went on (or was given up) without all its inputs."""
        self._gated: list[Run] = []
        self._ready: list[Run] = []
        self._runs: list[int] = [0] * len(plan.nodes)
        self._under_way = 0

    def begin(self, node: PlanNode) -> None:
        """See the protocol."""
        self._start(node, (), self._places.first)

    def finished(self, run: Run, sizes: Sequence[int]) -> None:
        """See the protocol."""
        self._leave(run)
        self._under_way -= 1
        nodes = self._plan.nodes
        hits = [target for target in run.node.targets if target.output < len(sizes) and sizes[target.output]]
        if len(hits) == 1 and not self._active_mask and not self._waiting_mask:
            output, index, port = hits[0]
            if not nodes[index].is_multi:
                self._start(nodes[index], (port, (run, output)), run.place)
                return
        place = run.place
        for count, (output, index, port) in enumerate(hits):
            if count:
                place = self._places.after(place)
            arrival = Arrival(nodes[index], port, (run, output), place)
            self._enter(arrival)
            heapq.heappush(self._held.setdefault(index, []), arrival)
        self._settle()

    def take_ready(self) -> list[Run]:
        """See the protocol."""
        if self._is_sequential:
            if self._under_way or not self._ready:
                return []
            first = min(self._ready, key=lambda run: run.place)
            self._ready.remove(first)
            taken = [first]
        else:
            taken, self._ready = self._ready, []
        self._under_way += len(taken)
        return taken

    def sees(self, run: Run, other: Run) -> bool:
        """See the protocol."""
        return other.place is run.place or other.place < run.place

    def waiting(self) -> Iterator[tuple[PlanNode, list[int]]]:
        """See the protocol."""
        for entries in self._waiting.values():
            for entry in entries:
                missing = [port for port in sorted(entry.node.connected) if entry.slots[port] is None]
                yield entry.node, missing

    def _enter(self, entry: Run | Arrival) -> None:
        node, place = entry.node, entry.place
        entries = self._active.get(node.index)
        if entries is None:
            self._active[node.index] = [entry]
        else:
            entries.append(entry)
        self._active_mask |= node.bit
        if not place.active:
            heapq.heappush(self._earliest, place)
        place.active += 1

    def _leave(self, entry: Run | Arrival) -> None:
        node = entry.node
        entries = self._active[node.index]
        if len(entries) == 1:
            entries.clear()
            self._active_mask &= ~node.bit
        else:
            entries.remove(entry)
        entry.place.active -= 1

    def _start(self, node: PlanNode, given: tuple[int, Input] | tuple[()], place: Place) -> None:
        inputs: tuple[Input | None, ...] = ()
        if given:
            port, source = given
            inputs = (source,) if port == 0 else (*(None for _ in range(port)), source)
        self._add_run(node, inputs, place)

    def _add_run(self, node: PlanNode, inputs: tuple[Input | None, ...], place: Place) -> None:
        run = Run(node, self._runs[node.index], inputs, place)
        self._runs[node.index] += 1
        self._enter(run)
        if (node.reads or node.reads_all) and self._is_gated(run):
            self._gated.append(run)
        else:
            run.status = "ready"
            self._ready.append(run)

    def _is_gated(self, run: Run) -> bool:
        """Whether something that comes before may still run a node this run's expressions look at."""
        return self._is_preceded(~0 if run.node.reads_all else run.node.reads, run.place)

    def _is_preceded(self, mask: int, place: Place) -> bool:
        """Whether anything active among the nodes of a mask comes before a place."""
        found = self._active_mask & mask
        if found and self._first_place() < place and self._any_before(found, place):
            return True
        found = self._waiting_mask & mask
        return bool(found) and any(
            entry.late < place for index in _bits(found) for entry in self._waiting.get(index, ())
        )

    def _any_before(self, mask: int, place: Place) -> bool:
        return any(entry.place < place for index in _bits(mask) for entry in self._active[index])

    def _first_place(self) -> Place:
        earliest = self._earliest
        while earliest and not earliest[0].active:
            heapq.heappop(earliest)
        return earliest[0]

    def _settle(self) -> None:
        """Take in every arrival and start every merge and run that nothing holds back any more."""
        while True:
            is_moving = True
            while self._held and is_moving:
                taken = [self._take_in(index) for index in list(self._held)]
                is_moving = any(taken)
            if not (self._waiting_mask and self._resolve_waiting()):
                break
        if self._gated:
            self._open_gates()
        if not (self._under_way or self._ready) and (self._held or self._gated):
            self._break_tie()

    def _open_gates(self) -> None:
        gated, self._gated = self._gated, []
        for run in gated:
            if self._is_gated(run):
                self._gated.append(run)
            else:
                run.status = "ready"
                self._ready.append(run)

    def _break_tie(self) -> None:
        """In a cycle a merge and an arrival can wait for each other: then the first in order goes on."""
        arrivals = [found[0] for found in self._held.values()]
        entries: list[Arrival | Run] = [*arrivals, *self._gated]
        first = min(entries, key=lambda entry: entry.place)
        if isinstance(first, Run):
            self._gated.remove(first)
            first.status = "ready"
            self._ready.append(first)
            return
        self._take_first(self._held[first.node.index])
        self._settle()

    def _take_in(self, index: int) -> bool:
        """Take in the arrivals at a node that nothing before them can add to; True if there were any."""
        arrivals = self._held[index]
        taken = False
        while arrivals and not self._is_preceded(arrivals[0].node.reach, arrivals[0].place):
            self._take_first(arrivals)
            taken = True
        return taken

    def _take_first(self, arrivals: list[Arrival]) -> None:
        arrival = heapq.heappop(arrivals)
        node = arrival.node
        if not arrivals:
            del self._held[node.index]
        self._leave(arrival)
        if node.is_multi:
            self._fill_slot(node, arrival)
        else:
            self._start(node, (arrival.port, arrival.source), arrival.place)

    def _fill_slot(self, node: PlanNode, arrival: Arrival) -> None:
        entries = self._waiting.setdefault(node.index, [])
        entry = next((found for found in entries if found.slots[arrival.port] is None), None)
        if entry is None:
            entry = Waiting(node, arrival.place, self._late_place(node, arrival.place))
            entries.append(entry)
            self._waiting_mask |= node.bit
        entry.slots[arrival.port] = arrival.source
        if entry.last is None or entry.last < arrival.place:
            entry.last = arrival.place
        if entry.is_complete:
            self._forget(entry)
            self._add_run(node, tuple(entry.slots), entry.last)

    def _forget(self, entry: Waiting) -> None:
        entries = self._waiting[entry.node.index]
        entries.remove(entry)
        if not entries:
            del self._waiting[entry.node.index]
            self._waiting_mask &= ~entry.node.bit

    def _resolve_waiting(self) -> bool:
        """Let the first merge that nothing can reach any more go on with what it has; True if one was resolved."""
        if self._is_sequential and self._active_mask:
            return False
        entries = sorted((entry for found in self._waiting.values() for entry in found), key=lambda e: e.late)
        for entry in entries:
            node = entry.node
            if self._active_mask & node.reach or node.index in self._held or self._waits_for_another(entry, entries):
                continue
            self._forget(entry)
            self._move_behind(entry)
            if node.ports.required == "any":
                self._add_run(node, tuple(entry.slots), entry.late)
            return True
        return False

    def _move_behind(self, gone: Waiting) -> None:
        """A merge went on (or was given up) late: those it leads to can only do so behind it."""
        index = gone.node.index
        last = self._late.get(index)
        self._late[index] = gone.late if last is None or last < gone.late else last
        for entries in self._waiting.values():
            for entry in entries:
                if entry.node.reach & gone.node.bit and entry.late < gone.late:
                    entry.late = self._places.late_after(gone.late, entry.first)

    def _late_place(self, node: PlanNode, first: Place) -> Place:
        """Where a merge would go on without all its inputs: behind every late one that led to it."""
        late = self._places.late(first)
        gone = [place for index, place in self._late.items() if node.reach & (1 << index) and late < place]
        return self._places.late_after(max(gone), first) if gone else late

    def _waits_for_another(self, entry: Waiting, entries: Sequence[Waiting]) -> bool:
        node = entry.node
        for other in entries:
            if other is entry:
                continue
            if other.node is node:
                if other.late < entry.late:
                    return True
            elif node.reach & other.node.bit and not (other.node.reach & node.bit and entry.late < other.late):
                return True
        return False


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
