"""Counts the turns of loops, so that one that never ends is found. Pure.

Every node in a cycle counts its runs. A loop node that sends something out of its loop ends the loop: it and what
stands inside count anew, so that a loop inside another has its whole limit at every turn of the outer one.
"""

from __future__ import annotations

from collections.abc import Sequence

from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.plan import Plan, PlanNode

INSIDE = "loop"
"""The output port of a loop node that leads into its loop."""


class Turns:
    """The turns of all loops of an execution."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._limit = plan.settings.loop_limit
        self._runs: dict[int, int] = {}
        self._loops: dict[int, frozenset[int]] = {}

    def is_over(self, run: Run) -> bool:
        """Count a run that is about to start; True when it is one turn too many."""
        if not run.node.in_cycle:
            return False
        count = self._runs.get(run.node.index, 0)
        self._runs[run.node.index] = count + 1
        return count >= self._limit

    def finished(self, run: Run, sizes: Sequence[int]) -> None:
        """A run sent batches of these sizes."""
        node = run.node
        if not (node.in_cycle and node.node_type.spec.is_loop):
            return
        if any(size and name != INSIDE for name, size in zip(node.output_names, sizes, strict=False)):
            for index in self._inside(node):
                self._runs.pop(index, None)

    def _inside(self, loop: PlanNode) -> frozenset[int]:
        """Positions of the loop node and of the nodes on ways from its inner output back to it."""
        known = self._loops.get(loop.index)
        if known is not None:
            return known
        nodes = self._plan.nodes
        found = {loop.index}
        line = [target.node for target in loop.targets if loop.output_names[target.output] == INSIDE]
        while line:
            index = line.pop()
            if index not in found and loop.reach & nodes[index].bit:
                found.add(index)
                line.extend(target.node for target in nodes[index].targets)
        self._loops[loop.index] = frozenset(found)
        return self._loops[loop.index]
