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

from workflow_kernel.engine.activity import Arrival, Input, Run, Turn, Waiting
from workflow_kernel.engine.places import Moment, Place, Places
from workflow_kernel.engine.plan import Plan, PlanNode, Target

Entry = Run | Arrival | Turn
"""What is active and may still lead to runs of other nodes."""


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
        self._active: dict[int, dict[int, Entry]] = {}
        self._active_mask = 0
        self._held: dict[tuple[int, bool], list[Arrival | Turn]] = {}
        """What waits for what comes before it to be over, by node and by whether it is an arrival, in order."""
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
        self._add_run(node, (), self._places.first)

    def finished(self, run: Run, sizes: Sequence[int]) -> None:
        """See the protocol."""
        self._under_way -= 1
        hits = [target for target in run.node.targets if target.output < len(sizes) and sizes[target.output]]
        if len(hits) == 1 and self._take_directly(run, hits[0]):
            return
        self._leave(run)
        place = run.place
        for count, (output, index, port) in enumerate(hits):
            if count:
                place = self._places.after(place)
            node = self._plan.nodes[index]
            if node.is_multi:
                self._hold(Arrival(node, port, (run, output), place, (run.place, run.sequence, count)))
            elif (self._active_mask | self._waiting_mask) & node.reach:
                self._hold(Turn(node, ((run, output),), place))
            else:
                # Nothing leads here any more, so nothing can come before.
                self._add_run(node, ((run, output),), place)
        self._settle()

    def _take_directly(self, run: Run, hit: Target) -> bool:
        """Take in a run's only batch at once, where nothing is held and nothing comes before it; the usual case."""
        output, index, port = hit
        node = self._plan.nodes[index]
        if self._held or self._gated or self._is_preceded(node.reach, run.place):
            return False
        if node.is_multi:
            self._leave(run)
            self._fill_slot(Arrival(node, port, (run, output), run.place, (run.place, run.sequence, 0)))
            if self._held or self._resolve_waiting():
                self._settle()
            return True
        if self._waiting_mask:
            return False
        self._leave(run)
        self._add_run(node, ((run, output),), run.place)
        return True

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

    def _enter(self, entry: Entry) -> None:
        node, place = entry.node, entry.place
        entries = self._active.get(node.index)
        if entries is None:
            self._active[node.index] = {id(entry): entry}
        else:
            entries[id(entry)] = entry
        self._active_mask |= node.bit
        place.active += 1
        self._places.entered(place)

    def _leave(self, entry: Entry) -> None:
        node = entry.node
        entries = self._active[node.index]
        del entries[id(entry)]
        if not entries:
            self._active_mask &= ~node.bit
        entry.place.active -= 1

    def _hold(self, entry: Arrival | Turn) -> None:
        self._enter(entry)
        heapq.heappush(self._held.setdefault((entry.node.index, isinstance(entry, Arrival)), []), entry)

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
        if found and self._places.first_active() < place and self._any_before(found, place):
            return True
        found = self._waiting_mask & mask
        return bool(found) and any(
            entry.late < place for index in _bits(found) for entry in self._waiting.get(index, ())
        )

    def _any_before(self, mask: int, place: Place) -> bool:
        return any(entry.place < place for index in _bits(mask) for entry in self._active[index].values())

    def _settle(self) -> None:
        """Take in every arrival and start every merge and run that nothing holds back any more."""
        while True:
            is_moving = True
            while self._held and is_moving:
                taken = [self._take_in(key) for key in list(self._held)]
                is_moving = any(taken)
            if not self._resolve_waiting():
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
        entries: list[Entry] = [*(found[0] for found in self._held.values()), *self._gated]
        first = min(entries, key=lambda entry: entry.place)
        if isinstance(first, Run):
            self._gated.remove(first)
            first.status = "ready"
            self._ready.append(first)
            return
        self._take_first((first.node.index, isinstance(first, Arrival)))
        self._settle()

    def _take_in(self, key: tuple[int, bool]) -> bool:
        """Take in what nothing that comes before can add to; True if there was anything."""
        taken = False
        while (held := self._held.get(key)) and not self._must_wait(held[0]):
            self._take_first(key)
            taken = True
        return taken

    def _must_wait(self, entry: Arrival | Turn) -> bool:
        if self._is_preceded(entry.node.reach, entry.since):
            return True
        if isinstance(entry, Arrival):
            return False
        arrivals = self._held.get((entry.node.index, True), ())
        return any(arrival.place < entry.place for arrival in arrivals)

    def _take_first(self, key: tuple[int, bool]) -> None:
        held = self._held[key]
        entry = heapq.heappop(held)
        if not held:
            del self._held[key]
        self._leave(entry)
        if isinstance(entry, Turn):
            self._add_run(entry.node, entry.inputs, entry.place)
        else:
            self._fill_slot(entry)

    def _fill_slot(self, arrival: Arrival) -> None:
        node = arrival.node
        entries = self._waiting.setdefault(node.index, [])
        entry = next((found for found in entries if found.slots[arrival.port] is None), None)
        if entry is None:
            entry = Waiting(node, arrival.moment, self._late_place(node, arrival.moment))
            entries.append(entry)
            self._waiting_mask |= node.bit
        entry.fill(arrival)
        if not entry.missing and entry.last is not None:
            self._forget(entry)
            self._hold(Turn(node, tuple(entry.slots), entry.last.place))

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
        entries = [entry for found in self._waiting.values() for entry in found]
        if not any(not self._active_mask & entry.node.reach for entry in entries):
            return False
        entries.sort(key=lambda entry: entry.late)
        for entry in entries:
            node = entry.node
            if self._active_mask & node.reach or self._waits_for_another(entry, entries):
                continue
            if (node.index, True) in self._held or (node.index, False) in self._held:
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

    def _late_place(self, node: PlanNode, first: Moment) -> Place:
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
