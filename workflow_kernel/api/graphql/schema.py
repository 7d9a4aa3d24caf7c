"""The GraphQL schema: made once for a process; errors leave it with a code and no more than a person may see."""

from __future__ import annotations

import functools
from typing import Any

import msgspec
import strawberry
import structlog
from graphql import GraphQLError
from graphql.validation import MaxIntrospectionDepthRule
from strawberry.extensions import AddValidationRules
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from workflow_kernel.api.graphql.limits import Limits
from workflow_kernel.api.graphql.mutations import Mutation
from workflow_kernel.api.graphql.queries import Query
from workflow_kernel.api.graphql.subscriptions import Subscription
from workflow_kernel.api.problem import status_of
from workflow_kernel.base.errors import ConflictError, WorkflowError
from workflow_kernel.storage import faults

_log = structlog.get_logger("workflow.graphql")


class Schema(strawberry.Schema):
    """The schema; what nobody caught is logged, refusals are not."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log faults of the program."""
        for error in errors:
            cause = error.original_error
            if cause is None or isinstance(cause, WorkflowError | GraphQLError):
                continue
            if faults.translated(cause) is None:
                _log.error("graphql.failed", path=error.path, exc_info=cause)


@functools.cache
def schema() -> Schema:
    """The schema."""
    return Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        extensions=[Limits, _MaxIntrospection],
        config=StrawberryConfig(disable_field_suggestions=False),
    )


class _MaxIntrospection(AddValidationRules):
    def __init__(self, **_: Any) -> None:
        super().__init__([MaxIntrospectionDepthRule])


def shown(error: GraphQLError) -> dict[str, Any]:
    """An error as it is sent: message, place, and under ``extensions`` its code and the next step."""
    cause = error.original_error
    known = cause if isinstance(cause, WorkflowError) or cause is None else faults.translated(cause)
    if isinstance(known, WorkflowError):
        extensions: dict[str, Any] = {"code": known.code, "mend": known.mend, "status": status_of(known)}
        problems = getattr(known, "problems", ())
        if problems:
            extensions["problems"] = [msgspec.to_builtins(problem) for problem in problems]
        if isinstance(known, ConflictError) and known.details:
            extensions["details"] = known.details
        return {**error.formatted, "message": known.message, "extensions": extensions}
    if cause is not None and not isinstance(cause, GraphQLError):
        extensions = {"code": "WF789", "mend": "Try again; then give an administrator the id of the request."}
        return {**error.formatted, "message": "Something went wrong here.", "extensions": extensions}
    return {**error.formatted, "extensions": {"code": "WF768", **(error.extensions or {})}}
