"""The cells of a notebook as they are run one by one: which of them are stale, and what a deleted one leaves behind.

The Workflow kernel keeps one. Order in the file does not matter: a cell comes after those that define what it uses.
Nothing here runs anything.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping

import msgspec

from workflow_kernel.cells.graph import CellFacts, CellGraph


class Changed(msgspec.Struct, frozen=True):
    """What running, changing or deleting a cell means for the others.

    Parameters
    ----------
    stale: cells that depend on it, in the order in which to run them again.
    removed: variables that no cell defines any more.
    twice: names the cell defines that other cells define too > those cells.
    """

    stale: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    twice: Mapping[str, tuple[str, ...]] = {}


class LiveCells:
    """The cells that ran, by id, and how they depend on each other."""

    def __init__(self) -> None:
        self._sources: dict[str, str] = {}
        self._alone: dict[str, CellFacts] = {}
        self._deferred: dict[str, frozenset[str]] = {}
        self._graph = CellGraph()
        self._stale: set[str] = set()

    def __contains__(self, cell: str) -> bool:
        return cell in self._sources

    def source(self, cell: str) -> str:
        """What a cell holds, as it was last run."""
        return self._sources[cell]

    @property
    def stale(self) -> tuple[str, ...]:
        """Cells that would give something else if they ran again, in the order in which to run them."""
        return tuple(cell for cell in self._graph.order if cell in self._stale)

    @property
    def order(self) -> tuple[str, ...]:
        """All cells, each after those it needs."""
        return self._graph.order

    def facts(self, cell: str) -> CellFacts:
        """What a cell does."""
        return self._graph[cell]

    def needed(self, cell: str, source: str) -> tuple[str, ...]:
        """Stale cells that have to run before a cell with this source, in order."""
        if not self._stale:
            return ()
        kept = self._sources.get(cell)
        self._put(cell, source)
        before = self._graph.before([cell])
        found = tuple(other for other in self._graph.order if other in before and other in self._stale)
        if kept is None:
            self._drop(cell)
        else:
            self._put(cell, kept)
        return found

    def ran(self, cell: str, source: str) -> Changed:
        """A cell ran well: what depends on it is stale, and so is nothing of what it needed itself."""
        gone = self._defined_by(cell)
        self._put(cell, source)
        self._stale.discard(cell)
        after = self._graph.after([cell])
        self._stale |= after
        removed = tuple(name for name in gone if name not in self._all_defined())
        return Changed(self._in_order(after), removed, self._twice(cell))

    def deleted(self, cell: str) -> Changed:
        """A cell is gone, and with it the variables that it alone defined."""
        if cell not in self._sources:
            return Changed()
        names, after = self._defined_by(cell), self._graph.after([cell])
        self._drop(cell)
        self._stale -= {cell}
        self._stale |= after
        return Changed(self._in_order(after), tuple(name for name in names if name not in self._all_defined()))

    def _put(self, cell: str, source: str) -> None:
        if self._sources.get(cell) == source:
            return
        self._sources[cell] = source
        alone = CellGraph()
        alone.update([(cell, source)])
        self._alone[cell] = alone[cell]
        facts = alone[cell]
        self._deferred[cell] = alone.mentions(cell) - set(facts.uses) - set(facts.gives)
        self._arrange()

    def _drop(self, cell: str) -> None:
        del self._sources[cell], self._alone[cell], self._deferred[cell]
        self._arrange()

    def _arrange(self) -> None:
        """Order cells so that each comes after those that define what it uses; else by when they first ran."""
        places = {cell: index for index, cell in enumerate(self._sources)}
        definers: dict[str, list[str]] = {}
        for cell in self._sources:
            for name in self._defined_by(cell):
                definers.setdefault(name, []).append(cell)
        waits = {cell: self._waits_for(cell, definers) for cell in places}
        follows: dict[str, list[str]] = {}
        for cell, others in waits.items():
            for other in others:
                follows.setdefault(other, []).append(cell)
        ready = [(places[cell], cell) for cell, others in waits.items() if not others]
        heapq.heapify(ready)
        order: list[str] = []
        while len(order) < len(places):
            if not ready:  # cells that need each other: by when they first ran
                rest = next(cell for cell in places if cell in waits)
                waits[rest] = set()
                ready.append((places[rest], rest))
            _, cell = heapq.heappop(ready)
            if waits.pop(cell, None) is None:
                continue
            order.append(cell)
            for follower in follows.get(cell, ()):
                if follower in waits:
                    waits[follower].discard(cell)
                    if not waits[follower]:
                        heapq.heappush(ready, (places[follower], follower))
        self._graph.update((cell, self._sources[cell]) for cell in order)

    def _waits_for(self, cell: str, definers: Mapping[str, list[str]]) -> set[str]:
        """Cells that define what a cell uses, or what the functions that it uses may read."""
        found: set[str] = set()
        pending = list(self._alone[cell].uses)
        seen = set(pending)
        while pending:
            for other in definers.get(pending.pop(), ()):
                if other == cell or other in found:
                    continue
                found.add(other)
                deferred = self._deferred[other] - seen
                seen |= deferred
                pending.extend(deferred)
        return found

    def _defined_by(self, cell: str) -> tuple[str, ...]:
        """Names a cell gives a value to without needing one."""
        facts = self._alone.get(cell)
        return () if facts is None else tuple(name for name in facts.gives if name not in facts.uses)

    def _all_defined(self) -> set[str]:
        return {name for cell in self._sources for name in self._defined_by(cell)}

    def _twice(self, cell: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for name in self._defined_by(cell):
            others = tuple(other for other in self._sources if other != cell and name in self._defined_by(other))
            if others and name not in self._graph[cell].imports and not name.startswith("_"):
                found[name] = others
        return found

    def _in_order(self, cells: Iterable[str]) -> tuple[str, ...]:
        wanted = set(cells)
        return tuple(cell for cell in self._graph.order if cell in wanted)
