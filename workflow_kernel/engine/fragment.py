"""Fragments: node runs that a worker does in one go.

Where a node's only follower would run in the same kind of place, the worker goes on with it at once instead of
reporting, waiting for the scheduler and being handed the next run. What it did ahead is kept here until the scheduler
comes to the same run by itself, and is dropped where it does not; only nodes without effects are run ahead.
"""

from __future__ import annotations

from collections.abc import Callable

from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.plan import Plan, PlanNode
from workflow_kernel.graph.model import Retry
from workflow_kernel.runs.outcome import Done, Outcome
from workflow_kernel.worker.backend import GoOn
from workflow_kernel.worker.task import NodeTask


class Fragments:
    """The fragments of one execution.

    Parameters
    ----------
    plan: the workflow made ready.
    make_task: makes the task for a run; called from the worker's thread.
    """

    def __init__(self, plan: Plan, make_task: Callable[[Run], NodeTask]) -> None:
        self._followers = followers(plan)
        self._make_task = make_task
        self._ahead: dict[tuple[str, int], tuple[Run, Outcome]] = {}

    def go_on(self, run: Run, task: NodeTask) -> GoOn | None:
        """How a worker goes on after a run; None where nothing can follow in the same place."""
        if run.node.index not in self._followers:
            return None
        current = run

        def next_task(outcome: Outcome) -> NodeTask | None:
            nonlocal current
            if current is not run:
                self._ahead[current.key] = (current, outcome)
            follower = self._followers.get(current.node.index)
            is_done = isinstance(outcome, Done) and outcome.recovered is None and len(outcome.outputs[0]) > 0
            if follower is None or not is_done or task.cancellation.is_set:
                return None
            current.outputs = outcome.outputs if isinstance(outcome, Done) else ()
            current = Run(follower, current.index, ((current, 0),), current.place)
            following = self._make_task(current)
            following.cancellation = task.cancellation
            return following

        return next_task

    def take(self, run: Run) -> Outcome | None:
        """What was done ahead for a run that is about to start."""
        found = self._ahead.pop(run.key, None) if self._ahead else None
        if found is None:
            return None
        ahead, outcome = found
        is_same = [s and (s[0].key, s[1]) for s in ahead.inputs] == [s and (s[0].key, s[1]) for s in run.inputs]
        return outcome if is_same else None


def followers(plan: Plan) -> dict[int, PlanNode]:
    """By a node's position, the node that a worker may go on with; told once for a plan."""
    if plan.followers is None:
        found = ((node, _follower(node, plan)) for node in plan.nodes if node.node_type.spec.where == "thread")
        plan.followers = {node.index: follower for node, follower in found if follower is not None}
    return plan.followers


def _follower(node: PlanNode, plan: Plan) -> PlanNode | None:
    if len(node.targets) != 1 or node.targets[0].output != 0 or not _is_plain(node):
        return None
    follower = plan.nodes[node.targets[0].node]
    is_fit = len(follower.parents) == 1 and not follower.is_multi and not follower.in_cycle
    return follower if is_fit and _is_plain(follower) else None


def _is_plain(node: PlanNode) -> bool:
    """Whether a run of the node is nothing but a call in a thread, whose result depends on its input alone."""
    spec, placed = node.node_type.spec, node.node
    if spec.where != "thread" or spec.is_async or not spec.is_pure or spec.is_trigger or spec.is_loop:
        return False
    if placed.disabled or placed.cache or placed.pin is not None or placed.timeout is not None:
        return False
    return placed.on_error == "stop" and placed.retry == Retry() and not (node.reads or node.reads_all)
