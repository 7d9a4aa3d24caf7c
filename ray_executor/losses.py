"""What becomes of runs whose outcome Ray could not give, and what is told of them. Used by the backend."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import ray

from ray_executor.last_words import last_words
from ray_executor.messages import RunKey
from ray_executor.references import lost
from ray_executor.sender import forget_lost
from ray_executor.units import Bundle, Unit
from ray_executor.whereabouts import place_of
from ray_executor.written import Found
from workflow_kernel.backends.process_output import LONGEST_LINE, last_output, out_of_memory
from workflow_kernel.base.errors import NodeError, WorkerLostError, WorkflowError
from workflow_kernel.runs.outcome import ErrorInfo, LogLine, Outcome
from workflow_kernel.worker import failure
from workflow_kernel.worker.redact import RunRedactor
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

_PROCESS = ("OutOfMemoryError", "WorkerCrashedError", "TaskCancelledError")
"""What it raises where a process ended, and the machine is still there to tell of it."""


async def look_into(
    bundle: Bundle, error: BaseException, board: Any, stopped: Collection[RunKey]
) -> tuple[list[Unit], list[tuple[Unit, Outcome]]]:
    """What becomes of a lost bundle: runs that are given again, as another may be at fault, and outcomes of the others.

    Those whose outcome was told before are over.

    Parameters
    ----------
    error: Ray's. board: where workers leave word why they end themselves. stopped: runs that were asked to stop.
    """
    left = {position: unit for position, unit in enumerate(bundle.units) if position not in bundle.told}
    ended: dict[RunKey, str] = {}
    with contextlib.suppress(Exception):  # the board may be gone as well
        ended = await board.why_ended.remote([unit.key for unit in left.values()])
    is_shared = len(left) > 1 or bool(ended)
    again = {
        unit.key for unit in left.values() if unit.key not in ended and unit.task.is_pure and (is_shared or unit.ahead)
    }
    found = None
    # Who was asked to stop is not kept waiting for words nobody needs.
    silent = again.union(stopped, (key for key, reason in ended.items() if reason == "cancelled"))
    if not _names(error).isdisjoint(_PROCESS) and any(unit.key not in silent for unit in left.values()):
        found = await last_words(bundle.name)
    given: list[Unit] = []
    over: list[tuple[Unit, Outcome]] = []
    for position, unit in left.items():
        forget_lost(unit.task)
        if unit.key in stopped or ended.get(unit.key) == "cancelled":
            over.append((unit, failure.cancelled(unit.task)))
        elif unit.key in again:
            unit.is_alone, unit.ahead = True, ()  # alone it will be seen whose fault it is
            given.append(unit)
        else:
            own = found if found is not None and found.position == position else None
            is_late = ended.get(unit.key) == "timeout"
            info = told_of(error, unit.task, own)
            outcome = failure.timed_out(unit.task) if is_late else failure.recover(unit.task, info)
            over.append((unit, _with_lines(outcome, unit.task, own)))
    return given, over


def told_of(error: BaseException, task: NodeTask, found: Found | None = None) -> ErrorInfo:
    """The error of a run: lost where the system is at fault, its own where its code cannot be loaded."""
    cause = getattr(error, "cause", None)
    node = task.node.name
    if isinstance(cause, WorkflowError):
        return failure.describe_error(cause, node)
    names = _names(error)
    if not names.isdisjoint(_DATA):
        return failure.describe_error(lost(type(cause or error).__name__), node)
    text = "" if found is None else found.text
    if (hungry := out_of_memory(text)) is not None:
        return failure.describe_error(hungry, node)
    for name, what, mend in _REASONS:
        if name in names:
            info = failure.describe_error(
                WorkerLostError(f"The run was lost: {what}.{last_output(text)}", mend=mend), node
            )
            place = "" if found is None else place_of(found.host, found.pid, found.log)
            return msgspec.structs.replace(info, description=place)
    if isinstance(error, ray.exceptions.RayTaskError):
        return failure.describe_error(NodeError(f"The worker failed: {_last_line(error)}"), node)
    return failure.describe_error(WorkerLostError(f"The run was lost: {_last_line(error)}"), node)


def _with_lines(outcome: Outcome, task: NodeTask, found: Found | None) -> Outcome:
    """The outcome with what its process had written, without secrets."""
    if found is None:
        return outcome
    now = time.time()
    texts: Sequence[str] = found.text.splitlines()
    if found.is_cut:
        texts = ("... the beginning is left out", *texts[1:])
    lines = tuple(LogLine(now, "info", text[:LONGEST_LINE]) for text in texts)
    outcome = msgspec.structs.replace(outcome, logs=(*outcome.logs, *lines))
    return RunRedactor(task).outcome(outcome, outputs=False) if task.node.credentials else outcome


def _names(error: BaseException) -> set[str]:
    cause = getattr(error, "cause", None)
    return {kind.__name__ for found in (error, cause) for kind in type(found).__mro__}


def _last_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1][:500] if lines else type(error).__name__
