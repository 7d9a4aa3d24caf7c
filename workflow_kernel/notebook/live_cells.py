"""The cells of a notebook as they are run one by one: which of them are stale, and what a deleted one leaves behind.

The Workflow kernel keeps one. Order in the file does not matter: a cell comes after those that define what it uses.
A front end may tell what stands in cells before they run; nothing here runs anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from workflow_kernel.cells.any_order import AnyOrder
from workflow_kernel.cells.graph import CellFacts, CellGraph

CellState = Literal["new", "edited", "stale", "fresh"]
"""Never ran; has another text than when it ran; would give something else now; as it ran."""


_MOST_TOLD = 5


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
    """Cells by id: those that ran and those a front end told of, and how they depend on each other."""

    def __init__(self) -> None:
        self._sources: dict[str, str] = {}
        self._ran: dict[str, str] = {}
        self._defined: dict[str, tuple[str, ...]] = {}
        self._any_order = AnyOrder()
        self._graph = CellGraph()
        self._stale: set[str] = set()

    def __contains__(self, cell: str) -> bool:
        return cell in self._sources

    def source(self, cell: str) -> str:
        """What a cell holds, as far as is known."""
        return self._sources[cell]

    @property
    def stale(self) -> tuple[str, ...]:
        """Cells that would give something else if they ran again, in the order in which to run them."""
        return tuple(cell for cell in self._graph.order if cell in self._stale)

    @property
    def order(self) -> tuple[str, ...]:
        """The cells that ran, each after those it needs."""
        return tuple(cell for cell in self._graph.order if cell in self._ran)

    def states(self) -> dict[str, CellState]:
        """How each cell stands."""
        return {cell: self.state(cell) for cell in self._graph.order}

    def state(self, cell: str) -> CellState:
        """How a cell stands."""
        if cell not in self._ran:
            return "new"
        if self._ran[cell] != self._sources[cell]:
            return "edited"
        return "stale" if cell in self._stale else "fresh"

    def facts(self, cell: str) -> CellFacts:
        """What a cell does."""
        return self._graph[cell]

    def tell(self, cells: Mapping[str, str]) -> None:
        """What stands in cells now, whether they ran or not."""
        news = [self._any_order.put(cell, source) for cell, source in cells.items()]
        self._sources.update(cells)
        if any(news):
            self._arrange()

    def needed(self, cell: str, source: str) -> tuple[str, ...]:
        """Cells that have to run before a cell with this source, in order: stale, edited, and those that never ran."""
        if all(self.state(other) == "fresh" for other in self._sources if other != cell):
            return ()
        kept = self._sources.get(cell)
        self._put(cell, source)
        before = self._graph.before([cell])
        found = tuple(other for other in self._graph.order if other in before and self.state(other) != "fresh")
        if kept is None:
            self._drop(cell)
        else:
            self._put(cell, kept)
        return found

    def ran(self, cell: str, source: str) -> Changed:
        """A cell ran well: what depends on it is stale, and so is nothing of what it needed itself."""
        gone = self._defined.get(cell, ())
        self._put(cell, source)
        self._ran[cell] = source
        self._defined[cell] = self._any_order.defined_by(cell)
        self._stale.discard(cell)
        after = {other for other in self._graph.after([cell]) if other in self._ran}
        self._stale |= after
        return Changed(self._in_order(after), self._left(gone), self.twice(cell))

    def deleted(self, cell: str) -> Changed:
        """A cell is gone, and with it the variables that it alone defined."""
        if cell not in self._sources:
            return Changed()
        names = self._defined.pop(cell, ())
        after = {other for other in self._graph.after([cell]) if other in self._ran} if cell in self._ran else set()
        self._ran.pop(cell, None)
        self._drop(cell)
        self._stale -= {cell}
        self._stale |= after
        return Changed(self._in_order(after), self._left(names))

    def twice(self, cell: str) -> dict[str, tuple[str, ...]]:
        """Names a cell defines that other cells define too > those cells. Imports and names with _ do not count."""
        return self._twice(cell, self._definers())

    def all_twice(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """The same of every cell that has such names, with a few of the others each."""
        definers = self._definers()
        found = {cell: self._twice(cell, definers, _MOST_TOLD) for cell in self._sources}
        return {cell: names for cell, names in found.items() if names}

    def _definers(self) -> dict[str, list[str]]:
        definers: dict[str, list[str]] = {}
        for cell in self._sources:
            for name in self._any_order.defined_by(cell):
                definers.setdefault(name, []).append(cell)
        return definers

    def _twice(
        self, cell: str, definers: Mapping[str, list[str]], most: int | None = None
    ) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for name in self._any_order.defined_by(cell):
            others = tuple(other for other in definers[name][:most] if other != cell)
            if others and name not in self._graph[cell].imports and not name.startswith("_"):
                found[name] = others
        return found

    def _put(self, cell: str, source: str) -> None:
        self._sources[cell] = source
        if self._any_order.put(cell, source):
            self._arrange()

    def _drop(self, cell: str) -> None:
        del self._sources[cell]
        self._any_order.drop(cell)
        self._arrange()

    def _arrange(self) -> None:
        self._graph.update(self._any_order.sources())

    def _left(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of some names that no cell that ran defines."""
        defined = {name for found in self._defined.values() for name in found}
        return tuple(name for name in names if name not in defined)

    def _in_order(self, cells: Iterable[str]) -> tuple[str, ...]:
        wanted = set(cells)
        return tuple(cell for cell in self._graph.order if cell in wanted)
