"""A naive interpreter of the firing rules: one node at a time, depth first, topmost first. Slow, plain, surely right.

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


class Turn(NamedTuple):
    """A node whose turn to run comes."""

    node: PlanNode
    inputs: tuple[tuple[str, int, int] | None, ...]


def interpret(plan: Plan, start: str, sizes: Sizes, most: int = 5000) -> list[Ran]:
    """Every run of an execution, in canvas order."""
    stack: list[Turn] = []
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
        # A node with several inputs takes its batches in at once; what then runs keeps its turn among the siblings.
        follows = [taken for arrival in arrivals if (taken := take_in(arrival)) is not None]
        stack.extend(reversed(follows))

    def take_in(arrival: Arrival) -> Turn | None:
        node, port, source = arrival
        if len(node.ports.inputs) == 1:
            return Turn(node, (source,))
        entry = next((found for found in waiting if found.node is node and found.slots[port] is None), None)
        if entry is None:
            entry = Waiting(node)
            waiting.append(entry)
        entry.slots[port] = source
        if any(entry.slots[connected] is None for connected in node.connected):
            return None
        waiting.remove(entry)
        return Turn(node, tuple(entry.slots))

    run(plan.by_id[start], ())
    while True:
        while stack:
            run(*stack.pop())
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
