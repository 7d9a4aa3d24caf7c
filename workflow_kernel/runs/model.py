"""States of executions and node runs, and the one table of moves between them.

Every change of a status goes through :func:`move`; what the table does not have cannot happen.
"""

from __future__ import annotations

from typing import Literal

from workflow_kernel.base.errors import WorkflowError

NodeRunState = Literal[
    "pending", "ready", "running", "succeeded", "failed", "retry_wait", "suspended", "lost", "cancelling", "cancelled",
    "skipped",
]  # fmt: skip

NodeRunEvent = Literal[
    "unblock", "start", "succeed", "fail", "wait", "suspend", "resume", "lose", "cancel", "stop", "skip"
]

ExecutionState = Literal["running", "suspended", "succeeded", "failed", "cancelled", "timed_out"]

MOVES: dict[tuple[NodeRunState, NodeRunEvent], NodeRunState] = {
    ("pending", "unblock"): "ready",
    ("pending", "skip"): "skipped",
    ("ready", "start"): "running",
    ("running", "succeed"): "succeeded",
    ("running", "fail"): "failed",
    ("running", "lose"): "lost",
    ("running", "suspend"): "suspended",
    ("failed", "wait"): "retry_wait",
    ("lost", "wait"): "retry_wait",
    ("retry_wait", "unblock"): "ready",
    ("suspended", "resume"): "succeeded",
    ("pending", "cancel"): "cancelled",
    ("ready", "cancel"): "cancelled",
    ("retry_wait", "cancel"): "cancelled",
    ("suspended", "cancel"): "cancelled",
    ("running", "cancel"): "cancelling",
    ("cancelling", "stop"): "cancelled",
    # A result that comes after the wish to cancel loses.
    ("cancelling", "succeed"): "cancelled",
    ("cancelling", "fail"): "cancelled",
    ("cancelling", "lose"): "cancelled",
    ("cancelling", "suspend"): "cancelled",
}

FINAL: frozenset[NodeRunState] = frozenset({"succeeded", "failed", "cancelled", "skipped"})
"""States a node run does not leave (a failed one only towards a retry)."""


class IllegalMoveError(WorkflowError):
    """A node run was asked to make a move the table does not have: a bug in whoever asked."""

    code = "WF500"


def move(state: NodeRunState, event: NodeRunEvent) -> NodeRunState:
    """The state after an event. Raises ``IllegalMoveError`` for a move that cannot happen."""
    try:
        return MOVES[state, event]
    except KeyError:
        raise IllegalMoveError(f"A node run that is {state} cannot {event}.") from None
