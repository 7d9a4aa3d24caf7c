"""The ``$`` names of Python expressions, over a :class:`~workflow_kernel.expressions.scope.Scope`.

One :class:`Names` lives for one batch. Everything is looked up when an expression names it and kept for the batch.
Handles (``$input``, ``$('Node')``, ``$node``) say in tables what may follow the dot.
"""

from __future__ import annotations

import datetime as dates
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from workflow_kernel.base.errors import ExpressionError
from workflow_kernel.expressions.python_attributes import Handle, attachments, closest
from workflow_kernel.expressions.python_meter import kind_of
from workflow_kernel.expressions.python_moments import zone
from workflow_kernel.expressions.scope import Facts, Match, NodeView, Scope, Unmatched
from workflow_kernel.runs.item import Item


class Names:
    """What the ``$`` names mean for one batch.

    ``results`` is the column being filled: its length tells which of ``indices`` is being worked on.
    """

    __slots__ = ("_facts", "_matches", "_nodes", "_outputs", "indices", "results", "scope")

    def __init__(self, scope: Scope, indices: Sequence[int]) -> None:
        self.scope = scope
        self.indices = indices
        self.results: list[Any] = []
        self._facts: dict[str, Any] = {}
        self._nodes: dict[str, NodeHandle] = {}
        self._matches: dict[str, Sequence[Match | Unmatched]] = {}
        self._outputs: dict[tuple[str, int, int], list[Item]] = {}

    def index(self) -> int:
        """``$itemIndex``."""
        return self.indices[len(self.results)]

    def fact(self, name: str) -> Any:
        """A name that means the same for every item."""
        if name not in self._facts:
            self._facts[name] = _FACTS[name](self.scope.facts) if name in _FACTS else self._handle(name)
        return self._facts[name]

    def _handle(self, name: str) -> Handle:
        return InputHandle(self) if name == "input" else NodeTable(self)

    def node(self, name: Any) -> NodeHandle:
        """``$('name')``."""
        handle = self._nodes.get(name) if type(name) is str else None
        if handle is None:
            if type(name) is not str:
                raise ExpressionError(
                    f"A node is named by a text, not by {kind_of(name)}.", mend="Write $('Node name')."
                )
            view = self.scope.node(name)
            if view is None:
                raise self._no_node(name)
            handle = self._nodes[name] = NodeHandle(self, view)
        return handle

    def _no_node(self, name: str) -> ExpressionError:
        names = list(self.scope.node_names())
        close = closest(name, names)
        mend = f"Did you mean '{close}'?" if close else f"Nodes that ran before: {', '.join(names[:20]) or 'none'}."
        return ExpressionError(f"There is no node '{name[:100]}' before this one.", mend=mend)

    def output(self, view: NodeView, run: int, output: int) -> list[Item]:
        """The items one run sent through one output; read once a batch."""
        key = (view.name, run, output)
        if key not in self._outputs:
            outputs = view.runs[run].outputs
            if not -len(outputs) <= output < len(outputs):
                raise ExpressionError(f"Node '{view.name}' has {len(outputs)} outputs; there is none at {output}.")
            self._outputs[key] = list(outputs[output])
        return self._outputs[key]

    def inputs(self, branch: int) -> list[Item]:
        """The items of one input of the current node; read once a batch."""
        key = ("", 0, branch)
        if key not in self._outputs:
            batches = self.scope.inputs or (self.scope.items,)
            if not 0 <= branch < len(batches):
                raise ExpressionError(f"This node has {len(batches)} inputs; there is none at {branch}.")
            self._outputs[key] = list(batches[branch])
        return self._outputs[key]

    def matched(self, view: NodeView) -> Item:
        """``$('name').item``: what the current item descends from."""
        matches = self._matches.get(view.name)
        if matches is None:
            matches = self._matches[view.name] = self.scope.trace(view.name, self.indices)
        match = matches[len(self.results)]
        if isinstance(match, Unmatched):
            raise ExpressionError(match.reason, mend=f"Use $('{view.name}').first(), .last() or .all().")
        return self.output(view, match.run, match.output)[match.index]


def _edge(items: list[Item], last: bool) -> Item | None:
    return items[-1 if last else 0] if items else None


class InputHandle(Handle):
    """``$input``."""

    __slots__ = ("names",)
    shown = "$input"

    def __init__(self, names: Names) -> None:
        self.names = names

    def item(self) -> Item:
        """The current item."""
        return self.names.scope.items[self.names.index()]

    def all_items(self, branch: int = 0) -> list[Item]:
        """All items that came in."""
        return self.names.inputs(branch)

    def first(self, branch: int = 0) -> Item | None:
        """The first item that came in, None without items."""
        return _edge(self.names.inputs(branch), False)

    def last(self, branch: int = 0) -> Item | None:
        """The last item that came in, None without items."""
        return _edge(self.names.inputs(branch), True)

    fields = {
        "item": item,
        "params": lambda handle: handle.names.fact("parameter"),
        "context": lambda handle: dict(handle.names.scope.context),
    }
    methods = {"all": all_items, "first": first, "last": last}


class NodeHandle(Handle):
    """``$('Node')``."""

    __slots__ = ("names", "view")
    shown = "a node"

    def __init__(self, names: Names, view: NodeView) -> None:
        self.names = names
        self.view = view

    def item(self) -> Item:
        """The item the current one descends from."""
        self._need_run()
        return self.names.matched(self.view)

    def all_items(self, branch: int | None = None, run: int | None = None) -> list[Item]:
        """All items of an output, of the last run unless told otherwise."""
        count = self._need_run()
        wanted = count - 1 if run is None else run
        if not -count <= wanted < count:
            raise ExpressionError(f"Node '{self.view.name}' has run {count} times; there is no run {run}.")
        output = self.view.default_output if branch is None else branch
        return self.names.output(self.view, wanted % count, output)

    def first(self, branch: int | None = None, run: int | None = None) -> Item | None:
        """The first item, None without items."""
        return _edge(self.all_items(branch, run), False)

    def last(self, branch: int | None = None, run: int | None = None) -> Item | None:
        """The last item, None without items."""
        return _edge(self.all_items(branch, run), True)

    def item_matching(self, index: int) -> Item:
        """The item that the item at ``index`` of the current input descends from."""
        self._need_run()
        match = self.names.scope.trace(self.view.name, [index])[0]
        if isinstance(match, Unmatched):
            raise ExpressionError(match.reason)
        return self.names.output(self.view, match.run, match.output)[match.index]

    def same_index(self) -> Item:
        """The item at the place of the current one, for the old ``$node["Name"].json``."""
        items = self.all_items()
        index = self.names.index()
        if index >= len(items):
            raise ExpressionError(f"Node '{self.view.name}' gave {len(items)} items; there is none at {index}.")
        return items[index]

    def _need_run(self) -> int:
        count = len(self.view.runs)
        if not count:
            name = self.view.name
            raise ExpressionError(
                f"Node '{name}' has not run, so it has no data.",
                mend=f"Check it first: ... if $('{name}').isExecuted else ...",
            )
        return count

    fields: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "item": item,
        "params": lambda handle: dict(handle.view.parameters),
        "context": lambda handle: dict(handle.view.context),
        "isExecuted": lambda handle: bool(handle.view.runs),
        "name": lambda handle: handle.view.name,
    }
    methods = {
        "all": all_items,
        "first": first,
        "last": last,
        "itemMatching": item_matching,
        "pairedItem": item_matching,
    }


class OldNodeHandle(NodeHandle):
    """``$node["Node"]``."""

    __slots__ = ()
    shown = "a node"
    fields = {
        **NodeHandle.fields,
        "json": lambda handle: handle.same_index().json,
        "binary": lambda handle: attachments(handle.same_index()),
        "parameter": NodeHandle.fields["params"],
        "runIndex": lambda handle: len(handle.view.runs) - 1,
    }


class NodeTable(Handle):
    """``$node``."""

    __slots__ = ("names",)
    shown = "$node"

    def __init__(self, names: Names) -> None:
        self.names = names

    def named(self, name: Any) -> OldNodeHandle:
        """``$node["name"]``."""
        return OldNodeHandle(self.names, self.names.node(name).view)

    methods = {"[]": named}


def _now(facts: Facts) -> dates.datetime:
    return dates.datetime.fromtimestamp(facts.now, zone(facts.timezone))


def _today(facts: Facts) -> dates.datetime:
    return _now(facts).replace(hour=0, minute=0, second=0, microsecond=0)


def _previous(facts: Facts) -> dict[str, Any]:
    name, output, run = facts.previous or (None, 0, 0)
    return {"name": name, "outputIndex": output, "runIndex": run}


def _environment(facts: Facts) -> Mapping[str, str]:
    if facts.environment is None:
        raise ExpressionError("$env is off here.", mend="An administrator can turn it on; $vars is for shared values.")
    return dict(facts.environment)


def _secrets(facts: Facts) -> Mapping[str, Any]:
    if facts.secrets is None:
        raise ExpressionError("$secrets is only available in credential fields.", mend="Choose a credential instead.")
    return dict(facts.secrets)


_FACTS: dict[str, Callable[[Facts], Any]] = {
    "now": _now,
    "today": _today,
    "prevNode": _previous,
    "parameter": lambda facts: dict(facts.parameters),
    "execution": lambda facts: dict(facts.execution),
    "workflow": lambda facts: dict(facts.workflow),
    "vars": lambda facts: dict(facts.variables),
    "env": _environment,
    "secrets": _secrets,
    "runIndex": lambda facts: facts.run_index,
}

FACTS = frozenset({*_FACTS, "input", "node"})
"""``$`` names that mean the same for every item."""

ITEM_NAMES = frozenset({"json", "binary", "itemIndex"})
"""``$`` names that differ from item to item."""

CALLS = frozenset({"if", "ifEmpty", "min", "max", "jmespath", "jmesPath"})
"""``$`` names that are functions."""
