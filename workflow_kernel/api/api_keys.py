"""API keys over HTTP: one's own, and everybody's for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import AwareDatetime, Field

from workflow_kernel.api.people_views import Model
from workflow_kernel.api.routing import Answer, Request, route
from workflow_kernel.services.api_keys import Key

TAG = "API keys"
Scope = Annotated[str, Field(max_length=60)]


class KeyWanted(Model):
    """A key to make."""

    name: Annotated[str, Field(min_length=1, max_length=100, description="What it is for.")]
    scopes: Annotated[list[Scope], Field(max_length=200, description="Permissions, or workflow.*; all of yours.")] = []
    expires_at: AwareDatetime | None = Field(None, description="When it ends; never where left out.")


class KeyShown(Model):
    """A key, without its secret."""

    id: UUID
    account: UUID
    name: str
    prefix: str = Field(description="How it begins.")
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None = Field(description="The last time, to the minute.")
    revoked_at: datetime | None


class KeyMade(Model):
    """A key just made: its secret is shown this once."""

    key: KeyShown
    secret: str = Field(description="Send it as X-Api-Key, or as Authorization: Bearer.")


class KeysShown(Model):
    """Keys, the newest first."""

    items: list[KeyShown]


@route("POST", "/api-keys", tag=TAG, status=201, errors=(403, 422, 429))
async def create_api_key(request: Request, body: KeyWanted) -> Answer[KeyMade]:
    """Make a key for a program that acts for oneself."""
    made = await request.service.api_keys.create(
        request.actor, body.name, scopes=body.scopes, expires_at=body.expires_at
    )  # fmt: skip
    return Answer(KeyMade(key=_shown(made.key), secret=made.secret), headers={"Cache-Control": "no-store"})


@route("GET", "/api-keys", tag=TAG)
async def list_api_keys(request: Request) -> KeysShown:
    """List one's keys."""
    return KeysShown(items=[_shown(key) for key in await request.service.api_keys.mine(request.actor)])


@route("DELETE", "/api-keys/{key_id}", tag=TAG, errors=(404,))
async def revoke_api_key(request: Request, key_id: UUID) -> None:
    """Revoke a key: it counts no more, at once."""
    await request.service.api_keys.revoke_mine(request.actor, key_id)


@route("GET", "/users/{user_id}/api-keys", tag=TAG)
async def list_api_keys_of_user(request: Request, user_id: UUID) -> KeysShown:
    """List somebody's keys."""
    return KeysShown(items=[_shown(key) for key in await request.service.api_keys.of(request.actor, user_id)])


@route("DELETE", "/users/{user_id}/api-keys/{key_id}", tag=TAG, errors=(404,))
async def revoke_api_key_of_user(request: Request, user_id: UUID, key_id: UUID) -> None:
    """Revoke somebody's key."""
    await request.service.api_keys.revoke(request.actor, user_id, key_id)


def _shown(key: Key) -> KeyShown:
    return KeyShown(**msgspec.structs.asdict(key) | {"scopes": list(key.scopes)})


ROUTES = (create_api_key, list_api_keys, revoke_api_key, list_api_keys_of_user, revoke_api_key_of_user)
