"""An order for cells that stand anywhere in a notebook: each comes after those that define what it uses.

The Workflow kernel and the view of a notebook's graph call this; nothing else of a cell is kept here.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping

from workflow_kernel.cells.graph import CellFacts, CellGraph


class AnyOrder:
    """Cells by id, each read by itself."""

    def __init__(self) -> None:
        self._sources: dict[str, str] = {}
        self._alone: dict[str, CellFacts] = {}
        self._deferred: dict[str, frozenset[str]] = {}

    def put(self, cell: str, source: str) -> bool:
        """A cell has this source; gives whether that is news. Cells keep the place they came in."""
        if self._sources.get(cell) == source:
            return False
        self._sources[cell] = source
        alone = CellGraph()
        alone.update([(cell, source)])
        facts = alone[cell]
        self._alone[cell] = facts
        self._deferred[cell] = alone.mentions(cell) - set(facts.uses) - set(facts.gives)
        return True

    def drop(self, cell: str) -> None:
        """A cell is gone."""
        del self._sources[cell], self._alone[cell], self._deferred[cell]

    def update(self, cells: Iterable[tuple[str, str]]) -> None:
        """All cells, as (id, source), in the order of the notebook."""
        given = dict(cells)
        for gone in self._sources.keys() - given.keys():
            self.drop(gone)
        for cell, source in given.items():
            self.put(cell, source)
        self._sources = given

    def defined_by(self, cell: str) -> tuple[str, ...]:
        """Names a cell gives a value to without needing one."""
        facts = self._alone.get(cell)
        return () if facts is None else tuple(name for name in facts.gives if name not in facts.uses)

    def sources(self) -> list[tuple[str, str]]:
        """Cells with their sources, each after those that define what it uses; else in the order they came in."""
        places = {cell: index for index, cell in enumerate(self._sources)}
        definers: dict[str, list[str]] = {}
        for cell in self._sources:
            for name in self.defined_by(cell):
                definers.setdefault(name, []).append(cell)
        waits = {cell: self._waits_for(cell, definers) for cell in places}
        return [(cell, self._sources[cell]) for cell in _sorted(waits, places)]

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


def _sorted(waits: dict[str, set[str]], places: Mapping[str, int]) -> list[str]:
    """Cells, each after those it waits for; of those that wait for each other the one with the first place."""
    follows: dict[str, list[str]] = {}
    for cell, others in waits.items():
        for other in others:
            follows.setdefault(other, []).append(cell)
    ready = [(places[cell], cell) for cell, others in waits.items() if not others]
    heapq.heapify(ready)
    order: list[str] = []
    while len(order) < len(places):
        if not ready:
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
    return order
