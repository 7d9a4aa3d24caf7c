"""What it takes to start an execution, and what comes of it: used by every door and trigger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec

from workflow_kernel.base.ids import new_id
from workflow_kernel.runs.item import Items
from workflow_kernel.runs.model import ExecutionState
from workflow_kernel.runs.outcome import ErrorInfo
from workflow_kernel.storage.open_execution import NewExecution
from workflow_kernel.storage.tables import Execution

Mode = Literal[
    "manual", "api", "webhook", "schedule", "form", "error", "workflow", "polling", "retry", "fork", "batch"
]  # fmt: skip


class Launch(msgspec.Struct, frozen=True):
    """A wish to start an execution.

    Parameters
    ----------
    workflow: id of a workflow. project: of its project.
    mode: what starts it. ``manual`` runs take pins and start no error workflow.
    version: number of the version to run; None runs ``document``.
    document: a draft in the file format, for manual runs.
    start: name of the node it starts with; empty for the topmost trigger.
    items: what that node gets; one empty item when None.
    priority: 1 (first) to 5.
    key: idempotency key; an execution of the workflow with the same key is given instead of a new one.
    trigger: id of the trigger. created_by: id of the account.
    parent: the execution that called it. retry_of, fork_of: the execution it repeats.
    options: what else the runner must know: ``to`` (name of the node to run to), ``reuse`` (id of the execution whose
        results stand in), ``without`` (ids of nodes whose results do not).
    """

    workflow: UUID | None
    project: UUID
    mode: Mode
    version: int | None = None
    document: Mapping[str, Any] | None = None
    start: str = ""
    items: Items | None = None
    priority: int = 3
    key: str | None = None
    trigger: UUID | None = None
    created_by: UUID | None = None
    parent: UUID | None = None
    retry_of: UUID | None = None
    fork_of: UUID | None = None
    options: Mapping[str, Any] = {}


class Launched(msgspec.Struct, frozen=True):
    """An accepted execution: it is durable. ``is_new`` is False where its key was known."""

    execution: UUID
    is_new: bool = True


class Ended(msgspec.Struct, frozen=True):
    """How an execution ended that somebody waited for: it is durable.

    Parameters
    ----------
    execution: its id. state: how it ended; ``suspended`` where it waits for longer, ``running`` where nobody waits any
        more. output: what the node that was done last sent. error: why it failed. is_new: see ``Launched``.
    """

    execution: UUID
    state: ExecutionState | Literal["queued"]
    output: Items
    error: ErrorInfo | None = None
    is_new: bool = True


OnAnswer = Callable[[Any], None]
"""Told what a node answers the caller with (``sdk.context.Answer``), while the execution goes on."""


def new_row(launch: Launch, packed: bytes | None, id: UUID | None = None) -> NewExecution:
    """The row of an execution that is to start."""
    return NewExecution(
        id=id or new_id(),
        project_id=launch.project,
        workflow_id=launch.workflow,
        mode=launch.mode,
        version=launch.version,
        document=None if launch.document is None else dict(launch.document),
        priority=launch.priority,
        start=launch.start,
        input=packed,
        options=dict(launch.options),
        key=launch.key,
        trigger_id=launch.trigger,
        parent_id=launch.parent,
        retry_of=launch.retry_of,
        fork_of=launch.fork_of,
        created_by=launch.created_by,
    )


def row_of(row: Execution) -> NewExecution:
    """The row of an execution that is kept, as it began."""
    return NewExecution(**{name: getattr(row, name) for name in NewExecution.__struct_fields__})
