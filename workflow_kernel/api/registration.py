"""Making an account, confirming an address, choosing a new password: what strangers do by mail, over HTTP."""

from __future__ import annotations

from pydantic import Field

from workflow_kernel.api.people_views import Email, Model, Password, PersonName, Token
from workflow_kernel.api.routing import Answer, Request, route

TAG = "Sign-in"


class Registered(Model):
    """Who wants an account. With an invitation the address is the invited one."""

    email: Email | None = None
    password: Password
    name: PersonName = ""
    invitation: Token | None = Field(None, description="From the link in the mail.")


class Forgotten(Model):
    """Whose password is forgotten."""

    email: Email


class NewPassword(Model):
    """A new password, and the token from the mail."""

    token: Token
    password: Password


class TokenGiven(Model):
    """A token from a mail."""

    token: Token


class Said(Model):
    """What happens next."""

    message: str


@route("POST", "/auth/register", tag=TAG, public=True, status=202, errors=(401, 403, 409, 422, 429, 503))
async def register(request: Request, body: Registered) -> Said:
    """Make an account, by an invitation or where everybody may.

    With an invitation one can sign in at once; without, once the address is confirmed.
    """
    if body.invitation is not None:
        await request.service.invitations.accept(request.actor, body.invitation, body.password, name=body.name)
        return Said(message="The account is made. Sign in.")
    await request.service.registration.register(request.actor, body.email or "", body.password, name=body.name)
    return Said(message="Look into your mail.")


@route("POST", "/auth/verify", tag=TAG, public=True, status=204, errors=(401, 409, 422, 503))
async def confirm_address(request: Request, body: TokenGiven) -> None:
    """Confirm an e-mail address by the token from a mail."""
    await request.service.registration.confirm(request.actor, body.token)


@route("GET", "/auth/verify", tag=TAG, public=True, status=303, errors=(401, 409, 422, 503))
async def follow_confirmation(request: Request, query: TokenGiven) -> Answer[None]:
    """Confirm an e-mail address by the link from a mail, and show the page to sign in."""
    if request.raw.method != "HEAD":
        await request.service.registration.confirm(request.actor, query.token)
    headers = {"Location": f"{request.prefix}/sign-in#confirmed", "Cache-Control": "no-store"}
    return Answer(None, status=303, headers=headers)


@route("POST", "/auth/password/forgot", tag=TAG, public=True, status=202, errors=(422, 429, 503))
async def forget_password(request: Request, body: Forgotten) -> Said:
    """Ask for a mail with a link to choose a new password.

    The answer is the same whether the address has an account: a mail tells.
    """
    await request.service.recovery.forgot(request.actor, body.email)
    return Said(message="If the address has an account, a mail is on its way.")


@route("POST", "/auth/password/reset", tag=TAG, public=True, status=204, errors=(401, 422, 503))
async def reset_password(request: Request, body: NewPassword) -> None:
    """Choose a new password. Every session ends."""
    await request.service.recovery.reset(request.actor, body.token, body.password)


ROUTES = (register, confirm_address, follow_confirmation, forget_password, reset_password)
