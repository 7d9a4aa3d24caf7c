"""What people, sessions and tokens look like over HTTP: models that several resource modules share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from workflow_kernel.api.routing import Answer, Cookie
from workflow_kernel.services.admission import Challenge, SignedIn
from workflow_kernel.services.identify import SESSION_COOKIE
from workflow_kernel.services.people import Account
from workflow_kernel.storage.sessions import Session

Email = Annotated[str, Field(min_length=3, max_length=320, description="An e-mail address.")]
Password = Annotated[str, Field(min_length=1, max_length=1024, description="A password.")]
Token = Annotated[str, Field(min_length=1, max_length=4096, description="A token from a link or an earlier answer.")]
Code = Annotated[str, Field(min_length=1, max_length=64, description="Of the app, or a recovery code.")]
PersonName = Annotated[str, Field(max_length=200, description="What people call them.")]
RoleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", description="Name of a role.")]
Kind = Annotated[
    Literal["token", "session"],
    Field(description="token: tokens for a program come back; session: a cookie for a browser is set."),
]


class Model(BaseModel):
    """Base of the models here."""

    model_config = ConfigDict(extra="forbid")


class AccountShown(Model):
    """An account."""

    id: UUID
    email: str
    name: str
    role: str
    is_active: bool = Field(description="Whether it can be signed in to.")
    is_verified: bool = Field(description="Whether the e-mail address is confirmed.")
    has_password: bool
    has_second_factor: bool
    preferences: dict[str, Any] = Field(description="What pages keep about what somebody likes.")
    created_at: datetime
    signed_in_at: datetime | None = Field(description="The last time.")
    locked_until: datetime | None = Field(description="Until when no password is taken, after too many failures.")


class SignedInShown(Model):
    """Somebody is signed in."""

    account: UUID
    email: str
    name: str
    role: str
    session: UUID = Field(description="Id of the session; end it to sign out.")
    must_enrol: bool = Field(description="Whether nothing is allowed but setting up a second factor.")
    access_token: str = Field("", description="Send it as Authorization: Bearer; empty where a cookie is set.")
    refresh_token: str = Field("", description="Gives the next access token, once.")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme
    expires_in: int = Field(description="Seconds the access token or the cookie counts.")


class ChallengeShown(Model):
    """A second factor is needed."""

    challenge: str = Field(description="Send it to /auth/second-factor with a code, within five minutes.")
    factors: list[Literal["totp", "recovery"]] = Field(description="What code it may be.")


class SessionShown(Model):
    """Somewhere somebody is signed in."""

    id: UUID
    kind: Literal["session", "token"]
    created_at: datetime
    used_at: datetime = Field(description="The last time, to the minute.")
    address: str = Field(description="Where it was begun.")
    agent: str = Field(description="The program or browser.")
    factors: list[str] = Field(description="What was shown to sign in.")
    is_this: bool = Field(description="Whether it is the session of this request.")


class SessionsShown(Model):
    """Sessions, the newest first."""

    items: list[SessionShown]


def account_shown(account: Account) -> AccountShown:
    """The view of an account."""
    return AccountShown(**msgspec.structs.asdict(account))


def sessions_shown(sessions: list[Session], this: UUID | None) -> SessionsShown:
    """The view of sessions; ``this`` is the one of the request."""
    return SessionsShown(
        items=[
            SessionShown(
                id=one.id, kind=one.kind, created_at=datetime.fromtimestamp(one.created_at, UTC),
                used_at=datetime.fromtimestamp(one.used_at, UTC), address=one.address, agent=one.agent,
                factors=list(one.factors), is_this=one.id == this,
            )
            for one in sessions
        ]
    )  # fmt: skip


def sign_in_answer(found: SignedIn | Challenge) -> Answer[SignedInShown | ChallengeShown]:
    """The answer to who signs in: tokens, or a cookie and no tokens, or what is still needed. Nobody may cache it."""
    if isinstance(found, Challenge):
        shown = ChallengeShown(challenge=found.token, factors=list(found.factors))
        return Answer(shown, headers={"Cache-Control": "no-store"})
    return signed_in_answer(found)  # type: ignore[return-value]


def signed_in_answer(found: SignedIn) -> Answer[SignedInShown]:
    """The answer to who is signed in."""
    view = SignedInShown(
        account=found.account, email=found.email, name=found.name, role=found.role, session=found.session,
        must_enrol=found.must_enrol, access_token=found.access_token, refresh_token=found.refresh_token,
        expires_in=found.seconds,
    )  # fmt: skip
    return Answer(view, headers={"Cache-Control": "no-store"}, cookies=session_cookies(found))


def session_cookies(found: SignedIn | Challenge) -> tuple[Cookie, ...]:
    """The cookie of a browser's session, where there is one."""
    if isinstance(found, Challenge) or not found.cookie:
        return ()
    return (Cookie(SESSION_COOKIE, found.cookie, found.seconds),)
