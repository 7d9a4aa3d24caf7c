"""Signing in and out over HTTP."""

from __future__ import annotations

from pydantic import Field

from workflow_kernel.api.people_views import (
    ChallengeShown,
    Code,
    Email,
    Kind,
    Model,
    Password,
    SignedInShown,
    Token,
    session_cookies,
    sign_in_answer,
    signed_in_answer,
)
from workflow_kernel.api.routing import Answer, Cookie, Request, route
from workflow_kernel.services.identify import SESSION_COOKIE

TAG = "Sign-in"


class SignInWanted(Model):
    """Who signs in."""

    email: Email
    password: Password
    kind: Kind = "token"


class CodeGiven(Model):
    """A second factor."""

    challenge: Token
    code: Code


class RefreshWanted(Model):
    """What gives the next tokens."""

    refresh_token: Token


class LinkGiven(Model):
    """A one-time link."""

    token: Token
    kind: Kind = "session"


class LinkQuery(Model):
    """The token of a link."""

    token: Token


class Ended(Model):
    """Sessions that were ended."""

    count: int = Field(description="How many.")


@route("POST", "/auth/login", tag=TAG, public=True, errors=(401, 422, 429, 503))
async def sign_in(request: Request, body: SignInWanted) -> Answer[SignedInShown | ChallengeShown]:
    """Sign in with e-mail address and password.

    Gives tokens or sets a cookie; where the account has a second factor, gives a challenge instead.
    """
    found = await request.service.sign_in.with_password(
        request.actor, body.email, body.password, kind=body.kind, agent=agent(request)
    )
    return sign_in_answer(found)


@route("POST", "/auth/second-factor", tag=TAG, public=True, errors=(401, 422, 429, 503))
async def give_second_factor(request: Request, body: CodeGiven) -> Answer[SignedInShown]:
    """Go on signing in with a code of an authenticator app, or a recovery code."""
    return signed_in_answer(
        await request.service.sign_in.with_second_factor(request.actor, body.challenge, body.code)
    )  # fmt: skip


@route("POST", "/auth/refresh", tag=TAG, public=True, errors=(401, 422, 503))
async def refresh(request: Request, body: RefreshWanted) -> Answer[SignedInShown]:
    """Get a new access token and the next refresh token.

    A refresh token counts once. One that is sent twice was stolen: its whole session ends.
    """
    return signed_in_answer(await request.service.sign_in.refresh(request.actor, body.refresh_token))


@route("POST", "/auth/logout", tag=TAG, public=True, errors=(403, 503))
async def sign_out(request: Request) -> Answer[None]:
    """Sign out: the session of this request ends, and its tokens with it."""
    await request.service.sign_in.out(request.actor)
    return Answer(None, status=204, cookies=(Cookie(SESSION_COOKIE, None),))


@route("POST", "/auth/logout-everywhere", tag=TAG, errors=(503,))
async def sign_out_everywhere(request: Request) -> Answer[Ended]:
    """End all of one's sessions, this one too."""
    count = await request.service.sign_in.out_everywhere(request.actor)
    return Answer(Ended(count=count), cookies=(Cookie(SESSION_COOKIE, None),))


@route("POST", "/auth/link", tag=TAG, public=True, errors=(401, 422, 503))
async def use_link(request: Request, body: LinkGiven) -> Answer[SignedInShown | ChallengeShown]:
    """Sign in by a one-time link, as the service prints when it starts for the first time."""
    found = await request.service.sign_in.with_link(request.actor, body.token, kind=body.kind, agent=agent(request))
    return sign_in_answer(found)


@route("GET", "/auth/link", tag=TAG, public=True, status=303, errors=(401, 422, 503))
async def follow_link(request: Request, query: LinkQuery) -> Answer[None]:
    """Sign a browser in by a one-time link, and show it the first page.

    Programs that only look at links (HEAD) use nothing up.
    """
    if request.raw.method == "HEAD":
        return Answer(None, status=303, headers={"Location": f"{request.prefix}/"})
    found = await request.service.sign_in.with_link(request.actor, query.token, agent=agent(request))
    headers = {"Location": after_sign_in(request, "/", found), "Cache-Control": "no-store"}
    return Answer(None, status=303, headers=headers, cookies=session_cookies(found))


def agent(request: Request) -> str:
    """The program that asks."""
    return request.headers.get("User-Agent", "")[:300]


def after_sign_in(request: Request, next: str, found: object) -> str:
    """Where a browser goes that signed in: on, or to where it gives its second factor."""
    token = getattr(found, "token", "")
    return f"{request.prefix}/sign-in#challenge={token}" if token else f"{request.prefix}{next}"


ROUTES = (sign_in, give_second_factor, refresh, sign_out, sign_out_everywhere, use_link, follow_link)
