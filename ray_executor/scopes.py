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
from ray_executor.messages import Parcel, SentRun, SentScope
from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.plan import PlanNode, referenced_nodes
from workflow_kernel.engine.scope import RunScope
from workflow_kernel.expressions.scope import Facts
from workflow_kernel.graph.model import Language
from workflow_kernel.runs.item import Batch
from workflow_kernel.storage.packing import pack_links


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

    def pack(self, scope: RunScope) -> SentScope:
        """A scope as it travels."""
        run, history = scope.run, scope.history
        own, known = run.node.name, history.plan.by_name
        reads = self._reads(run.node, history.plan.settings.language)
        names = list(known) if reads.any else [name for name in reads.names if name in known]
        sent = SentScope(scope.facts, names, {own: history.state_of(own)})
        if not names:
            return sent
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

    def __init__(self, sent: SentScope, open_parcel: Callable[[Parcel], Batch]) -> None:
        self.id = str(sent.facts.execution.get("id", ""))
        self._sent = sent
        self._facts = sent.facts
        self.runs = [_LazyRun(found, open_parcel) for found in sent.runs]
        for run, found in zip(self.runs, sent.runs, strict=True):
            run.inputs = [None if source is None else (self.runs[source[0]], source[1]) for source in found.inputs]
        self._visible: dict[str, list[_LazyRun]] = {}
        for position in sent.visible:
            self._visible.setdefault(self.runs[position].node.name, []).append(self.runs[position])
        self._of_node: dict[tuple[str, int], _LazyRun] = {(run.node.name, run.index): run for run in self.runs}

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
        return self._facts

    def state_of(self, name: str) -> Mapping[str, Any]:
        """What a node's last run kept."""
        return self._sent.states.get(name, {})

    def runs_of(self, name: str) -> Sequence[_LazyRun]:
        """The runs of a node that may be looked at."""
        return self._visible.get(name, ())

    def run_of(self, name: str, index: int) -> _LazyRun:
        """The run of a node with a run index."""
        return self._of_node[name, index]

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


def rebuild(sent: SentScope, node: Any, batches: Sequence[Batch | None], open_parcel: Callable[[Parcel], Batch]) -> Any:
    """The scope on a worker. ``node`` is the placed node."""
    history: Any = SentHistory(sent, open_parcel)
    plan_node = SimpleNamespace(name=node.name, id=node.id, node=node)
    run: Any = SimpleNamespace(
        node=plan_node,
        index=sent.facts.run_index,
        inputs=[None if source is None else (history.runs[source[0]], source[1]) for source in sent.inputs],
    )
    return RunScope(history, run, batches)
