"""How long node runs will take, told by how long those of the same code took.

Estimates are running means for one item; code that never ran is taken for slow, so it goes alone.
"""

from __future__ import annotations

from typing import Any

from ray_executor.memo import Memo
from workflow_kernel.graph.model import Node
from workflow_kernel.sdk.node import NodeSpec
from workflow_kernel.worker.task import NodeTask

UNKNOWN = 0.05
"""Seconds that code nobody has run yet is taken to need."""

_WEIGHT = 0.1
_QUICKLY = 0.5
"""Weights of a new time in the mean: the first ones are too long, as modules are loaded, and so are those of a busy
machine."""

_MOST = 10_000
_TYPED = ("code", "function", "command", "query")


class Cost:
    """What an item takes in runs of the same code, in seconds; None while nobody knows."""

    __slots__ = ("each",)

    def __init__(self) -> None:
        self.each: float | None = None

    def estimate(self, items: int) -> float | None:
        """Seconds a run over so many items will take; None where its code never ran."""
        each = self.each
        return each if each is None or items < 2 else each * items

    def note(self, seconds: float, items: int) -> None:
        """A run over so many items took so long."""
        each, known = seconds / items if items > 1 else seconds, self.each
        self.each = each if known is None else known + (_WEIGHT if each > known else _QUICKLY) * (each - known)


class Costs:
    """The costs of all code that ran."""

    def __init__(self) -> None:
        self._known: dict[Any, Cost] = {}
        self._by_node: Memo[Node, Cost] = Memo(self._find)  # its code may be a long text

    def of(self, task: NodeTask) -> Cost:
        """The cost of what a run does."""
        return self._by_node(task.node, task.template.node_type.spec)

    def _find(self, node: Node, spec: NodeSpec) -> Cost:
        code = tuple(str(node.parameters[name]) for name in _TYPED if name in node.parameters)
        key = (spec.type, spec.version, code)
        if key not in self._known and len(self._known) >= _MOST:
            self._known.clear()
        return self._known.setdefault(key, Cost())


def items_of(task: NodeTask) -> int:
    """How many items a run gets, over all its inputs."""
    batches = task.inputs
    if len(batches) == 1:
        return 0 if batches[0] is None else len(batches[0])
    return sum(len(batch) for batch in batches if batch is not None)
