"""Fragments: node runs that a worker does in one go.

Where a node's only follower would run in the same kind of place, the worker goes on with it at once instead of
reporting, waiting for the scheduler and being handed the next run. What it did ahead is kept here until the scheduler
comes to the same run by itself, and is dropped where it does not; only nodes without effects are run ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workflow_kernel.engine.activity import Input, Run
from workflow_kernel.engine.plan import Plan, PlanNode
from workflow_kernel.graph.model import Retry
from workflow_kernel.runs.item import EMPTY
from workflow_kernel.runs.outcome import Done, Outcome
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

    def go_on(self, run: Run, task: NodeTask) -> Fragment | None:
        """How a worker goes on after a run; None where nothing can follow in the same place."""
        return Fragment(self, run, task) if run.node.index in self._followers else None

    def follower(self, node: PlanNode) -> PlanNode | None:
        """The node a worker may go on with after this one."""
        return self._followers.get(node.index)

    def make(self, run: Run) -> NodeTask:
        """The task of a run that a worker goes on with."""
        return self._make_task(run)

    def keep(self, run: Run, outcome: Outcome) -> None:
        """Keep what was done ahead."""
        self._ahead[run.key] = (run, outcome)

    def take(self, run: Run) -> Outcome | None:
        """What was done ahead for a run that is about to start."""
        found = self._ahead.pop(run.key, None) if self._ahead else None
        if found is None:
            return None
        ahead, outcome = found
        is_same = [s and (s[0].key, s[1]) for s in ahead.inputs] == [s and (s[0].key, s[1]) for s in run.inputs]
        return outcome if is_same else None


class Fragment:
    """One fragment in the making: what follows a run, asked after each run of it. Implements ``GoOn``."""

    def __init__(self, fragments: Fragments, run: Run, task: NodeTask) -> None:
        self._fragments = fragments
        self._first = self._current = run
        self._cancellation = task.cancellation

    def __call__(self, outcome: Outcome) -> NodeTask | None:
        """The run to go on with after this outcome."""
        current = self._current
        if current is not self._first:
            self._fragments.keep(current, outcome)
        follower = self._fragments.follower(current.node)
        is_done = isinstance(outcome, Done) and outcome.recovered is None and len(outcome.outputs[0]) > 0
        if follower is None or not is_done or self._cancellation.is_set:
            return None
        current.outputs = outcome.outputs if isinstance(outcome, Done) else ()
        self._current = Run(follower, current.index, ((current, 0),), current.place)
        following = self._fragments.make(self._current)
        following.cancellation = self._cancellation
        return following

    def ahead(self, most: int) -> Sequence[NodeTask]:
        """What would follow if all goes well, without its inputs: for workers that cannot ask after each run."""
        found: list[NodeTask] = []
        before = self._stand_in(self._current.node, ())
        while len(found) < most and (follower := self._fragments.follower(before.node)) is not None:
            before = self._stand_in(follower, ((before, 0),))
            found.append(self._fragments.make(before))
        return found

    def _stand_in(self, node: PlanNode, inputs: tuple[Input | None, ...]) -> Run:
        run = Run(node, self._current.index, inputs, self._current.place)
        run.outputs = (EMPTY,)
        return run


def followers(plan: Plan) -> dict[int, PlanNode]:
    """By a node's position, the node that a worker may go on with; told once for a plan."""
    if plan.followers is None:
        found = ((node, _follower(node, plan)) for node in plan.nodes if node.node_type.spec.where != "inline")
        plan.followers = {node.index: follower for node, follower in found if follower is not None}
    return plan.followers


def _follower(node: PlanNode, plan: Plan) -> PlanNode | None:
    if len(node.targets) != 1 or node.targets[0].output != 0 or not _is_plain(node):
        return None
    follower = plan.nodes[node.targets[0].node]
    is_fit = len(follower.parents) == 1 and not follower.is_multi and not follower.in_cycle
    is_same_place = follower.node_type.spec.where == node.node_type.spec.where
    return follower if is_fit and is_same_place and _is_plain(follower) else None


def _is_plain(node: PlanNode) -> bool:
    """Whether a run of the node is nothing but a call elsewhere, whose result depends on its input alone."""
    spec, placed = node.node_type.spec, node.node
    if spec.where == "inline" or (spec.where == "thread" and spec.is_async):
        return False
    if not node.is_pure or spec.is_trigger or spec.is_loop:
        return False
    if placed.disabled or placed.cache or placed.pin is not None or placed.timeout is not None:
        return False
    return placed.on_error == "stop" and placed.retry == Retry() and not (node.reads or node.reads_all)
