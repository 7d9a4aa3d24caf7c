"""Roles and permissions over HTTP."""

from __future__ import annotations

from typing import Annotated

import msgspec
from pydantic import Field

from workflow_kernel.api.people_views import Model, RoleName
from workflow_kernel.api.routing import Request, route
from workflow_kernel.services.roles import RoleTold

TAG = "Roles"
Permission = Annotated[str, Field(max_length=60)]
Permissions = Annotated[list[Permission], Field(max_length=200, description="What it may do.")]


class RoleNew(Model):
    """A role to make."""

    name: RoleName
    title: Annotated[str, Field(max_length=200, description="What people see.")] = ""
    permissions: Permissions


class RoleChanged(Model):
    """What changes; what is left out stays."""

    title: Annotated[str, Field(max_length=200)] | None = None
    permissions: Permissions | None = None


class RoleShown(Model):
    """A role."""

    name: str
    title: str
    permissions: list[str]
    is_built_in: bool = Field(description="Built-in roles cannot be changed.")
    is_global: bool = Field(description="Whether accounts may have it.")
    is_project: bool = Field(description="Whether members of projects may have it.")


class RolesShown(Model):
    """Roles, the built-in ones first."""

    items: list[RoleShown]


class PermissionsShown(Model):
    """Every permission there is; yours among them."""

    items: list[str]
    yours: list[str]


@route("GET", "/roles", tag=TAG)
async def list_roles(request: Request) -> RolesShown:
    """List roles."""
    return RolesShown(items=[_shown(role) for role in await request.service.roles.all(request.actor)])


@route("POST", "/roles", tag=TAG, status=201, errors=(403, 409, 422))
async def create_role(request: Request, body: RoleNew) -> RoleShown:
    """Make a role."""
    made = await request.service.roles.create(
        request.actor, body.name, title=body.title, permissions=body.permissions
    )  # fmt: skip
    return _shown(made)


@route("PATCH", "/roles/{role}", tag=TAG, errors=(403, 404, 409, 422))
async def change_role(request: Request, role: RoleName, body: RoleChanged) -> RoleShown:
    """Change a role somebody made."""
    found = await request.service.roles.change(request.actor, role, title=body.title, permissions=body.permissions)
    return _shown(found)


@route("DELETE", "/roles/{role}", tag=TAG, errors=(404, 409))
async def delete_role(request: Request, role: RoleName) -> None:
    """Delete a role that nobody has."""
    await request.service.roles.delete(request.actor, role)


@route("GET", "/permissions", tag=TAG)
async def list_permissions(request: Request) -> PermissionsShown:
    """List permissions."""
    found = await request.service.roles.permissions(request.actor)
    return PermissionsShown(items=found, yours=sorted(request.actor.permissions))


def _shown(role: RoleTold) -> RoleShown:
    return RoleShown(**msgspec.structs.asdict(role) | {"permissions": list(role.permissions)})


ROUTES = (list_roles, create_role, change_role, delete_role, list_permissions)
