"""Signing in with a password, a second factor, a refresh token or a one-time link; signing out.

Nobody learns from an answer whether an address has an account: unknown addresses cost the same work, are locked the
same way, and get the same words.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from workflow_kernel.auth import throttle, tokens
from workflow_kernel.base.errors import ConflictError, NotAllowedError, NotFoundError, NotSignedInError
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.admission import Admission, Challenge, SignedIn
from workflow_kernel.services.audit import record
from workflow_kernel.services.factors import Factors
from workflow_kernel.services.mail import address
from workflow_kernel.services.people import People, checked_email, own
from workflow_kernel.services.permission import needs, open_to_all
from workflow_kernel.storage import accounts
from workflow_kernel.storage.sessions import Kind
from workflow_kernel.storage.tables import User
from workflow_kernel.storage.tables.base import now
from workflow_kernel.storage.throttle import too_many

LINK_FOR = 3600
"""Seconds a one-time link counts."""

FIRST_ADMIN = "admin@localhost"


class LinkFor(msgspec.Struct, frozen=True):
    """What is kept of a one-time link. ``is_first`` ones count only while nobody ever signed in."""

    user: UUID
    is_first: bool


class SignIn:
    """Ways in and out.

    Parameters
    ----------
    people: where accounts are. admission: lets in who has proven who they are. factors: checks codes.
    """

    def __init__(self, people: People, admission: Admission, factors: Factors) -> None:
        self._people = people
        self._admission = admission
        self._factors = factors

    @open_to_all("who signs in is a stranger")
    async def with_password(
        self, actor: Actor, email: str, password: str, *, kind: Kind = "token", agent: str = ""
    ) -> SignedIn | Challenge:
        """Sign in with e-mail address and password.

        Raises ``NotSignedInError`` when they are wrong, ``TooManyError`` after too many failures.
        """
        subject = sign_in_subject(email)
        if actor.address:
            await self._people.throttle.attempt(f"address:{actor.address}", throttle.ADDRESS)
        count, wait = await self._people.throttle.attempt(subject, throttle.SIGN_IN)
        async with self._people.database.session() as session:
            user = await accounts.by_email(session, email)
        if user is not None and user.locked_until is not None and user.locked_until > now():
            raise too_many((user.locked_until - now()).total_seconds())
        is_right = await self._people.passwords.matches(password, user.password if user is not None else None)
        if user is None or not is_right or not user.is_active or user.verified_at is None:
            await self._note_failure(actor, email, user, count, wait)
            raise NotSignedInError(
                "The e-mail address or the password is wrong.", code="WF712",
                mend="Try again, ask for a new password, or confirm your address by the mail you got.",
            )  # fmt: skip
        await self._people.throttle.forget(subject)
        if actor.address:
            await self._people.throttle.take_back(f"address:{actor.address}")
        await self._renew_hash(user, password)
        return await self._admission.proven(actor, user, kind=kind, agent=agent, factors=("password",))

    @open_to_all("who signs in is a stranger")
    async def with_second_factor(self, actor: Actor, challenge: str, code: str) -> SignedIn:
        """Go on with a code of an authenticator app, or a recovery code.

        Raises ``NotSignedInError`` when it is wrong or late, ``TooManyError`` after too many failures.
        """
        waiting = await self._admission.half_way(challenge)
        factor = await self._factors.use(actor, waiting.user, code)
        if not await self._admission.done(challenge):
            raise NotSignedInError("This sign-in is over.", code="WF716", mend="Sign in again.")
        user = await self._user(waiting.user)
        return await self._admission.admit(
            actor, user, kind=waiting.kind, agent=waiting.agent, factors=(*waiting.factors, factor)
        )

    @open_to_all("a refresh token says who it is")
    async def refresh(self, actor: Actor, refresh_token: str) -> SignedIn:
        """A new access token and the next refresh token; the one sent counts no more.

        One that is sent twice was stolen by somebody: all tokens of its session end. Raises ``NotSignedInError``.
        """
        handle = tokens.read_handle(refresh_token)
        seen = None if handle is None else await self._people.sessions.look(handle.session)
        if handle is None or seen is None or seen.session.kind != "token":
            raise _not_refreshed()
        account = await self._people.identities.account(seen.session.user, seen.account)
        if account is None or not account.is_active or seen.session.created_at < account.signed_out_at:
            raise _not_refreshed()
        secret = tokens.new_secret()
        found = await self._people.sessions.rotate(seen.session, tokens.digest(handle.secret), tokens.digest(secret))
        if found == "reused":
            await self._end_stolen(actor, account.id, account.email, handle.session)
        if found != "rotated":
            raise _not_refreshed()
        return await self._admission.told(account, seen.session, tokens.Handle(handle.session, secret))

    @open_to_all("everybody may leave")
    async def out(self, actor: Actor) -> None:
        """Sign out: the session of this request ends, and its tokens with it."""
        if actor.id is None or actor.session is None:
            return
        if actor.token:
            await self._people.sessions.revoke_token(actor.token, self._people.settings.access_minutes * 60)
        if await self._people.sessions.revoke(actor.id, actor.session):
            async with self._people.database.session() as session:
                record(session, actor, "account.sign_out", f"account:{actor.id}", session_id=str(actor.session))

    @needs("account.own")
    async def out_everywhere(self, actor: Actor) -> int:
        """End all sessions of one's own, this one too. Gives how many."""
        return await end_sessions(self._people, actor, own(actor))

    @needs("account.update")
    async def one_time_link(self, actor: Actor, email: str = "") -> str:
        """An address that signs somebody in once, within the hour.

        Without ``email`` it is for the first administrator, whose account is made, as long as nobody ever signed in;
        with one, for the account of that address, by the service's own command line alone. Raises ``ConflictError``.
        """
        if email and actor.via != "system":
            raise NotAllowedError("Only the service's own command line may do this.", mend="Send an invitation.")
        async with self._people.database.session() as session:
            if email:
                user = await accounts.by_email(session, checked_email(email))
                if user is None or not user.is_active:
                    raise NotFoundError(f"There is no active account for '{email}'.", mend="List accounts.")
            elif await accounts.has_signed_in(session):
                raise ConflictError(
                    "The first link has been used.", code="WF717", mend="Sign in, or ask for a link for an account."
                )
            else:
                user = await accounts.first_admin(session) or await accounts.add(
                    session, FIRST_ADMIN, name="Administrator", role="admin", password=None, is_verified=True
                )
            record(session, actor, "account.link", f"account:{user.id}")
        token = await self._people.one_time.make("link", LinkFor(user.id, not email), seconds=LINK_FOR)
        return f"{address(self._people.settings)}/api/auth/link?token={token}"

    @open_to_all("a link says who it is for")
    async def with_link(
        self, actor: Actor, token: str, *, kind: Kind = "session", agent: str = ""
    ) -> SignedIn | Challenge:
        """Sign in by a one-time link. Raises ``NotSignedInError`` when it counts no more."""
        found = await self._people.one_time.take("link", token, LinkFor)
        user = None if found is None else await self._user(found.user)
        is_late = False
        if found is not None and found.is_first:
            async with self._people.database.session() as session:
                is_late = await accounts.has_signed_in(session)
        if user is None or is_late:
            raise NotSignedInError(
                "This link does not count (any more).", code="WF716", mend="Links count once, for an hour. Get another."
            )
        return await self._admission.proven(actor, user, kind=kind, agent=agent, factors=("link",))

    async def _user(self, id: UUID) -> User:
        async with self._people.database.session() as session:
            user = await session.get(User, id)
        if user is None or not user.is_active:
            raise tokens.unknown_token()
        return user

    async def _renew_hash(self, user: User, password: str) -> None:
        if user.password is not None and self._people.passwords.is_outdated(user.password):
            old, new = user.password, await self._people.passwords.hash(password)
            async with self._people.database.session() as session:
                row = await session.get(User, user.id, with_for_update=True)
                if row is not None and row.password == old:
                    row.password = new

    async def _note_failure(self, actor: Actor, email: str, user: User | None, count: int, wait: float) -> None:
        subject = f"account:{user.id}" if user is not None else ""
        until: datetime | None = now() + timedelta(seconds=wait) if wait else None
        async with self._people.database.session() as session:
            if user is not None and (row := await session.get(User, user.id)) is not None:
                row.failed_sign_ins, row.locked_until = count, until
            details = {"email": email[:320], "failures": count}
            record(session, actor, "account.sign_in_failed", subject, **details)
            if until is not None:
                record(session, actor, "account.locked", subject, **details, seconds=wait)

    async def _end_stolen(self, actor: Actor, id: UUID, email: str, session_id: UUID) -> None:
        await self._people.sessions.revoke(id, session_id)
        who = msgspec.structs.replace(actor, id=id, email=email)
        async with self._people.database.session() as session:
            record(session, who, "session.token_reused", f"account:{id}", session_id=str(session_id))
        raise NotSignedInError(
            "This refresh token was used before, so its session has ended.", code="WF727", mend="Sign in again."
        )


def sign_in_subject(email: str) -> str:
    """What failures of an address are counted under."""
    return f"sign-in:{tokens.digest(email.strip().lower())}"


async def end_sessions(people: People, actor: Actor, user: UUID) -> int:
    """End everything somebody is signed in with, whatever Redis remembers. Called after any check."""
    async with people.database.session() as session:
        row = await session.get(User, user)
        if row is None:
            return 0
        row.signed_out_at = now()
        record(session, actor, "account.sign_out_everywhere", f"account:{user}")
    ended = await people.sessions.revoke_all(user)
    await people.identities.changed(user)
    return ended


def _not_refreshed() -> NotSignedInError:
    return NotSignedInError("The refresh token does not count.", code="WF711", mend="Sign in again.")
