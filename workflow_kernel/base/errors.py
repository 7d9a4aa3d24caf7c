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


class ExecutionTakenError(WorkflowError):
    """Another runner has taken the execution over; this one must leave it alone."""

    code = "WF335"


class ServiceError(WorkflowError):
    """The service refuses a request; ``status`` is the HTTP status that says so."""

    code = "WF700"
    status = 400


class NotSignedInError(ServiceError):
    """Who asks is not known, or no longer."""

    code = "WF701"
    status = 401


class NotAllowedError(ServiceError):
    """Who asks may not do this."""

    code = "WF702"
    status = 403


class NotFoundError(ServiceError):
    """There is no such thing, or who asks may not know of it."""

    code = "WF703"
    status = 404


class ConflictError(ServiceError):
    """It contradicts what is there. ``details`` says what that is."""

    code = "WF704"
    status = 409

    def __init__(
        self, message: str, *, code: str | None = None, mend: str = "", details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message, code=code, mend=mend)
        self.details = details or {}


class InvalidRequestError(ServiceError):
    """What was sent is not what is needed; carries every problem at once."""

    code = "WF705"
    status = 422

    def __init__(
        self, message: str, *, code: str | None = None, mend: str = "", problems: Iterable[Problem] = ()
    ) -> None:
        super().__init__(message, code=code, mend=mend)
        self.problems: Sequence[Problem] = tuple(problems)


class TooManyError(ServiceError):
    """A limit is reached; ``retry_after`` is when to try again, in seconds."""

    code = "WF706"
    status = 429

    def __init__(self, message: str, *, code: str | None = None, mend: str = "", retry_after: float = 1.0) -> None:
        super().__init__(message, code=code, mend=mend)
        self.retry_after = retry_after


class UnavailableError(ServiceError):
    """Something the service needs cannot be reached."""

    code = "WF707"
    status = 503
