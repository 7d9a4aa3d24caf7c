"""What a run's expressions look at, taken to another machine: gathered by the dispatcher, rebuilt on the worker.

Only what the node's parameters or code can name is sent. The worker gets a history that holds just that, over which
the engine's own ``RunScope`` looks things up as it does at home.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

from ray_executor.memo import Memo
from ray_executor.messages import Parcel, SentNode, SentRun, SentScope
from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.plan import PlanNode, referenced_nodes
from workflow_kernel.engine.scope import RunScope
from workflow_kernel.expressions.scope import Facts
from workflow_kernel.graph.model import Language, Node
from workflow_kernel.runs.item import Batch
from workflow_kernel.storage.packing import pack_links

_NOTHING = SentScope([])
_NONE: dict[str, Any] = {}


class Reads(NamedTuple):
    """The earlier nodes a node looks at: by name, or any of them."""

    names: Sequence[str]
    any: bool


class Scopes:
    """Gathers scopes for workers.

    Parameters
    ----------
    wrap: makes parcels of batches.
    """

    def __init__(self, wrap: Callable[[Batch], Parcel]) -> None:
        self._wrap = wrap
        self._reads: Memo[PlanNode, Reads] = Memo(_reads_of)

    def pack(self, scope: RunScope) -> SentScope | None:
        """A scope as it travels; None for a run that looks at no other nodes."""
        run, history = scope.run, scope.history
        known = history.plan.by_name
        reads = self._reads(run.node, history.plan.settings.language)
        names = list(known) if reads.any else [name for name in reads.names if name in known]
        if not names:
            return None
        sent = SentScope(names)
        for name in names:
            sent.states[name] = history.state_of(name)
            sent.parameters[name] = history.plan.by_name[name].node.parameters
            sent.towards[name] = history.output_towards(name, run.node)
        seen = [other for name in names for other in history.runs_of(name) if history.sees(run, other)]
        line = _with_ancestors(run, seen, lambda other, index: history.run_of(other.node.name, index))
        at = {id(other): position for position, other in enumerate(line)}
        looked_at = {id(other) for other in seen}
        sent.inputs = _inputs(run, at)
        sent.visible = [at[id(other)] for other in seen]
        for other in line:
            outputs = [self._wrap(b) if id(other) in looked_at else _absent(b) for b in other.outputs]
            sent.runs.append(SentRun(other.node.name, other.node.id, other.index, _inputs(other, at), outputs))
        return sent


def _reads_of(node: PlanNode, language: Language) -> Reads:
    names, is_computed = referenced_nodes(node, language)
    return Reads(sorted(names), is_computed)


def _with_ancestors(run: Run, seen: Sequence[Run], sibling: Callable[[Run, int], Run]) -> list[Run]:
    """The runs looked at, and those on the way to them, along which items are traced back."""
    line: dict[int, Run] = {id(other): other for other in seen}
    waiting = [source[0] for source in run.inputs if source is not None]
    followed: set[int] = set()
    while waiting:
        other = waiting.pop()
        if id(other) in followed:
            continue
        followed.add(id(other))
        line[id(other)] = other
        waiting += [source[0] for source in other.inputs if source is not None]
        for batch in other.outputs:
            lineage = batch.lineage
            earlier = set(lineage.runs or ()) | ({lineage.run} if lineage.run is not None else set())
            waiting += [sibling(other, index) for index in earlier if index is not None and index >= 0]
    return list(line.values())


def _inputs(run: Run, at: Mapping[int, int]) -> list[tuple[int, int] | None]:
    return [
        None if source is None or id(source[0]) not in at else (at[id(source[0])], source[1]) for source in run.inputs
    ]


def _absent(batch: Batch) -> Parcel:
    return Parcel("absent", len(batch), pack_links(batch.lineage))


class SentHistory:
    """A history on a worker: what was sent of one. Has what ``RunScope`` asks of a history."""

    def __init__(self, node: SentNode, sent: SentScope, open_parcel: Callable[[Parcel], Batch]) -> None:
        self._node = node
        self._sent = sent
        self.runs: Sequence[_LazyRun] = ()
        if sent is _NOTHING:
            self._visible: dict[str, list[_LazyRun]] = _NONE
            return
        self.runs = [_LazyRun(found, open_parcel) for found in sent.runs]
        for run, found in zip(self.runs, sent.runs, strict=True):
            run.inputs = [None if source is None else (self.runs[source[0]], source[1]) for source in found.inputs]
        self._visible = {}
        for position in sent.visible:
            self._visible.setdefault(self.runs[position].node.name, []).append(self.runs[position])

    @property
    def id(self) -> str:
        """The execution's."""
        return str(self._node.facts.execution.get("id", ""))

    @functools.cached_property
    def plan(self) -> Any:
        """What is known of the nodes it may look at; most runs look at none."""
        sent = self._sent
        nodes = {
            name: SimpleNamespace(name=name, node=SimpleNamespace(parameters=sent.parameters.get(name, {})))
            for name in sent.names
        }
        return SimpleNamespace(by_name=nodes)

    def facts_for(self, run: Any) -> Facts:
        """What is the same for all items."""
        return self._node.facts

    def state_of(self, name: str) -> Mapping[str, Any]:
        """What a node's last run kept."""
        return self._node.state if name == self._node.node.name else self._sent.states.get(name, {})

    def runs_of(self, name: str) -> Sequence[_LazyRun]:
        """The runs of a node that may be looked at."""
        return self._visible.get(name, ())

    def run_of(self, name: str, index: int) -> _LazyRun:
        """The run of a node with a run index."""
        return next(run for run in self.runs if run.node.name == name and run.index == index)

    def sees(self, run: Any, other: Any) -> bool:
        """Others were not sent."""
        return True

    def output_towards(self, name: str, node: Any) -> int:
        """Position of the output that leads to the run's node."""
        return self._sent.towards.get(name, 0)


class _LazyRun:
    """A finished run on a worker; its data is opened when looked at."""

    def __init__(self, sent: SentRun, open_parcel: Callable[[Parcel], Batch]) -> None:
        self.node = SimpleNamespace(name=sent.name, id=sent.id)
        self.index = sent.index
        self.key = (sent.id, sent.index)
        self.inputs: list[tuple[_LazyRun, int] | None] = []
        self._sent = sent
        self._open = open_parcel
        self._outputs: list[Batch] | None = None

    @property
    def outputs(self) -> list[Batch]:
        """The batches it sent."""
        if self._outputs is None:
            self._outputs = [self._open(parcel) for parcel in self._sent.outputs]
        return self._outputs


def rebuild(
    node: SentNode,
    sent: SentScope | None,
    batches: Sequence[Batch | None],
    open_parcel: Callable[[Parcel], Batch],
) -> Any:
    """The scope of a node's run on a worker."""
    history: Any = SentHistory(node, _NOTHING if sent is None else sent, open_parcel)
    inputs = [] if sent is None else [found and (history.runs[found[0]], found[1]) for found in sent.inputs]
    run: Any = _OwnRun(node, inputs)
    return RunScope(history, run, batches)


class _OwnRun:
    """The run itself, as its scope asks for it."""

    __slots__ = ("index", "inputs", "node")

    def __init__(self, node: SentNode, inputs: list[Any]) -> None:
        self.node = _OwnNode(node.node)
        self.index = node.facts.run_index
        self.inputs = inputs


class _OwnNode(NamedTuple):
    """Its place in the plan, of which no more is known."""

    node: Node

    @property
    def name(self) -> str:
        """The node's name."""
        return self.node.name

    @property
    def id(self) -> str:
        """The node's id."""
        return self.node.id
