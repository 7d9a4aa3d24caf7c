"""The errors of the product: what is wrong, where, and what to do about it.

Every message a person may see is built here from the same four parts (code, place, message, mend), so that the
command line, the editor and the API can show them alike. Nothing here formats for one of those places.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

Severity = Literal["error", "warning"]


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with something a person wrote.

    Parameters
    ----------
    code: stable identifier such as ``WF212``; documented in docs/errors.md.
    message: what is wrong, naming the value.
    mend: the next step that makes it right.
    node: the node's name, where the problem belongs to one.
    field: dotted path of the field, e.g. ``parameters.conditions.0.left``.
    severity: warnings do not stop a run.
    """

    code: str
    message: str
    mend: str = ""
    node: str = ""
    field: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        place = f"node '{self.node}'" if self.node else ""
        if self.field:
            place = f"{place}, {self.field}" if place else self.field
        text = f"{self.code} {place}: {self.message}" if place else f"{self.code} {self.message}"
        return f"{text} {self.mend}" if self.mend else text


class WorkflowError(Exception):
    """Base of every error this product raises on purpose.

    Parameters
    ----------
    message: what is wrong.
    code: stable identifier, documented in docs/errors.md.
    mend: the next step that makes it right.
    """

    code = "WF000"

    def __init__(self, message: str, *, code: str | None = None, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} {self.mend}" if self.mend else self.message


class InvalidWorkflowError(WorkflowError):
    """A workflow cannot be read or run; carries every problem found at once."""

    code = "WF100"

    def __init__(self, problems: Iterable[Problem], source: str = "workflow") -> None:
        self.problems: Sequence[Problem] = tuple(problems)
        count = len(self.problems)
        noun = "problem" if count == 1 else "problems"
        super().__init__(f"{source} has {count} {noun}: " + "; ".join(str(p) for p in self.problems[:20]))


class NodeError(WorkflowError):
    """A node run failed, for a reason its user can act on. What node authors raise.

    Parameters
    ----------
    message: what is wrong, naming the value.
    description: more detail, shown below the message.
    item: index of the input item that failed, if one did.
    data: JSON-able details for the error output, e.g. an HTTP status and body.
    retry_after: seconds the other side asked to wait before another try.
    """

    code = "WF300"

    def __init__(
        self,
        message: str,
        *,
        description: str = "",
        item: int | None = None,
        data: dict[str, Any] | None = None,
        retry_after: float | None = None,
        code: str | None = None,
        mend: str = "",
    ) -> None:
        super().__init__(message, code=code, mend=mend)
        self.description = description
        self.item = item
        self.data = data
        self.retry_after = retry_after


class ExpressionError(NodeError):
    """An expression could not be evaluated.

    Parameters
    ----------
    message: the reason.
    expression: the text as its author wrote it.
    item: index of the item it was evaluated for.
    """

    code = "WF310"

    def __init__(self, message: str, *, expression: str = "", item: int | None = None, mend: str = "") -> None:
        super().__init__(message, item=item, mend=mend)
        self.expression = expression


class CancelledRunError(WorkflowError):
    """The node run was asked to stop; raised inside user code so that its ``finally`` runs."""

    code = "WF320"


class NodeTimeoutError(NodeError):
    """The node run took longer than its timeout."""

    code = "WF321"


class WorkerLostError(WorkflowError):
    """The process that ran the code ended before it answered; counted apart from errors of the code."""

    code = "WF330"
