"""Variables over HTTP: ``$vars`` of expressions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.routing import Request, route
from workflow_kernel.api.workflow_views import Model
from workflow_kernel.services.variables import VariableRecord

TAG = "Variables"
Key = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$", description="As in `$vars.key`.")]
Value = Annotated[str, Field(max_length=10_000)]


class VariableNew(Model):
    """A variable to be made."""

    key: Key
    value: Value
    project: UUID | None = Field(None, description="Of all projects if null, which needs an administrator.")


class VariableChange(Model):
    """What is to be different; what is null stays."""

    key: Key | None = None
    value: Value | None = None


class VariableShown(Model):
    """A variable."""

    id: UUID
    project: UUID | None = Field(description="Null for one of all projects.")
    key: str
    value: str
    created_at: datetime
    updated_at: datetime


class VariablesShown(Model):
    """Variables."""

    items: list[VariableShown]


class VariableQuery(Model):
    """Which variables are wanted."""

    project: UUID | None = Field(None, description="Those of this project besides those of all.")


@route("GET", "/variables", tag=TAG, errors=(404,))
async def list_variables(request: Request, query: VariableQuery) -> VariablesShown:
    """List variables, by key."""
    found = await request.service.variables.find(request.actor, query.project)
    return VariablesShown(items=[_shown(variable) for variable in found])


@route("POST", "/variables", tag=TAG, status=201, errors=(404, 409, 422))
async def create_variable(request: Request, body: VariableNew) -> VariableShown:
    """Make a variable."""
    return _shown(await request.service.variables.create(request.actor, body.key, body.value, project=body.project))


@route("PATCH", "/variables/{variable_id}", tag=TAG, errors=(404, 409, 422))
async def change_variable(request: Request, variable_id: UUID, body: VariableChange) -> VariableShown:
    """Give a variable another key or value."""
    found = await request.service.variables.update(request.actor, variable_id, key=body.key, value=body.value)
    return _shown(found)


@route("DELETE", "/variables/{variable_id}", tag=TAG, errors=(404,))
async def delete_variable(request: Request, variable_id: UUID) -> None:
    """Take a variable away."""
    await request.service.variables.delete(request.actor, variable_id)


ROUTES = (list_variables, create_variable, change_variable, delete_variable)


def _shown(record: VariableRecord) -> VariableShown:
    return VariableShown(**msgspec.structs.asdict(record))
