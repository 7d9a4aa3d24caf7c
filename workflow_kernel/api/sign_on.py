"""Signing in with an account elsewhere, and with a passkey, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.people_views import Kind, Model, SignedInShown, session_cookies, signed_in_answer
from workflow_kernel.api.routing import Answer, Cookie, Request, route
from workflow_kernel.api.sign_in import after_sign_in, agent
from workflow_kernel.base.errors import NotSignedInError
from workflow_kernel.services.sign_on import TAKES

TAG = "Sign-in"
COOKIE = "workflow_sign_on"
"""Binds what comes back from a provider to the browser that went there."""

PlaceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
Text = Annotated[str, Field(max_length=4096, pattern=r"^[^\x00]*$")]


class PlaceShown(Model):
    """A place to sign in."""

    name: str
    title: str


class PlacesShown(Model):
    """Places to sign in."""

    items: list[PlaceShown]


class StartQuery(Model):
    """Where to go afterwards: a path of this service."""

    next: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")] = "/"


class Back(Model):
    """What a provider sends a browser back with. Providers add more, which does not count."""

    model_config = {"extra": "ignore"}

    state: Text = ""
    code: Text = ""
    error: Text = ""


class PasskeyAnswer(Model):
    """What the browser answered."""

    credential: dict[str, Any] = Field(description="Of navigator.credentials.get, as JSON.")
    kind: Kind = "session"


class JoinedShown(Model):
    """An account elsewhere that is joined to one's own."""

    id: UUID
    issuer: str
    email: str


class AllJoined(Model):
    """Accounts elsewhere that are joined to one's own."""

    items: list[JoinedShown]


@route("GET", "/auth/sign-on", tag=TAG, public=True)
async def list_places(request: Request) -> PlacesShown:
    """List the places where one may sign in."""
    found = await request.service.sign_on.places(request.actor)
    return PlacesShown(items=[PlaceShown(**msgspec.structs.asdict(place)) for place in found])


@route("GET", "/auth/sign-on/{place}", tag=TAG, public=True, status=303, errors=(401, 404, 422, 503))
async def start_sign_on(request: Request, place: PlaceName, query: StartQuery) -> Answer[None]:
    """Send a browser to sign in there. Who is signed in here joins the account there to theirs."""
    started = await request.service.sign_on.start(request.actor, place, next=query.next)
    headers = {"Location": started.address, "Cache-Control": "no-store"}
    return Answer(None, status=303, headers=headers, cookies=(Cookie(COOKIE, started.cookie, TAKES),))


@route(
    "GET", "/auth/sign-on/{place}/callback", tag=TAG, public=True, status=303, errors=(401, 403, 404, 409, 422, 503)
)  # fmt: skip
async def finish_sign_on(request: Request, place: PlaceName, query: Back) -> Answer[None]:
    """Where a provider sends the browser back to."""
    if query.error:
        raise NotSignedInError("The provider did not let you in.", code="WF723", mend="Try again.")
    cookie = request.cookies.get(COOKIE, "")
    found = await request.service.sign_on.finish(
        request.actor, place, state=query.state, code=query.code, cookie=cookie, agent=agent(request)
    )
    headers = {"Location": after_sign_in(request, found.next, found.result), "Cache-Control": "no-store"}
    return Answer(
        None, status=303, headers=headers, cookies=(*session_cookies(found.result), Cookie(COOKIE, None))
    )  # fmt: skip


@route("GET", "/me/identities", tag=TAG)
async def list_joined(request: Request) -> AllJoined:
    """List accounts elsewhere that are joined to one's own."""
    found = await request.service.sign_on.mine(request.actor)
    return AllJoined(items=[JoinedShown(**msgspec.structs.asdict(one)) for one in found])


@route("DELETE", "/me/identities/{identity_id}", tag=TAG, errors=(404, 409))
async def part_identity(request: Request, identity_id: UUID) -> None:
    """Part an account elsewhere from one's own."""
    await request.service.sign_on.part(request.actor, identity_id)


@route("POST", "/auth/passkey", tag=TAG, public=True, errors=(503,))
async def ask_for_passkey(request: Request) -> dict[str, Any]:
    """Begin to sign in with a passkey: what navigator.credentials.get takes, as JSON."""
    asked: dict[str, Any] = await request.service.passkeys.ask(request.actor)
    return asked


@route("POST", "/auth/passkey/answer", tag=TAG, public=True, errors=(401, 422, 503))
async def use_passkey(request: Request, body: PasskeyAnswer) -> Answer[SignedInShown]:
    """Sign in with a passkey. It needs no second factor."""
    found = await request.service.passkeys.sign_in(
        request.actor, body.credential, kind=body.kind, agent=agent(request)
    )  # fmt: skip
    return signed_in_answer(found)


ROUTES = (
    list_places, start_sign_on, finish_sign_on, list_joined, part_identity, ask_for_passkey, use_passkey,
)  # fmt: skip
