"""Errors as ``application/problem+json`` (RFC 9457): one shape for every error of every door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from pydantic import BaseModel, Field, ValidationError

from workflow_kernel.base.errors import (
    ConflictError,
    InvalidRequestError,
    InvalidWorkflowError,
    NodeError,
    Problem,
    ServiceError,
    WorkflowError,
)

CONTENT_TYPE = "application/problem+json"
TYPE = "https://workflow.invalid/errors/"
"""Base of the type of an error: a name, nothing is there."""


class HttpError(ServiceError):
    """A request HTTP itself forbids: no such address, too large, wrong content type. ``headers`` go with the answer."""

    code = "WF788"

    def __init__(
        self, status: int, message: str, *, code: str | None = None, mend: str = "", headers: Mapping[str, str] = {}
    ) -> None:
        super().__init__(message, code=code, mend=mend)
        self.status = status
        self.headers = headers


class ProblemItem(BaseModel):
    """One thing that is wrong with a request."""

    code: str = Field(description="Stable identifier, documented in the list of errors.")
    message: str = Field(description="What is wrong.")
    mend: str = Field("", description="What makes it right.")
    node: str = Field("", description="Name of the node it belongs to.")
    field: str = Field("", description="Dotted path of the field.")
    severity: str = Field("error", description="error or warning.")


class ProblemView(BaseModel):
    """Why a request was refused."""

    type: str = Field(description="Names the kind of error.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong.")
    code: str = Field(description="Stable identifier, documented in the list of errors.")
    mend: str = Field("", description="What makes it right.")
    problems: list[ProblemItem] | None = Field(None, description="Everything that is wrong, where it is more.")
    details: dict[str, Any] | None = Field(None, description="What is there already, for conflicts.")
    request: str = Field(description="Id of the request, as in the logs.")


def document(error: WorkflowError, request: str, status: int) -> dict[str, Any]:
    """The body of the answer to an error."""
    made: dict[str, Any] = {
        "type": TYPE + error.code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.message if error.message else str(error),
        "code": error.code,
        "mend": error.mend,
        "request": request,
    }
    problems = getattr(error, "problems", ())
    if problems:
        made["problems"] = [msgspec.to_builtins(problem) for problem in problems]
    if isinstance(error, ConflictError) and error.details:
        made["details"] = error.details
    return made


def status_of(error: WorkflowError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, ServiceError):
        return error.status
    if isinstance(error, InvalidWorkflowError | NodeError):
        return 422
    return 500


def of_validation(error: ValidationError, place: str) -> Iterable[Problem]:
    """Everything pydantic found, without the values: they may be secrets.

    Parameters
    ----------
    error: of a model or a type. place: ``body``, ``query`` or ``path``; stands before the field's name.
    """
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(str(part) for part in found["loc"])
        yield Problem(code="WF780", message=f"{found['msg']}.", field=f"{place}.{where}" if where else place)


def invalid(problems: Iterable[Problem]) -> InvalidRequestError:
    """The error for a request with these problems."""
    found = tuple(problems)
    fields = ", ".join(problem.field for problem in found[:5])
    return InvalidRequestError(
        f"The request is not right: {fields}.", code="WF780", mend="See 'problems' for each.", problems=found
    )
