"""The data a node run's expressions see: implements :class:`workflow_kernel.expressions.scope.Scope` lazily."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workflow_kernel.engine.activity import Run
from workflow_kernel.expressions.scope import Facts, Match, Unmatched
from workflow_kernel.runs.item import EMPTY, Batch, Item, Items

if TYPE_CHECKING:
    from workflow_kernel.engine.history import History

_ONE_EMPTY_ITEM: Sequence[Item] = (Item({}),)


class RunScope:
    """What one run's expressions see."""

    __slots__ = ("_batches", "_facts", "_first", "_history", "_items", "_offset", "_run")

    def __init__(self, history: History, run: Run, batches: Sequence[Batch | None]) -> None:
        self._history = history
        self._run = run
        self._batches = batches
        self._facts: Facts | None = None
        self._first: Item | None = None
        self._items: Sequence[Item] | None = None
        self._offset = 0

    @property
    def run(self) -> Run:
        """The run whose scope it is, for backends that take it to another machine."""
        return self._run

    @property
    def history(self) -> History:
        """What happened before it, for the same."""
        return self._history

    @property
    def facts(self) -> Facts:
        """See the protocol."""
        if self._facts is None:
            self._facts = self._history.facts_for(self._run)
        return self._facts

    @property
    def items(self) -> Sequence[Item]:
        """See the protocol."""
        if self._items is None:
            first = next((batch for batch in self._batches if batch is not None and len(batch)), EMPTY)
            rows = first.items().rows
            if self._run.node.node.execute_once:
                rows = rows[:1]
            self._items = rows or _ONE_EMPTY_ITEM
        return self._items

    @property
    def inputs(self) -> Sequence[Sequence[Item]]:
        """See the protocol."""
        rows = [[] if batch is None else batch.items().rows for batch in self._batches]
        return [found[:1] for found in rows] if self._run.node.node.execute_once else rows

    @property
    def context(self) -> Mapping[str, Any]:
        """See the protocol."""
        return self._history.state_of(self._run.node.name)

    def node(self, name: str) -> NodeRuns | None:
        """See the protocol."""
        if name not in self._history.plan.by_name:
            return None
        return NodeRuns(self._history, self._run, name)

    def node_names(self) -> Sequence[str]:
        """See the protocol."""
        return [name for name in self._history.plan.by_name if self._history.runs_of(name)]

    def window(self, items: Items, offset: int) -> RunScope:
        """The same scope, for looking at items from ``offset`` on, which are these: a chunk read already."""
        window = RunScope(self._history, self._run, self._batches)
        window._facts = self.facts
        window._items = Window(self, items.rows, offset)
        return window

    @property
    def count(self) -> int:
        """How many items there are, told without reading them."""
        return next((len(batch) for batch in self._batches if batch is not None and len(batch)), 1)

    def first_item(self) -> Item:
        """The first item, read once however many chunks ask for it."""
        if self._first is None:
            batch = next((batch for batch in self._batches if batch is not None and len(batch)), None)
            self._first = next(batch.chunks(1)).rows[0] if batch is not None else _ONE_EMPTY_ITEM[0]
        return self._first

    def part(self, items: Items, offset: int) -> RunScope:
        """The scope with just these items, which begin at item ``offset`` of the batch."""
        part = RunScope(self._history, self._run, [items])
        part._facts = self.facts
        part._items = items.rows
        part._offset = offset
        return part

    def trace(self, name: str, indices: Sequence[int]) -> Sequence[Match | Unmatched]:
        """See the protocol."""
        offset = self._offset
        port = next((p for p, batch in enumerate(self._batches) if batch is not None and len(batch)), 0)
        return trace(self._run, port, [index + offset for index in indices], name, self._sibling)

    def _sibling(self, run: Run, index: int) -> Run:
        return self._history.run_of(run.node.name, index)


class Window(Sequence[Item]):
    """All items of a batch, of which one chunk is at hand; the others are read only when asked for."""

    __slots__ = ("_items", "_offset", "_scope")

    def __init__(self, scope: RunScope, items: Sequence[Item], offset: int) -> None:
        self._scope = scope
        self._items = items
        self._offset = offset

    def __len__(self) -> int:
        return self._scope.count

    def __getitem__(self, index: Any) -> Any:
        if type(index) is int:
            at = index - self._offset
            if 0 <= at < len(self._items):
                return self._items[at]
            if index == 0:
                return self._scope.first_item()
        return self._scope.items[index]


class NodeRuns:
    """An earlier node as one run's expressions see it."""

    __slots__ = ("_history", "_run", "name")

    def __init__(self, history: History, run: Run, name: str) -> None:
        self._history = history
        self._run = run
        self.name = name

    @property
    def parameters(self) -> Mapping[str, Any]:
        """See the protocol."""
        return self._history.plan.by_name[self.name].node.parameters

    @property
    def runs(self) -> Sequence[RunData]:
        """See the protocol."""
        history, run = self._history, self._run
        return [RunData(self._history, other) for other in self._history.runs_of(self.name) if history.sees(run, other)]

    @property
    def context(self) -> Mapping[str, Any]:
        """See the protocol."""
        return self._history.state_of(self.name)

    @property
    def default_output(self) -> int:
        """See the protocol."""
        return self._history.output_towards(self.name, self._run.node)


class RunData:
    """One finished run as expressions see it."""

    __slots__ = ("_history", "_run")

    def __init__(self, history: History, run: Run) -> None:
        self._history = history
        self._run = run

    @property
    def outputs(self) -> Sequence[Sequence[Item]]:
        """See the protocol."""
        return [batch.items().rows for batch in self._run.outputs]

    @property
    def key(self) -> str:
        """See the protocol."""
        return f"{self._history.id}/{self._run.node.id}/{self._run.index}"


Sibling = Callable[[Run, int], Run]
"""Gives the run of the same node with a run index."""


def trace(run: Run, port: int, indices: Sequence[int], name: str, sibling: Sibling) -> Sequence[Match | Unmatched]:
    """For each item of an input batch of a run, the item of node ``name`` it descends from.

    Walks all items together as long as each has one source in the same batch, which is the usual case; items with
    several sources are followed one by one.
    """
    source = run.inputs[port] if port < len(run.inputs) else None
    positions = list(indices)
    while source is not None:
        parent, output = source
        if parent.node.name == name:
            return [Match(parent.index, output, index) for index in positions]
        lineage = parent.outputs[output].lineage
        if lineage.kind == "one" and lineage.indices is not None:
            own = lineage.indices
            if any(not 0 <= index < len(own) for index in positions):
                break
            positions = [own[index] for index in positions]
        elif lineage.kind != "same":
            break
        if lineage.run is not None:
            parent = sibling(parent, lineage.run)
        source = parent.inputs[lineage.port] if lineage.port < len(parent.inputs) else None
    if source is None:
        return [Unmatched(_no_path(name)) for _ in indices]
    return [_trace_one(source, index, name, sibling) for index in positions]


def _trace_one(source: tuple[Run, int], index: int, name: str, sibling: Sibling) -> Match | Unmatched:
    found: set[Match] = set()
    is_broken = False
    seen: set[tuple[int, int, int]] = set()
    line = [(source, index)]
    while line:
        (parent, output), position = line.pop()
        mark = (id(parent), output, position)
        if mark in seen:
            continue
        seen.add(mark)
        if parent.node.name == name:
            found.add(Match(parent.index, output, position))
            continue
        if not parent.inputs:
            continue
        sources = parent.outputs[output].lineage.sources(position)
        is_broken = is_broken or not sources
        for port, at, run in sources:
            inputs = (parent if run is None else sibling(parent, run)).inputs
            before = inputs[port] if port < len(inputs) else None
            if before is not None:
                line.append((before, at))
    if len(found) == 1:
        return found.pop()
    if found:
        return Unmatched(
            f"Several items of node '{name}' led to this item. Use $('{name}').first(), .last() or .all() instead."
        )
    if is_broken:
        return Unmatched(
            f"It is not known which item of node '{name}' this item came from, because a node in between does not "
            f"say. Use $('{name}').first(), .last() or .all() instead."
        )
    return Unmatched(_no_path(name))


def _no_path(name: str) -> str:
    return f"No path leads from node '{name}' to this item. Connect the nodes, or use $('{name}').first()."
