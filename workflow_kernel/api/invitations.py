"""Invitations over HTTP."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.people_views import Email, Model, RoleName
from workflow_kernel.api.routing import Answer, Request, route

TAG = "Users"


class InvitationNew(Model):
    """Whom to invite."""

    email: Email
    role: RoleName = "editor"


class InvitationShown(Model):
    """An invitation that waits."""

    id: UUID
    email: str
    role: str
    expires_at: datetime
    created_at: datetime
    link: str = Field("", description="What is in the mail; shown once, when it is made.")


class InvitationsShown(Model):
    """Invitations that wait, the newest first."""

    items: list[InvitationShown]


@route("POST", "/invitations", tag=TAG, status=201, errors=(403, 409, 422))
async def invite(request: Request, body: InvitationNew) -> Answer[InvitationShown]:
    """Invite somebody by mail. An earlier invitation of the same address counts no more."""
    made = await request.service.invitations.create(request.actor, body.email, role=body.role)
    return Answer(InvitationShown(**msgspec.structs.asdict(made)), headers={"Cache-Control": "no-store"})


@route("GET", "/invitations", tag=TAG)
async def list_invitations(request: Request) -> InvitationsShown:
    """List invitations that wait."""
    found = await request.service.invitations.pending(request.actor)
    return InvitationsShown(items=[InvitationShown(**msgspec.structs.asdict(one)) for one in found])


@route("DELETE", "/invitations/{invitation_id}", tag=TAG, errors=(404,))
async def revoke_invitation(request: Request, invitation_id: UUID) -> None:
    """Take an invitation back."""
    await request.service.invitations.revoke(request.actor, invitation_id)


ROUTES = (invite, list_invitations, revoke_invitation)
