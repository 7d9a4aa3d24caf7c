"""What becomes of an attempt that failed: how its error is told, and whether its input goes on instead.

The rules of ``on_error`` for a node as a whole; those for single items are in ``call``.
"""

from __future__ import annotations

import copy
from typing import Any

from workflow_kernel.base.errors import (
    CancelledRunError,
    ExpressionError,
    NodeError,
    NodeTimeoutError,
    WorkerLostError,
    WorkflowError,
)
from workflow_kernel.runs.item import EMPTY, Batch, Item, Items
from workflow_kernel.runs.lineage import Lineage
from workflow_kernel.runs.outcome import Done, ErrorInfo, Failed, FailureKind, Outcome
from workflow_kernel.worker.task import NodeTask


def goes_on(task: NodeTask, info: ErrorInfo) -> bool:
    """Whether the execution goes on after a failure of this attempt, by the node's ``on_error``."""
    return task.is_last_attempt and task.node.on_error != "stop" and info.kind not in ("cancelled", "lost")


def recover(task: NodeTask, info: ErrorInfo, lines: tuple[Any, ...] = ()) -> Outcome:
    """What a failed attempt becomes under the node's ``on_error``: a failure, or its input going on."""
    node = task.node
    if not goes_on(task, info):
        return Failed(info, lines)
    port, first = next(
        ((port, batch) for port, batch in enumerate(task.inputs) if batch is not None and len(batch)), (0, EMPTY)
    )
    names = [port.name for port in task.ports.outputs]
    empty: list[Batch] = [EMPTY] * len(names)
    if node.on_error == "continue":
        passed = copy.copy(first)
        passed.lineage = Lineage.same(port)
        return Done((passed, *empty[1:]), None, lines, info)
    rows = [Item({**item.json, "error": info.message}, item.binary) for item in first.items()]
    return Done((*empty, Items(rows, Lineage.same(port))), None, lines, info)


def cancelled(task: NodeTask) -> Outcome:
    """The outcome of a run that was asked to stop."""
    return Failed(describe_error(CancelledRunError("The run was cancelled."), task.node.name))


def timed_out(task: NodeTask) -> Outcome:
    """The outcome of a run that took longer than its node's timeout."""
    error = NodeTimeoutError(
        f"The node took longer than its timeout of {task.node.timeout:g} s.",
        mend="Raise the node's timeout, or give it less to do at once.",
    )
    info = describe_error(error, task.node.name)
    return recover(task, info)


def describe_error(error: BaseException, node: str) -> ErrorInfo:
    """What is kept and shown of an exception raised while a node ran."""
    kind: FailureKind = "error"
    if isinstance(error, CancelledRunError):
        kind = "cancelled"
    elif isinstance(error, NodeTimeoutError):
        kind = "timeout"
    elif isinstance(error, ExpressionError):
        kind = "expression"
    elif isinstance(error, WorkerLostError):
        kind = "lost"
    if isinstance(error, NodeError):
        return ErrorInfo(
            error.message,
            error.code,
            kind,
            node,
            error.description,
            error.mend,
            error.item,
            getattr(error, "expression", ""),
            error.data,
            error.retry_after,
        )
    if isinstance(error, WorkflowError):
        return ErrorInfo(error.message, error.code, kind, node, mend=error.mend)
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return ErrorInfo(text, "WF301", kind, node, mend=_mend(error))


def _mend(error: BaseException) -> str:
    """The next step after an error that no node foresaw, where there is one."""
    if isinstance(error, UnicodeEncodeError):
        return "A text holds half of a character, as from a text cut in the middle of an emoji. Clean the text first."
    if isinstance(error, RecursionError):
        return "The data is nested too deeply. Take the part you need out of it first."
    if isinstance(error, MemoryError):
        return "Give the node less to do at once, e.g. by a loop over items."
    return ""


def message_of(error: Exception) -> str:
    """What an error item says."""
    return error.message if isinstance(error, WorkflowError) else str(error) or type(error).__name__
