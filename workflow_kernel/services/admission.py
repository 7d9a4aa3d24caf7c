"""Lets in who has proven who they are: asks for a second factor, makes the session and its tokens.

``sign_in``, ``sign_on``, ``factors`` and ``recovery`` end here; no door calls it.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import select

from workflow_kernel.auth import tokens
from workflow_kernel.auth.tokens import Handle, Signer
from workflow_kernel.base.errors import NotSignedInError
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.people import People
from workflow_kernel.storage.identities import AccountState
from workflow_kernel.storage.sessions import Kind, Session, new_session
from workflow_kernel.storage.tables import User
from workflow_kernel.storage.tables.base import now

ENROLLING = frozenset({"account.factor"})
"""What somebody may do who must set up a second factor first."""

STRONG = frozenset({"totp", "recovery", "passkey", "mfa"})
"""Factors that make a sign-in one with two."""

CHALLENGE_FOR = 300
"""Seconds to give the second factor."""


class SignedIn(msgspec.Struct, frozen=True):
    """Somebody is signed in.

    Parameters
    ----------
    account, email, name, role: who. session: its id. kind: of the session.
    cookie: for a browser; empty where there are tokens.
    access_token, refresh_token: for programs; empty where there is a cookie.
    seconds: how long the cookie or the access token counts.
    must_enrol: whether they may do nothing but set up a second factor.
    """

    account: UUID
    email: str
    name: str
    role: str
    session: UUID
    kind: Kind
    cookie: str = ""
    access_token: str = ""
    refresh_token: str = ""
    seconds: int = 0
    must_enrol: bool = False

    def __repr__(self) -> str:
        return f"SignedIn({self.email}, {self.session})"


class Challenge(msgspec.Struct, frozen=True):
    """A second factor is needed: one of these, with the token."""

    token: str
    factors: tuple[Literal["totp", "recovery"], ...] = ("totp", "recovery")

    def __repr__(self) -> str:
        return "Challenge()"


class HalfWay(msgspec.Struct, frozen=True):
    """What is kept of a sign-in that waits for its second factor."""

    user: UUID
    kind: Kind
    agent: str
    factors: tuple[str, ...]


class Admission:
    """The last part of every way to sign in.

    Parameters
    ----------
    people: where accounts, sessions and half-done sign-ins are. signer: makes access tokens.
    """

    def __init__(self, people: People, signer: Signer) -> None:
        self._database = people.database
        self._sessions = people.sessions
        self._identities = people.identities
        self._one_time = people.one_time
        self._settings = people.settings
        self._signer = signer

    async def proven(
        self, actor: Actor, user: User, *, kind: Kind, agent: str, factors: tuple[str, ...]
    ) -> SignedIn | Challenge:
        """Somebody has shown these factors: let them in, or ask for another."""
        if user.totp_confirmed_at is not None and not STRONG & set(factors):
            waiting = HalfWay(user.id, kind, agent, factors)
            return Challenge(await self._one_time.make("factor", waiting, seconds=CHALLENGE_FOR))
        return await self.admit(actor, user, kind=kind, agent=agent, factors=factors)

    async def admit(self, actor: Actor, user: User, *, kind: Kind, agent: str, factors: tuple[str, ...]) -> SignedIn:
        """Begin a session, under an id nobody had before; one that the browser had ends.

        Raises ``NotSignedInError`` when the account was closed meanwhile.
        """
        secret = tokens.new_secret()
        begun = new_session(user.id, kind, address=actor.address, agent=agent, factors=factors)
        is_enrolling = self._settings.require_second_factor and not STRONG & set(factors)
        begun = msgspec.structs.replace(begun, is_enrolling=is_enrolling)
        async with self._database.session() as session:
            found = await session.scalar(select(User).where(User.id == user.id).with_for_update())
            if found is None or not found.is_active:
                raise tokens.unknown_token()
            found.signed_in_at, found.failed_sign_ins, found.locked_until = now(), 0, None
            who = msgspec.structs.replace(actor, id=user.id, email=user.email)
            record(
                session, who, "account.sign_in", f"account:{user.id}", factors=list(factors), session_id=str(begun.id)
            )
        if actor.session is not None and actor.id is not None and kind == "session":
            await self._sessions.revoke(actor.id, actor.session)
        await self._sessions.add(begun, tokens.digest(secret))
        state = AccountState(user.id, user.email, user.role, True)
        return await self.told(state, begun, Handle(begun.id, secret), user.name)

    async def told(self, account: AccountState, session: Session, handle: Handle, name: str = "") -> SignedIn:
        """What somebody is told about a session of theirs."""
        made = SignedIn(
            account.id, account.email, name, account.role, session.id, session.kind, must_enrol=session.is_enrolling
        )  # fmt: skip
        if session.kind == "session":
            return msgspec.structs.replace(made, cookie=str(handle), seconds=self._sessions.seconds)
        minutes = self._settings.access_minutes
        allowed = ENROLLING if session.is_enrolling else await self._identities.permissions(account.role)
        claims = tokens.claims_for(
            account.id, account.email, account.role, allowed, session=session.id, minutes=minutes
        )  # fmt: skip
        return msgspec.structs.replace(
            made, access_token=self._signer.sign(claims), refresh_token=str(handle), seconds=minutes * 60
        )

    async def half_way(self, challenge: str) -> HalfWay:
        """The sign-in that waits with this token. Raises ``NotSignedInError`` where none does."""
        found = await self._one_time.look("factor", challenge, HalfWay)
        if found is None:
            raise NotSignedInError("This sign-in has taken too long.", code="WF716", mend="Sign in again.")
        return found

    async def done(self, challenge: str) -> bool:
        """End a waiting sign-in. False when somebody else has ended it."""
        return await self._one_time.take("factor", challenge, HalfWay) is not None
