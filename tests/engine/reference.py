"""A naive interpreter of the firing rules: one node at a time, depth first, topmost first. Slow, plain, obviously right.

The scheduler must give the same runs with the same inputs in the same order, however its runs overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from workflow_kernel.engine.plan import Plan, PlanNode


class Ran(NamedTuple):
    """A run: node id, run index, and for each input the (node id, run index, output) its batch came from."""

    node: str
    index: int
    inputs: tuple[tuple[str, int, int] | None, ...]


Sizes = Callable[[str, int], Sequence[int]]
"""Output sizes of a run, by node id and run index."""


class Waiting:
    """A node with several inputs of which some have arrived."""

    def __init__(self, node: PlanNode) -> None:
        self.node = node
        self.slots: list[tuple[str, int, int] | None] = [None] * len(node.ports.inputs)


class Arrival(NamedTuple):
    """A batch at a port, not looked at yet."""

    node: PlanNode
    port: int
    source: tuple[str, int, int]


def interpret(plan: Plan, start: str, sizes: Sizes, most: int = 5000) -> list[Ran]:
    """Every run of an execution, in canvas order."""
    stack: list[Arrival] = []
    waiting: list[Waiting] = []
    counts: dict[str, int] = {}
    ran: list[Ran] = []

    def run(node: PlanNode, inputs: tuple[tuple[str, int, int] | None, ...]) -> None:
        index = counts.get(node.id, 0)
        counts[node.id] = index + 1
        ran.append(Ran(node.id, index, inputs))
        assert len(ran) < most, "endless"
        found = sizes(node.id, index)
        arrivals = [
            Arrival(plan.nodes[target], port, (node.id, index, output))
            for output, target, port in node.targets
            if output < len(found) and found[output]
        ]
        stack.extend(reversed(arrivals))

    run(plan.by_id[start], ())
    while True:
        while stack:
            node, port, source = stack.pop()
            if len(node.ports.inputs) == 1:
                run(node, (source,))
                continue
            entry = next((found for found in waiting if found.node is node and found.slots[port] is None), None)
            if entry is None:
                entry = Waiting(node)
                waiting.append(entry)
            entry.slots[port] = source
            if all(entry.slots[connected] is not None for connected in node.connected):
                waiting.remove(entry)
                run(node, tuple(entry.slots))
        entry = next((found for found in waiting if not _is_held_back(found, waiting)), None)
        if entry is None:
            return ran
        waiting.remove(entry)
        if entry.node.ports.required == "any":
            run(entry.node, tuple(entry.slots))


def _is_held_back(entry: Waiting, waiting: Sequence[Waiting]) -> bool:
    """Whether another waiting node has to go on first: one that leads here, or the same node's earlier entry."""
    position = waiting.index(entry)
    for other_position, other in enumerate(waiting):
        is_earlier = other_position < position
        if other.node is entry.node:
            if is_earlier:
                return True
            continue
        leads_here = bool(entry.node.reach & other.node.bit)
        leads_back = bool(other.node.reach & entry.node.bit)
        if leads_here and (is_earlier or not leads_back):
            return True
    return False
