"""What an expression may see: the contract between the engine, which has the data, and the two languages.

The engine implements :class:`Scope` for one node run; ``javascript`` and ``python`` read it. Everything is lazy:
only what an expression names is looked up, so a scope costs nothing until then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from workflow_kernel.runs.item import Item


class Match(NamedTuple):
    """The item of an earlier node that an item descends from: run, output (positions) and index in that batch."""

    run: int
    output: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody calls on a match


class Unmatched(NamedTuple):
    """Why no single item of the earlier node can be told: shown to the user as it is."""

    reason: str


class RunView(Protocol):
    """One finished run of an earlier node, as expressions see it."""

    @property
    def outputs(self) -> Sequence[Sequence[Item]]:
        """Items per output, in port order. Large batches are read only when this is indexed."""
        ...

    @property
    def key(self) -> str:
        """Identifies the data for ever, so that a copy inside V8 can be reused."""
        ...


class NodeView(Protocol):
    """An earlier node, as expressions see it."""

    @property
    def name(self) -> str: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...
    @property
    def runs(self) -> Sequence[RunView]:
        """The runs visible from here, in run order; empty when it has not run."""
        ...

    @property
    def context(self) -> Mapping[str, Any]:
        """Small state of a loop node: ``noItemsLeft``, ``currentRunIndex``."""
        ...

    @property
    def default_output(self) -> int:
        """Position of the output that leads to the current node; 0 when none does."""
        ...


class ExecutionFacts(Mapping[str, Any]):
    """``$execution`` of a node run: the address that ends a wait is made when somebody reads it, as few do.

    Parameters
    ----------
    known: the rest. resume_url: makes the address.
    """

    __slots__ = ("_known", "_resume_url")

    def __init__(self, known: Mapping[str, Any], resume_url: Callable[[], str]) -> None:
        self._known = known
        self._resume_url = resume_url

    def __getitem__(self, name: str) -> Any:
        return self._resume_url() if name == "resumeUrl" else self._known[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._known
        yield "resumeUrl"

    def __len__(self) -> int:
        return len(self._known) + 1

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)  # the key it is made with stays here


class Facts(msgspec.Struct, frozen=True):
    """What is the same for every item of a node run.

    Parameters
    ----------
    node: the current node's name.
    parameters: its raw parameters, expressions unevaluated (``$parameter``).
    run_index: how often the node ran before in this execution.
    previous: name, output position and run index of the node the input came from (``$prevNode``).
    execution: ``{"id", "mode", "resumeUrl", "customData"}``.
    workflow: ``{"id", "name", "active"}``.
    timezone: IANA name; ``$now`` and ``$today`` are in it.
    now: the clock, seconds since the epoch.
    variables: ``$vars``. environment: ``$env``, or None where that is off. secrets: ``$secrets``.
    """

    node: str = ""
    parameters: Mapping[str, Any] = {}
    run_index: int = 0
    previous: tuple[str, int, int] | None = None
    execution: Mapping[str, Any] = {}
    workflow: Mapping[str, Any] = {}
    timezone: str = "UTC"
    now: float = 0.0
    variables: Mapping[str, Any] = {}
    environment: Mapping[str, str] | None = None
    secrets: Mapping[str, Any] | None = None


class Scope(Protocol):
    """The data one node run's expressions are evaluated over."""

    @property
    def facts(self) -> Facts: ...

    @property
    def items(self) -> Sequence[Item]:
        """The items evaluated for: ``$json`` of index i is ``items[i].json``."""
        ...

    @property
    def inputs(self) -> Sequence[Sequence[Item]]:
        """All input batches, in port order; ``inputs[0]`` usually is ``items``."""
        ...

    @property
    def context(self) -> Mapping[str, Any]:
        """The current node's own small state (``$input.context``)."""
        ...

    def node(self, name: str) -> NodeView | None:
        """The node of that name, or None when the workflow has none."""
        ...

    def node_names(self) -> Sequence[str]:
        """Every node of the workflow that ran before this one; for expressions whose node name is computed."""
        ...

    def trace(self, name: str, indices: Sequence[int]) -> Sequence[Match | Unmatched]:
        """For each current item the one item of node ``name`` it descends from (``$('Node').item``)."""
        ...


class Failure(NamedTuple):
    """Stands in a column where an expression failed for one item."""

    message: str
    expression: str
    item: int
    description: str = ""


class Undefined:
    """JavaScript's undefined: a result that is absent, unlike null. The only instance is ``UNDEFINED``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False


UNDEFINED = Undefined()

Column = Sequence[Any]
"""One value per item: a plain JSON-able value, ``UNDEFINED``, or a :class:`Failure`."""


class Evaluator(Protocol):
    """A language expressions are written in."""

    def evaluate(self, texts: Sequence[str], scope: Scope, indices: Sequence[int]) -> Sequence[Column]:
        """Evaluate each text for each item, all in one go.

        Parameters
        ----------
        texts: parameter texts starting with ``=`` (e.g. ``={{ $json.a }} and more``).
        scope: the data.
        indices: positions in ``scope.items`` to evaluate for.

        Returns
        -------
        One column per text, each as long as ``indices``. A failing item gives a :class:`Failure`, never an exception.
        """
        ...

    def close(self) -> None:
        """Give back what it holds; it must not be used again."""
        ...
