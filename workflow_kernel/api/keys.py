"""Rotation of keys over HTTP, for administrators."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.routing import Request, route
from workflow_kernel.api.workflow_views import Model

TAG = "System"


class Reencrypting(Model):
    """Which credentials to encrypt anew."""

    before: datetime | None = Field(
        None, description="Those encrypted before; all if null. To go on with one that was stopped: when it began."
    )


class RotatedShown(Model):
    """What a rotation did."""

    key_id: str = Field(description="Of the current master key.")
    count: int = Field(description="How many credentials, and second factors of accounts, were changed.")
    failed: list[UUID] = Field(description="Credentials that could not be opened, and are as they were.")
    before: datetime | None


@route("POST", "/keys/rewrap", tag=TAG)
async def rewrap_keys(request: Request) -> RotatedShown:
    """Wrap every data key by the current master key; earlier master keys are needed no more afterwards."""
    return RotatedShown(**msgspec.structs.asdict(await request.service.key_rotation.rewrap(request.actor)))


@route("POST", "/keys/reencrypt", tag=TAG, errors=(422,))
async def reencrypt_credentials(request: Request, body: Reencrypting) -> RotatedShown:
    """Encrypt every credential anew by a new data key."""
    found = await request.service.key_rotation.reencrypt(request.actor, body.before)
    return RotatedShown(**msgspec.structs.asdict(found))


ROUTES = (rewrap_keys, reencrypt_credentials)
