"""What one attempt of a node run gave."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from workflow_kernel.runs.item import Batch

FailureKind = Literal["error", "expression", "parameters", "timeout", "lost", "cancelled", "internal"]


class ErrorInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a node run failed, as kept with it and shown.

    Parameters
    ----------
    message: what is wrong. description: more of it. mend: the next step.
    code: see docs/errors.md.
    kind: ``lost`` is a fault of the system, not of the node; it is counted apart.
    node: the node's name. item: index of the failing item.
    expression: the text that could not be evaluated.
    data: details for the error output.
    retry_after: seconds the other side asked to wait.
    """

    message: str
    code: str = "WF300"
    kind: FailureKind = "error"
    node: str = ""
    description: str = ""
    mend: str = ""
    item: int | None = None
    expression: str = ""
    data: dict[str, Any] | None = None
    retry_after: float | None = None


class LogLine(msgspec.Struct, frozen=True):
    """One line a node logged or printed: seconds since the epoch, level, text."""

    at: float
    level: str
    text: str


class Done(msgspec.Struct, frozen=True):
    """The attempt gave outputs, one batch per output port (the error port last where there is one).

    ``recovered`` is the error an ``on_error`` setting went on after.
    """

    outputs: tuple[Batch, ...]
    state: dict[str, Any] | None = None
    logs: tuple[LogLine, ...] = ()
    recovered: ErrorInfo | None = None
    annotations: dict[str, Any] | None = None


class Headway(msgspec.Struct, frozen=True):
    """What an attempt that failed for some items did for the others, so that the next one need not do it again.

    Parameters
    ----------
    outputs: batch per output port, linked to the input. remaining: positions of the items still to be done.
    """

    outputs: tuple[Batch, ...]
    remaining: tuple[int, ...]


class Failed(msgspec.Struct, frozen=True):
    """The attempt failed; ``headway`` is what it did all the same."""

    error: ErrorInfo
    logs: tuple[LogLine, ...] = ()
    headway: Headway | None = None


class Suspended(msgspec.Struct, frozen=True):
    """The node waits without holding a slot, until a time or a resume call, then sends ``outputs``.

    ``page`` is what people see who are asked.
    """

    until: float | None
    outputs: tuple[Batch, ...]
    logs: tuple[LogLine, ...] = ()
    page: dict[str, Any] | None = None


Outcome = Done | Failed | Suspended
