"""The graph of a notebook: cells are nodes, variables are edges, from the cell that gave a value to those that use it.

    graph = CellGraph()
    graph.update([("a", "x = 1"), ("b", "print(x)")])
    graph.edges_to("b")  # (Edge("a", "b", "x"),)

Order is that of the notebook. Where it cannot be known what a cell does, it has marks, and edges from all that came
before and to all that follows, so that nothing is missed silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from workflow_kernel.cells.calls import Calls
from workflow_kernel.cells.events import Mark
from workflow_kernel.cells.knowledge import BUILTINS
from workflow_kernel.cells.reading import Reading, read
from workflow_kernel.cells.state import State
from workflow_kernel.cells.walk import PLAIN, SETTINGS, Walk

EdgeKind = Literal["value", "order", "doubt"]

BARRIERS = frozenset(["star_import", "dynamic", "magic", "state", "history"])
"""Marks of cells that may use and change everything."""

_MOST_ROUNDS = 5


class Edge(msgspec.Struct, frozen=True, order=True):
    """From the cell that gave a variable its value to one that uses it.

    Parameters
    ----------
    source, target: ids of cells. name: the variable, or what else one must wait for the other for (``files``).
    kind: ``value`` for variables, ``order`` for the rest, ``doubt`` where it cannot be known.
    """

    source: str
    target: str
    name: str
    kind: EdgeKind = "value"


class CellFacts(msgspec.Struct, frozen=True):
    """What a cell does.

    Parameters
    ----------
    id: of the cell. uses: variables of earlier cells it reads or changes, with those its functions read.
    gives: variables it gives a value or changes. deletes: those gone afterwards. unknown: names nobody defines.
    settings: statements that change the whole process and can be repeated in another. imports: name > module.
    marks: why its effect cannot be known. worlds: what it reads (False) or changes (True) besides variables.
    edges: those that lead to it. weak: those of variables it may leave as they were; they count where somebody uses
    the variable as this cell left it.
    """

    id: str
    uses: tuple[str, ...]
    gives: tuple[str, ...]
    deletes: tuple[str, ...]
    unknown: tuple[str, ...]
    settings: tuple[str, ...]
    imports: Mapping[str, str]
    marks: tuple[Mark, ...]
    worlds: tuple[tuple[str, bool], ...]
    edges: tuple[Edge, ...]
    weak: tuple[Edge, ...]

    @property
    def is_barrier(self) -> bool:
        """Whether it may use and change anything."""
        return any(mark.kind in BARRIERS for mark in self.marks)


class CellGraph:
    """The cells of a notebook and how they depend on each other; kept up to date as cells change."""

    def __init__(self) -> None:
        self._order: list[str] = []
        self._readings: dict[str, Reading] = {}
        self._before: dict[str, State] = {}
        self._facts: dict[str, CellFacts] = {}
        self._calls = Calls()
        self._used: set[tuple[str, str]] | None = None
        self._together: dict[str, set[tuple[str, str]]] = {}
        self._stale: set[str] = set()
        self._promoted: dict[str, frozenset[str]] = {}

    def update(self, cells: Iterable[tuple[str, str]]) -> None:
        """All cells, as (id, source), in the order of the notebook. Unchanged ones are not read again."""
        given = list(cells)
        order = [cell for cell, _ in given]
        first = _first_difference(self._order, order)
        for index, (cell, source) in enumerate(given):
            known = self._readings.get(cell)
            if known is None or known.source != source:
                self._readings[cell] = read(source)
                first = min(first, index)
        for gone in set(self._order) - set(order):
            for place in (self._readings, self._before, self._facts, self._together):
                place.pop(gone, None)
        is_same_order = order == self._order
        self._order = order
        self._walk_from(first, may_stop=is_same_order)

    def change(self, cell: str, source: str) -> None:
        """A cell has another source."""
        reading = read(source)
        is_same = reading.events == self._readings[cell].events
        self._readings[cell] = reading
        if not is_same:
            self._walk_from(self._order.index(cell), may_stop=True)

    def _walk_from(self, first: int, *, may_stop: bool) -> None:
        """Play the cells from one on. Those that mention nothing that became different stay as they are."""
        self._used = None
        self._play_from(first, may_stop=may_stop)
        # A cell that links variables which a later one changes together has to give both; that shifts other edges.
        for _ in range(_MOST_ROUNDS):
            first = self._promote()
            if first == len(self._order):
                break
            self._play_from(first, may_stop=True)

    def _promote(self) -> int:
        """Note which cells have to give variables anew; gives the first one for which that is news."""
        found: dict[str, set[str]] = {}
        for pairs in self._together.values():
            for cell, name in pairs:
                if name not in self._facts[cell].gives or name in self._promoted.get(cell, ()):
                    found.setdefault(cell, set()).add(name)
        new = {cell: frozenset(names) for cell, names in found.items()}
        changed = {cell for cell in new.keys() | self._promoted.keys() if new.get(cell) != self._promoted.get(cell)}
        self._promoted = new
        first = next((index for index, cell in enumerate(self._order) if cell in changed), len(self._order))
        self._stale = changed
        return first

    def _play_from(self, first: int, *, may_stop: bool) -> None:
        state = State() if first == 0 else self._after(first - 1)
        index = first
        while index < len(self._order):
            cell = self._order[index]
            if may_stop and index > first:
                names = state.differences(self._before[cell])
                if names is not None:
                    index = self._patch(index, state, names)
                    if index == len(self._order):
                        return
                    cell = self._order[index]
                    state = self._before[cell]
            self._before[cell] = state
            state = state.copy()
            self._facts[cell] = self._play(cell, state)
            index += 1

    def _after(self, index: int) -> State:
        """What the cells up to one left."""
        state = self._before[self._order[index]].copy()
        self._play(self._order[index], state)
        return state

    def _patch(self, index: int, state: State, names: frozenset[str]) -> int:
        """Tell cells from one on what became different, up to the first one that it matters to; gives its index."""
        if not names and not self._stale:
            return len(self._order)
        version = next(self._calls.versions)
        for place in range(index, len(self._order)):
            cell = self._order[place]
            facts, before = self._facts[cell], self._before[cell]
            before.patch(names, state)
            before.version = version
            is_apart = all(names.isdisjoint(known) for known in (self._readings[cell].names, facts.uses, facts.gives))
            if facts.is_barrier or not is_apart or cell in self._stale:
                return place
        return len(self._order)

    def _play(self, cell: str, state: State) -> CellFacts:
        before = state.definers.copy()
        barrier = state.barrier
        walk = Walk(state, self._calls, cell)
        walk.play(self._readings[cell].events)
        for name in self._promoted.get(cell, ()):
            if name in before:
                walk.uses.setdefault(name)
                walk.touched.setdefault(name)
        self._together[cell] = walk.together
        self._stale.discard(cell)
        edges: dict[tuple[str, str], Edge] = {}
        unknown = []
        for name in walk.uses:
            if name in before:
                edges[before[name], name] = Edge(before[name], cell, name)
            elif barrier is not None:
                edges[barrier, name] = Edge(barrier, cell, name, "doubt")
            elif name not in BUILTINS:
                unknown.append(name)
        marks = tuple(walk.marks)
        is_barrier = any(mark.kind in BARRIERS for mark in marks)
        if is_barrier:
            for name, source in before.items():
                edges.setdefault((source, name), Edge(source, cell, name, "doubt"))
            if barrier is not None:
                edges.setdefault((barrier, "*"), Edge(barrier, cell, "*", "doubt"))
        for edge in self._world_edges(cell, walk, state):
            edges.setdefault((edge.source, edge.name), edge)
        self._leave(cell, walk, state, is_barrier=is_barrier)
        return CellFacts(
            cell,
            tuple(sorted(name for name in walk.uses if name in before or name not in BUILTINS)),
            tuple(sorted(name for name in walk.touched if name not in walk.deleted)),
            tuple(sorted(walk.deleted)),
            tuple(unknown),
            tuple(walk.settings),
            {name: state.origins[name] for name in walk.touched if state.origins.get(name, PLAIN) != PLAIN},
            marks,
            tuple(walk.worlds),
            tuple(sorted(edges.values())),
            tuple(
                Edge(before[name], cell, name)
                for name in sorted(walk.weak - walk.bound)
                if name in before and (before[name], name) not in edges
            ),
        )

    def _world_edges(self, cell: str, walk: Walk, state: State) -> Iterator[Edge]:
        """Edges that keep the order of what is no variable: files, random numbers, settings of libraries."""
        worlds = dict(walk.worlds)
        worlds.setdefault((SETTINGS, False), None)
        for world in dict.fromkeys(name for name, _ in worlds):
            last, readers = state.changed.get(world), state.readers.get(world, ())
            is_change = (world, True) in worlds
            sources = [last, *readers] if is_change and world != SETTINGS else [last]
            for source in dict.fromkeys(sources):
                if source is not None and source != cell:
                    yield Edge(source, cell, world, "order")
            if is_change:
                state.changed[world] = cell
                state.readers[world] = ()
            elif world != SETTINGS:
                state.readers[world] = (*readers, cell)

    def _leave(self, cell: str, walk: Walk, state: State, *, is_barrier: bool) -> None:
        if is_barrier:
            state.barrier = cell
            state.definers = dict.fromkeys(state.definers, cell)
            for world in ("files",):
                state.changed[world] = cell
                state.readers[world] = ()
        for name in walk.touched:
            state.definers[name] = cell
        for name in walk.deleted:
            state.definers.pop(name, None)

    def __iter__(self) -> Iterator[CellFacts]:
        return (self._facts[cell] for cell in self._order)

    def __getitem__(self, cell: str) -> CellFacts:
        return self._facts[cell]

    def mentions(self, cell: str) -> frozenset[str]:
        """All names that stand in a cell, also in functions that it only defines."""
        return self._readings[cell].names

    @property
    def order(self) -> tuple[str, ...]:
        """Ids of the cells, in the order of the notebook."""
        return tuple(self._order)

    def edges(self) -> Iterator[Edge]:
        """All edges, by the cells they lead to."""
        return (edge for cell in self._order for edge in self.edges_to(cell))

    def edges_to(self, cell: str) -> tuple[Edge, ...]:
        """The edges that lead to a cell."""
        facts = self._facts[cell]
        if not facts.weak:
            return facts.edges
        wanted = self._wanted()
        return (*facts.edges, *(edge for edge in facts.weak if (cell, edge.name) in wanted))

    def _wanted(self) -> set[tuple[str, str]]:
        """The variables of cells that others use."""
        if self._used is None:
            used: set[tuple[str, str]] = set()
            for cell in reversed(self._order):
                facts = self._facts[cell]
                used.update((edge.source, edge.name) for edge in facts.edges)
                used.update((edge.source, edge.name) for edge in facts.weak if (cell, edge.name) in used)
            self._used = used
        return self._used

    def after(self, cells: Iterable[str]) -> set[str]:
        """The cells that depend on any of these, directly or not."""
        found: set[str] = set(cells)
        given = set(found)
        for cell in self._order:
            if any(edge.source in found for edge in self.edges_to(cell)):
                found.add(cell)
        return found - given

    def before(self, cells: Iterable[str]) -> set[str]:
        """The cells that any of these depends on, directly or not."""
        found: set[str] = set(cells)
        given = set(found)
        for cell in reversed(self._order):
            if cell in found:
                found.update(edge.source for edge in self.edges_to(cell))
        return found - given


def _first_difference(old: list[str], new: list[str]) -> int:
    for index, (one, other) in enumerate(zip(old, new, strict=False)):
        if one != other:
            return index
    return min(len(old), len(new))
