"""Counts the turns of loops, so that one that never ends is found. Pure.

Every node in a cycle counts its runs. At each turn of a loop node what stands inside its loop counts anew, so that a
loop inside another has its whole limit at every turn of the outer one. Outermost loops are never counted anew, so
all counting ends.
"""

from __future__ import annotations

from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.plan import Plan, PlanNode

INSIDE = "loop"
"""The output port of a loop node that leads into its loop."""


class Turns:
    """The turns of all loops of an execution."""

    def __init__(self, plan: Plan) -> None:
        self._nodes = plan.nodes
        self._limit = plan.settings.loop_limit
        self._counts: dict[int, int] = {}
        self._starts_anew: dict[int, frozenset[int]] = {}

    def is_over(self, run: Run) -> bool:
        """Count a run that is about to start; True when it is one turn too many."""
        node = run.node
        if not node.in_cycle:
            return False
        if node.node_type.spec.is_loop:
            for index in self._inner(node):
                self._counts.pop(index, None)
        count = self._counts.get(node.index, 0)
        self._counts[node.index] = count + 1
        return count >= self._limit

    def _inner(self, loop: PlanNode) -> frozenset[int]:
        """Positions of the nodes inside a loop, but for loop nodes of whose loop it is itself a part."""
        known = self._starts_anew.get(loop.index)
        if known is None:
            found = self._inside(loop)
            loops = [self._nodes[index] for index in found if self._nodes[index].node_type.spec.is_loop]
            around = {other.index for other in loops if loop.index in self._inside(other)}
            known = self._starts_anew[loop.index] = found - around
        return known

    def _inside(self, loop: PlanNode) -> frozenset[int]:
        """Positions of the nodes on ways from a loop node's inner output back to it."""
        found: set[int] = set()
        line = [target.node for target in loop.targets if loop.output_names[target.output] == INSIDE]
        while line:
            index = line.pop()
            if index != loop.index and index not in found and loop.reach & self._nodes[index].bit:
                found.add(index)
                line.extend(target.node for target in self._nodes[index].targets)
        return frozenset(found)
