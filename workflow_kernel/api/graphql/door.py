"""GraphQL over HTTP: ``POST /api/graphql``. Errors come in the answer, whose status is 200 as GraphQL wants it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from workflow_kernel.api.graphql.context import Context
from workflow_kernel.api.graphql.schema import schema, shown
from workflow_kernel.api.routing import Request, route

LONGEST = 50_000
"""Characters of an operation."""


class GraphQLRequest(BaseModel):
    """An operation."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    query: str = Field(min_length=1, max_length=LONGEST, description="The text of the operation.")
    variables: dict[str, Any] | None = Field(None, description="Values of its variables.")
    operation_name: str | None = Field(
        None, alias="operationName", max_length=200, description="Which of several operations is wanted."
    )
    extensions: dict[str, Any] | None = Field(None, description="Not used; nothing is persisted.")


class GraphQLAnswer(BaseModel):
    """What came of it."""

    model_config = ConfigDict(extra="forbid")

    data: dict[str, Any] | None = Field(description="What was asked for; null where nothing could be done.")
    errors: list[dict[str, Any]] | None = Field(
        None, description="What went wrong, each with a `message`, a `path`, and a code under `extensions`."
    )


@route(
    "POST", "/graphql", tag="GraphQL", permission="account.own",
    example={"query": "{ me { email } workflows(first: 5) { items { id name } next } }"},
)  # fmt: skip
async def graphql(request: Request, body: GraphQLRequest) -> GraphQLAnswer:
    """Run a GraphQL query or mutation.

    Depth, aliases and cost are limited. Subscriptions are at /api/graphql/ws, over graphql-transport-ws. The schema is
    in docs/graphql.md, and by introspection.
    """
    context = Context(request.service, lambda: request.actor)
    try:
        result = await schema().execute(
            body.query,
            variable_values=body.variables,
            context_value=context,
            operation_name=body.operation_name,
            allowed_operation_types=(OperationType.QUERY, OperationType.MUTATION),
        )
    except CannotGetOperationTypeError:
        return _refused(f"There is no operation '{(body.operation_name or '')[:100]}'.", "Name one of the operation's.")
    except InvalidOperationTypeError:
        return _refused("Subscriptions are at /api/graphql/ws.", "Connect there, over graphql-transport-ws.")
    errors = [shown(error) for error in result.errors or ()]
    return GraphQLAnswer(data=result.data, errors=errors or None)


def _refused(message: str, mend: str) -> GraphQLAnswer:
    return GraphQLAnswer(data=None, errors=[{"message": message, "extensions": {"code": "WF768", "mend": mend}}])


ROUTES = (graphql,)
