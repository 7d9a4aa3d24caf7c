"""Projects and their members over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.people_views import Email, Model, RoleName
from workflow_kernel.api.routing import Page, PageQuery, Request, route
from workflow_kernel.services.projects import Member, ProjectTold

TAG = "Projects"


class ProjectNamed(Model):
    """What a project is called."""

    name: Annotated[str, Field(min_length=1, max_length=200)]


class ProjectShown(Model):
    """A project."""

    id: UUID
    name: str
    owner: UUID | None = Field(description="Whose own it is; null for a team's.")
    role: str = Field(description="Yours in it; empty where you are no member.")
    created_at: datetime
    updated_at: datetime


class MemberNew(Model):
    """Whom to share with."""

    email: Email
    role: RoleName = "viewer"


class MemberRole(Model):
    """What a member may do."""

    role: RoleName


class MemberShown(Model):
    """Somebody's part in a project."""

    account: UUID
    email: str
    name: str
    role: str
    created_at: datetime


class MembersShown(Model):
    """Members by e-mail address."""

    items: list[MemberShown]


@route("GET", "/projects", tag=TAG)
async def list_projects(request: Request, query: PageQuery) -> Page[ProjectShown]:
    """List the projects one may read."""
    found = await request.service.projects.find(request.actor, after=query.after(UUID), limit=query.limit + 1)

    def key(project: ProjectTold) -> UUID:
        return project.id

    return Page[ProjectShown].of(found, query, _shown, key)


@route("POST", "/projects", tag=TAG, status=201, errors=(422,))
async def create_project(request: Request, body: ProjectNamed) -> ProjectShown:
    """Make a project for a team, and own it."""
    return _shown(await request.service.projects.create(request.actor, body.name))


@route("GET", "/projects/{project_id}", tag=TAG, errors=(404,))
async def read_project(request: Request, project_id: UUID) -> ProjectShown:
    """A project."""
    return _shown(await request.service.projects.read(request.actor, project_id))


@route("PATCH", "/projects/{project_id}", tag=TAG, errors=(403, 404, 422))
async def rename_project(request: Request, project_id: UUID, body: ProjectNamed) -> ProjectShown:
    """Give a project another name."""
    return _shown(await request.service.projects.rename(request.actor, project_id, body.name))


@route("DELETE", "/projects/{project_id}", tag=TAG, errors=(403, 404, 409))
async def delete_project(request: Request, project_id: UUID) -> None:
    """Delete a team's project that has nothing in it."""
    await request.service.projects.delete(request.actor, project_id)


@route("GET", "/projects/{project_id}/members", tag=TAG, errors=(404,))
async def list_members(request: Request, project_id: UUID) -> MembersShown:
    """List who is in a project."""
    found = await request.service.projects.members(request.actor, project_id)
    return MembersShown(items=[_member(member) for member in found])


@route("POST", "/projects/{project_id}/members", tag=TAG, status=201, errors=(403, 404, 409, 422))
async def add_member(request: Request, project_id: UUID, body: MemberNew) -> MemberShown:
    """Share a project with somebody who has an account."""
    return _member(await request.service.projects.add_member(request.actor, project_id, body.email, body.role))


@route("PATCH", "/projects/{project_id}/members/{user_id}", tag=TAG, errors=(403, 404, 409, 422))
async def change_member(request: Request, project_id: UUID, user_id: UUID, body: MemberRole) -> MemberShown:
    """Give a member another role. The last owner stays one."""
    return _member(await request.service.projects.change_member(request.actor, project_id, user_id, body.role))


@route("DELETE", "/projects/{project_id}/members/{user_id}", tag=TAG, errors=(403, 404, 409))
async def remove_member(request: Request, project_id: UUID, user_id: UUID) -> None:
    """Take a project away from a member. The last owner stays."""
    await request.service.projects.remove_member(request.actor, project_id, user_id)


@route("POST", "/projects/{project_id}/leave", tag=TAG, status=204, errors=(404, 409))
async def leave_project(request: Request, project_id: UUID) -> None:
    """Leave a project. The last owner cannot."""
    await request.service.projects.leave(request.actor, project_id)


def _shown(project: ProjectTold) -> ProjectShown:
    return ProjectShown(**msgspec.structs.asdict(project))


def _member(member: Member) -> MemberShown:
    return MemberShown(**msgspec.structs.asdict(member))


ROUTES = (
    list_projects, create_project, read_project, rename_project, delete_project, list_members, add_member,
    change_member, remove_member, leave_project,
)  # fmt: skip
