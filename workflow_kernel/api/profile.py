"""One's own account over HTTP: profile, password, address, second factor, passkeys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.people_views import (
    AccountShown,
    Code,
    Email,
    Model,
    Password,
    PersonName,
    account_shown,
)
from workflow_kernel.api.routing import Answer, Request, route

TAG = "Profile"
_SECRET = {"Cache-Control": "no-store"}


class ProfileChanged(Model):
    """What changes about oneself; what is left out stays."""

    name: PersonName | None = None
    preferences: dict[str, Any] | None = Field(None, description="Merged with those kept; null takes one away.")


class PasswordChanged(Model):
    """The present password (empty where there is none yet) and the next."""

    old: Annotated[str, Field(max_length=1024)] = ""
    new: Password


class EmailWanted(Model):
    """Another address, and the present password (empty where there is none)."""

    email: Email
    password: Annotated[str, Field(max_length=1024)] = ""


class CodeGiven(Model):
    """A code of the authenticator app, or a recovery code."""

    code: Code


class EnrolmentShown(Model):
    """What an authenticator app needs."""

    secret: str = Field(description="To type in.")
    address: str = Field(description="For a QR code.")


class CodesShown(Model):
    """Recovery codes: shown this once. Each counts once, in place of a code of the app."""

    codes: list[str]


class FactorShown(Model):
    """The state of the second factor."""

    is_set_up: bool
    codes_left: int = Field(description="Recovery codes that can still be used.")


class PasskeyMade(Model):
    """What the browser answered."""

    name: Annotated[str, Field(min_length=1, max_length=100, description="What to call the passkey.")]
    credential: dict[str, Any] = Field(description="Of navigator.credentials.create, as JSON.")


class PasskeyShown(Model):
    """A passkey."""

    id: UUID
    name: str
    created_at: datetime
    used_at: datetime | None


class PasskeysShown(Model):
    """Passkeys, the newest first."""

    items: list[PasskeyShown]


@route("GET", "/me", tag=TAG)
async def read_me(request: Request) -> AccountShown:
    """One's own account."""
    return account_shown(await request.service.accounts.me(request.actor))


@route("PATCH", "/me", tag=TAG, errors=(422,))
async def change_me(request: Request, body: ProfileChanged) -> AccountShown:
    """Change one's name or preferences."""
    found = await request.service.accounts.change_me(request.actor, name=body.name, preferences=body.preferences)
    return account_shown(found)


@route("POST", "/me/password", tag=TAG, status=204, errors=(401, 403, 409, 422, 429))
async def change_password(request: Request, body: PasswordChanged) -> None:
    """Change one's password. One's other sessions end."""
    await request.service.accounts.change_password(request.actor, body.old, body.new)


@route("POST", "/me/email", tag=TAG, status=202, errors=(401, 403, 422, 429))
async def change_email(request: Request, body: EmailWanted) -> AccountShown:
    """Ask for another address: it counts once it is confirmed by the mail sent to it."""
    await request.service.registration.change_email(request.actor, body.email, password=body.password)
    return account_shown(await request.service.accounts.me(request.actor))


@route("GET", "/me/second-factor", tag=TAG)
async def read_second_factor(request: Request) -> FactorShown:
    """Whether a second factor is set up."""
    me = await request.service.accounts.me(request.actor)
    left = await request.service.factors.codes_left(request.actor)
    return FactorShown(is_set_up=me.has_second_factor, codes_left=left)


@route("POST", "/me/second-factor", tag=TAG, status=201, errors=(403, 409), permission="account.factor")
async def enrol_second_factor(request: Request) -> Answer[EnrolmentShown]:
    """Begin to set up an authenticator app."""
    found = await request.service.factors.enrol(request.actor)
    return Answer(EnrolmentShown(secret=found.secret, address=found.address), headers=_SECRET)


@route("POST", "/me/second-factor/confirm", tag=TAG, errors=(401, 403, 409, 422, 429), permission="account.factor")
async def confirm_second_factor(request: Request, body: CodeGiven) -> Answer[CodesShown]:
    """Show a code of the app: from now on it is asked for. Gives recovery codes."""
    codes = await request.service.factors.confirm(request.actor, body.code)
    return Answer(CodesShown(codes=codes), headers=_SECRET)


@route("POST", "/me/second-factor/recovery-codes", tag=TAG, errors=(401, 403, 422, 429))
async def renew_recovery_codes(request: Request, body: CodeGiven) -> Answer[CodesShown]:
    """Get new recovery codes in place of the old ones."""
    codes = await request.service.factors.renew_codes(request.actor, body.code)
    return Answer(CodesShown(codes=codes), headers=_SECRET)


@route("POST", "/me/second-factor/remove", tag=TAG, status=204, errors=(401, 403, 422, 429))
async def remove_second_factor(request: Request, body: CodeGiven) -> None:
    """Take the second factor away."""
    await request.service.factors.remove(request.actor, body.code)


@route("GET", "/me/passkeys", tag=TAG)
async def list_passkeys(request: Request) -> PasskeysShown:
    """List one's passkeys."""
    found = await request.service.passkeys.mine(request.actor)
    return PasskeysShown(items=[PasskeyShown(**msgspec.structs.asdict(one)) for one in found])


@route("POST", "/me/passkeys/challenge", tag=TAG, errors=(403, 409))
async def begin_passkey(request: Request) -> dict[str, Any]:
    """Begin to make a passkey: what navigator.credentials.create takes, as JSON."""
    asked: dict[str, Any] = await request.service.passkeys.begin(request.actor)
    return asked


@route("POST", "/me/passkeys", tag=TAG, status=201, errors=(401, 403, 409, 422))
async def add_passkey(request: Request, body: PasskeyMade) -> PasskeyShown:
    """Keep the passkey that the browser made."""
    found = await request.service.passkeys.add(request.actor, body.credential, name=body.name)
    return PasskeyShown(**msgspec.structs.asdict(found))


@route("DELETE", "/me/passkeys/{passkey_id}", tag=TAG, errors=(403, 404))
async def remove_passkey(request: Request, passkey_id: UUID) -> None:
    """Take a passkey away."""
    await request.service.passkeys.remove(request.actor, passkey_id)


ROUTES = (
    read_me, change_me, change_password, change_email, read_second_factor, enrol_second_factor, confirm_second_factor,
    renew_recovery_codes, remove_second_factor, list_passkeys, begin_passkey, add_passkey, remove_passkey,
)  # fmt: skip
