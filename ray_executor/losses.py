"""What is told of a run whose outcome Ray could not give."""

from __future__ import annotations

import ray

from ray_executor.references import lost
from workflow_kernel.base.errors import NodeError, WorkerLostError, WorkflowError
from workflow_kernel.runs.outcome import ErrorInfo
from workflow_kernel.worker import failure
from workflow_kernel.worker.task import NodeTask

_REASONS: tuple[tuple[str, str, str], ...] = (
    ("OutOfMemoryError", "its machine ran out of memory", "Give the node a memory limit, or less to do at once."),
    ("NodeDiedError", "its machine went away", ""),
    ("WorkerCrashedError", "its process ended", "Look for a crash in a library the code uses, for os._exit, or for "
     "too much memory."),
    ("RayActorError", "the machine it reports to is gone", ""),
    ("TaskCancelledError", "it was ended by Ray", ""),
)  # fmt: skip

_DATA = ("OwnerDiedError", "ObjectLostError")
"""What Ray raises where what a run was given is gone."""


def told_of(error: BaseException, task: NodeTask) -> ErrorInfo:
    """The error of a run: lost where the system is at fault, its own where its code cannot be loaded."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, WorkflowError):
        return failure.describe_error(cause, task.node.name)
    names = [kind.__name__ for found in (error, cause) for kind in type(found).__mro__]
    if any(name in _DATA for name in names):
        return failure.describe_error(lost(names[0]), task.node.name)
    for name, what, mend in _REASONS:
        if name in names:
            told = WorkerLostError(f"The run was lost: {what}.", mend=mend)
            return failure.describe_error(told, task.node.name)
    if isinstance(error, ray.exceptions.RayTaskError):
        return failure.describe_error(NodeError(f"The worker failed: {_last_line(error)}"), task.node.name)
    return failure.describe_error(WorkerLostError(f"The run was lost: {_last_line(error)}"), task.node.name)


def _last_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1][:500] if lines else type(error).__name__
