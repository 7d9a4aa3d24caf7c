"""Sample data as expressions see them: the items somebody sends along with an expression that is being written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from workflow_kernel.expressions.scope import Facts, Match, NodeView, Unmatched
from workflow_kernel.runs.item import Item


class GivenRun(msgspec.Struct, frozen=True):
    """The run of an earlier node; see ``expressions.scope.RunView``."""

    outputs: Sequence[Sequence[Item]]
    key: str


class GivenNode(msgspec.Struct, frozen=True):
    """An earlier node that ran once; see ``expressions.scope.NodeView``."""

    name: str
    runs: Sequence[GivenRun]
    parameters: Mapping[str, Any] = {}
    context: Mapping[str, Any] = {}
    default_output: int = 0


class GivenScope:
    """Items and what earlier nodes gave; see ``expressions.scope.Scope``.

    Parameters
    ----------
    items: what the node at hand gets. nodes: items of earlier nodes, by name. facts: the rest.
    key: unlike for any other data, so that what V8 keeps of it is not taken for another's.
    """

    def __init__(self, items: Sequence[Item], nodes: Mapping[str, Sequence[Item]], facts: Facts, *, key: str) -> None:
        self.items = items
        self.inputs: Sequence[Sequence[Item]] = [items]
        self.facts = facts
        self.context: Mapping[str, Any] = {}
        self._nodes = {
            name: GivenNode(name, [GivenRun([given], f"{key}/{position}")])
            for position, (name, given) in enumerate(nodes.items())
        }

    def node(self, name: str) -> NodeView | None:
        """The earlier node of that name."""
        return self._nodes.get(name)

    def node_names(self) -> Sequence[str]:
        """Every node there are data of."""
        return list(self._nodes)

    def trace(self, name: str, indices: Sequence[int]) -> Sequence[Match | Unmatched]:
        """Which item each item comes from: the one in the same place, or the only one."""
        found = self._nodes.get(name)
        count = len(found.runs[0].outputs[0]) if found is not None else 0
        matches: list[Match | Unmatched] = []
        for index in indices:
            if count == 1 or index < count:
                matches.append(Match(0, 0, 0 if count == 1 else index))
            else:
                matches.append(Unmatched(f"The sample data of node '{name}' have no item {index}."))
        return matches
