"""What code in a worker process may ask of the server while it runs: earlier nodes, facts, attachments, progress.

The server's side of ``child_nodes``. Answers are given in the pool's threads; they read finished runs, which no longer
change.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from workflow_kernel.expressions.scope import Unmatched
from workflow_kernel.runs.item import Binary, Item
from workflow_kernel.worker.child_values import Pickled

if TYPE_CHECKING:
    from workflow_kernel.sdk.context import Context

_FACTS = {"runIndex": "run_index", "vars": "variables", "env": "environment", "parameter": "parameters"}


class Calls(Mapping[str, Callable[..., Any]]):
    """The calls of one node run: the functions code may call, by the names it calls them.

    Parameters
    ----------
    ctx: the run's context.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def __getitem__(self, name: str) -> Callable[..., Any]:
        return partial(_CALLS[name], self)

    def __iter__(self) -> Iterator[str]:
        return iter(_CALLS)

    def __len__(self) -> int:
        return len(_CALLS)

    def names(self) -> list[str]:
        """The names of the nodes that ran before."""
        return list(self._ctx.scope.node_names())

    def node(self, name: str) -> dict[str, Any] | None:
        """What is told of an earlier node before its items are asked for; None when there is none."""
        view = self._ctx.scope.node(name)
        if view is None:
            return None
        return {
            "runs": len(view.runs),
            "output": view.default_output,
            "parameters": dict(view.parameters),
            "context": dict(view.context),
        }

    def rows(self, name: str, run: int, output: int) -> Any:
        """The items an earlier node sent by one output in one run."""
        view = self._ctx.scope.node(name)
        outputs = view.runs[run].outputs if view is not None else ()
        return pack_rows(outputs[output]) if output < len(outputs) else []

    def trace(self, name: str, index: int) -> Any:
        """Run, output and index of the item an input item descends from, or why it cannot be told."""
        match = self._ctx.scope.trace(name, [index])[0]
        return match.reason if isinstance(match, Unmatched) else list(match)

    def facts(self) -> dict[str, Any]:
        """What is the same for all items."""
        facts = self._ctx.scope.facts
        told: dict[str, Any] = {name: getattr(facts, field) for name, field in _FACTS.items()}
        told |= {"execution": facts.execution, "workflow": facts.workflow, "context": self._ctx.scope.context}
        previous = facts.previous
        told["prevNode"] = (
            None if previous is None else dict(zip(("name", "outputIndex", "runIndex"), previous, strict=True))
        )
        return {name: dict(value) if isinstance(value, Mapping) else value for name, value in told.items()}

    def read(self, binary: Any) -> Any:
        """The bytes of an attachment."""
        return pickle.PickleBuffer(self._ctx.read(msgspec.convert(binary, Binary)))

    def progress(self, fraction: float, message: str) -> None:
        """Tell how far the run is."""
        self._ctx.progress(fraction, message)

    def attach(self, data: Any, name: str | None, mime_type: str | None) -> Any:
        """Keep bytes in the blob store; gives the attachment as an item's ``binary`` holds it."""
        return msgspec.to_builtins(self._ctx.attach(bytes(data), name=name, mime_type=mime_type))


_CALLS: Mapping[str, Callable[..., Any]] = {
    call.__name__: call
    for call in (
        Calls.node, Calls.names, Calls.rows, Calls.trace, Calls.facts, Calls.read, Calls.attach, Calls.progress,
    )
}  # fmt: skip


def pack_rows(rows: Sequence[Item]) -> Any:
    """Items on their way to a worker process: packed, or a list of objects where messages cannot hold them."""
    try:
        return pickle.PickleBuffer(msgspec.msgpack.encode(rows if isinstance(rows, list) else list(rows)))
    except (OverflowError, TypeError, ValueError):
        return Pickled.of([{"json": row.json, "binary": msgspec.to_builtins(row.binary)} for row in rows])
