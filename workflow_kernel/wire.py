"""Messages about executions and workflows that cross a process border: what editors, commands and logs listen to."""

from __future__ import annotations

from typing import Literal

import msgspec

from workflow_kernel.runs.model import ExecutionState
from workflow_kernel.runs.outcome import ErrorInfo


class _Live(msgspec.Struct, frozen=True, tag_field="event", omit_defaults=True):
    execution: str
    at: float


class ExecutionBegan(_Live, frozen=True, tag="execution.started"):
    """An execution started."""

    workflow: str


class NodeRunStarted(_Live, frozen=True, tag="node.started"):
    """An attempt of a node run started."""

    node: str
    run_index: int
    attempt: int


class NodeRunEnded(_Live, frozen=True, tag="node.finished"):
    """A node run is done; ``items`` counts what it sent, by output port."""

    node: str
    run_index: int
    seconds: float
    items: dict[str, int]
    error: ErrorInfo | None = None


class NodeRunFailed(_Live, frozen=True, tag="node.failed"):
    """An attempt failed; ``retry_at`` tells when the next one starts, None that there is none."""

    node: str
    run_index: int
    attempt: int
    error: ErrorInfo
    retry_at: float | None = None


class NodeRunWaits(_Live, frozen=True, tag="node.waiting"):
    """A node run waits without holding a slot; ``reason`` tells for what, where it is a place to run in.

    Once it has that place, ``node.started`` is told again.
    """

    node: str
    run_index: int
    until: float | None
    reason: str = ""


class NodeProgress(_Live, frozen=True, tag="node.progress"):
    """How far a node run is, 0 to 1."""

    node: str
    run_index: int
    fraction: float
    message: str = ""


class ExecutionOver(_Live, frozen=True, tag="execution.finished"):
    """An execution is over."""

    state: ExecutionState
    seconds: float
    error: ErrorInfo | None = None


LiveEvent = ExecutionBegan | NodeRunStarted | NodeRunEnded | NodeRunFailed | NodeRunWaits | NodeProgress | ExecutionOver

WorkflowChange = Literal[
    "created", "saved", "published", "unpublished", "activated", "deactivated", "moved", "deleted", "restored", "purged"
]  # fmt: skip


class WorkflowChanged(msgspec.Struct, frozen=True, tag_field="event", tag="workflow.changed", omit_defaults=True):
    """Somebody changed a workflow: what lists and open editors listen to, on the channel ``workflow:{id}``.

    Parameters
    ----------
    workflow, project: ids. what: was done. version: the newest. by: id of the account. at: seconds since the epoch.
    """

    workflow: str
    project: str
    what: WorkflowChange
    version: int
    at: float
    by: str | None = None


class TrialCalled(msgspec.Struct, frozen=True, tag_field="event", tag="webhook.called", omit_defaults=True):
    """A test address of a workflow was called: what an editor that listens waits for, on ``workflow:{id}``.

    Parameters
    ----------
    workflow, execution: ids. node: name of the trigger. method, path: of the call. by: id of who listens.
    """

    workflow: str
    execution: str
    node: str
    method: str
    path: str
    at: float
    by: str | None = None
