"""The scheduler: a state machine without clock, I/O or asyncio. Events and the time in, decisions out.

It knows runs and the sizes of their outputs, never data. The runner feeds it what happened and does what it decides;
in which order nodes run is the business of a :class:`~workflow_kernel.engine.order.RunOrder`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, assert_never

import msgspec

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.engine.activity import Run, RunOrder
from workflow_kernel.engine.breadth_first import BreadthFirstOrder
from workflow_kernel.engine.order import CanvasOrder
from workflow_kernel.engine.plan import Plan, PlanNode
from workflow_kernel.engine.turns import Turns
from workflow_kernel.runs.model import ExecutionState, move
from workflow_kernel.runs.outcome import ErrorInfo
from workflow_kernel.runs.retry import next_try


class Began(msgspec.Struct, frozen=True):
    """The execution starts with a node."""

    node: str


class Finished(msgspec.Struct, frozen=True):
    """A run gave outputs of these sizes, by output position."""

    run: Run
    sizes: Sequence[int]


class FailedRun(msgspec.Struct, frozen=True):
    """An attempt failed. ``chance``, a random number in [0, 1), spreads the waits between tries."""

    run: Run
    error: ErrorInfo
    chance: float = 0.0


class SuspendedRun(msgspec.Struct, frozen=True):
    """A run waits without holding a slot, until a time or (None) a resume call."""

    run: Run
    until: float | None


class Resumed(msgspec.Struct, frozen=True):
    """A suspended run goes on, with outputs of these sizes."""

    run: Run
    sizes: Sequence[int]


class Delayed(msgspec.Struct, frozen=True):
    """A run that failed in an earlier process is tried again at a time."""

    run: Run
    until: float


class TimeCame(msgspec.Struct, frozen=True):
    """The time a decision asked to be told of has come."""

    run: Run


class CancelAsked(msgspec.Struct, frozen=True):
    """The execution is to stop: asked by a person, or because its time is up."""

    reason: Literal["cancelled", "timed_out"] = "cancelled"


class Stopped(msgspec.Struct, frozen=True):
    """A run that was asked to stop has stopped."""

    run: Run


Event = Began | Finished | FailedRun | SuspendedRun | Resumed | Delayed | TimeCame | CancelAsked | Stopped


class Start(msgspec.Struct, frozen=True):
    """Start an attempt of a run."""

    run: Run


class WakeAt(msgspec.Struct, frozen=True):
    """Send ``TimeCame`` for the run at this time: a retry, or the end of a wait."""

    run: Run
    at: float


class Stop(msgspec.Struct, frozen=True):
    """Ask a running attempt to stop."""

    run: Run


class End(msgspec.Struct, frozen=True):
    """The execution is over."""

    state: ExecutionState
    error: ErrorInfo | None = None


Decision = Start | WakeAt | Stop | End


class Schedule:
    """Decides what runs when in one execution.

    Parameters
    ----------
    plan: the workflow made ready.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.order: RunOrder = make_order(plan)
        self.open: dict[tuple[str, int], Run] = {}
        """Runs that are not done, by key."""
        self._sequence = 0
        self._ending: ExecutionState | None = None
        self._error: ErrorInfo | None = None
        self._turns = Turns(plan)

    def handle(self, event: Event, now: float) -> list[Decision]:
        """Take in one event; gives what is to be done about it, in order.

        Parameters
        ----------
        event: what happened.
        now: the time, in seconds since the epoch.
        """
        match event:
            case Finished(run, sizes):
                return self._finish(run, sizes, "succeed")
            case Began(node):
                self.order.begin(self._plan.by_id[node])
                return self._advance([])
            case FailedRun(run, error, chance):
                return self._fail(run, error, now, chance)
            case SuspendedRun(run, until):
                run.status = move(run.status, "suspend")
                if run.status == "cancelled":
                    return self._close(run)
                return [] if until is None else [WakeAt(run, until)]
            case Resumed(run, sizes):
                return self._finish(run, sizes, "resume") if run.status == "suspended" else []
            case Delayed(run, until):
                run.status = move(move(run.status, "fail"), "wait")
                return [WakeAt(run, until)]
            case TimeCame(run):
                return self._wake(run)
            case CancelAsked(reason):
                return self._cancel(reason, None)
            case Stopped(run):
                run.status = move(run.status, "stop")
                return self._close(run)
            case _:
                assert_never(event)

    def waiting(self) -> list[tuple[PlanNode, list[str]]]:
        """Nodes that wait for inputs, with the names of these ports: what an editor shows."""
        return [(node, [node.ports.inputs[port].name for port in ports]) for node, ports in self.order.waiting()]

    def _finish(self, run: Run, sizes: Sequence[int], event: Literal["succeed", "resume"]) -> list[Decision]:
        run.status = move(run.status, event)
        if run.status == "cancelled":
            return self._close(run)
        del self.open[run.key]
        self._sequence += 1
        run.sequence = self._sequence
        if self._ending is not None:
            return self._ended()
        self.order.finished(run, sizes)
        return self._advance([])

    def _advance(self, decisions: list[Decision]) -> list[Decision]:
        for run in self.order.take_ready():
            if self._turns.is_over(run):
                return [*decisions, *self._cancel("failed", self._too_many_turns(run))]
            self.open[run.key] = run
            run.status = move("ready", "start")
            decisions.append(Start(run))
        if not self.open and not decisions:
            self._ending = "succeeded"
            decisions.append(End("succeeded"))
        return decisions

    def _fail(self, run: Run, error: ErrorInfo, now: float, chance: float) -> list[Decision]:
        lost = error.kind == "lost"
        run.status = move(run.status, "lose" if lost else "fail")
        if run.status == "cancelled":
            return self._close(run)
        run.losses += lost
        wait = next_try(run.node.node.retry, run.attempt, error, run.losses, chance)
        if wait is not None and self._ending is None:
            run.status = move(run.status, "wait")
            run.attempt += not lost
            return [WakeAt(run, now + wait)]
        run.status = "failed"
        run.error = error
        del self.open[run.key]
        return self._cancel("failed", error)

    def _wake(self, run: Run) -> list[Decision]:
        if run.status != "retry_wait" or self._ending is not None:
            return []
        run.status = move(move(run.status, "unblock"), "start")
        return [Start(run)]

    def _cancel(self, reason: ExecutionState, error: ErrorInfo | None) -> list[Decision]:
        if self._ending is None:
            self._ending, self._error = reason, error
        decisions: list[Decision] = []
        for run in list(self.open.values()):
            if run.status == "cancelling":
                continue
            run.status = move(run.status, "cancel")
            if run.status == "cancelling":
                decisions.append(Stop(run))
            else:
                del self.open[run.key]
        return decisions or self._ended()

    def _close(self, run: Run) -> list[Decision]:
        self.open.pop(run.key, None)
        return self._ended()

    def _ended(self) -> list[Decision]:
        if self.open or self._ending is None:
            return []
        return [End(self._ending, self._error)]

    def _too_many_turns(self, run: Run) -> ErrorInfo:
        return ErrorInfo(
            f"The loop through node '{run.node.name}' took {self._plan.settings.loop_limit} turns and was stopped.",
            "WF346",
            node=run.node.name,
            mend="Check the condition that ends the loop, or raise the workflow's loop limit.",
        )


def make_order(plan: Plan) -> RunOrder:
    """The order a workflow asks for."""
    match plan.settings.order:
        case "canvas":
            return CanvasOrder(plan)
        case "sequential":
            return CanvasOrder(plan, is_sequential=True)
        case "breadth_first":
            return BreadthFirstOrder(plan)
        case other:
            raise WorkflowError(f"There is no order '{other}'.", code="WF101")
