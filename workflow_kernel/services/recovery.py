"""A new password by mail, for who has forgotten theirs. The answer is the same whether an address has an account."""

from __future__ import annotations

from uuid import UUID

import msgspec

from workflow_kernel.auth import throttle
from workflow_kernel.auth.passwords import check_strength
from workflow_kernel.auth.tokens import digest
from workflow_kernel.base.errors import NotSignedInError
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.people import People, evenly
from workflow_kernel.services.permission import open_to_all
from workflow_kernel.services.sign_in import end_sessions, sign_in_subject
from workflow_kernel.storage import accounts
from workflow_kernel.storage.tables import User
from workflow_kernel.storage.tables.base import now

RESET_FOR = 3600
"""Seconds to choose a new password."""


class ResetFor(msgspec.Struct, frozen=True):
    """What is kept of a reset. ``account``: digest of address and password hash; it counts for those alone."""

    user: UUID
    account: str


class Recovery:
    """See the module.

    Parameters
    ----------
    people: where accounts are, and how they are told.
    """

    def __init__(self, people: People) -> None:
        self._people = people

    @open_to_all("who forgot a password is a stranger")
    async def forgot(self, actor: Actor, email: str) -> None:
        """Send a mail with a link to choose a new password, if the address has an account.

        Raises ``TooManyError`` for an address that is sent too many.
        """
        await self._people.throttle.attempt(f"mail:{digest(email.strip().lower())}", throttle.MAIL)
        if actor.address:
            await self._people.throttle.attempt(f"mail-from:{actor.address}", throttle.ADDRESS)
        async with evenly():
            async with self._people.database.session() as session:
                user = await accounts.by_email(session, email)
                if user is None or not user.is_active:
                    return
                record(session, actor, "account.password_forgotten", f"account:{user.id}")
            token = await self._people.one_time.make("reset", _kept(user), seconds=RESET_FOR)
            await self._people.mail.send(
                user.email, "Choose a new password", "Somebody, probably you, asked for a new password.",
                "The link counts once, for an hour.",
                link=self._people.mail.link("/reset-password", token), label="Choose a new password",
            )  # fmt: skip

    @open_to_all("the token says who it is")
    async def reset(self, actor: Actor, token: str, password: str) -> None:
        """Set a new password. All sessions end; locks are forgotten; the address is confirmed by it.

        Raises ``NotSignedInError`` when the token does not count, ``InvalidRequestError`` for a weak password: then the
        token still counts.
        """
        found = await self._people.one_time.look("reset", token, ResetFor)
        if found is None:
            raise no_reset()
        async with self._people.database.session() as session:
            user = await session.get(User, found.user)
        if user is None or not user.is_active or _kept(user) != found:
            raise no_reset()
        check_strength(password, user.email, user.name)
        hashed = await self._people.passwords.hash(password)
        if await self._people.one_time.take("reset", token, ResetFor) is None:
            raise no_reset()
        who = msgspec.structs.replace(actor, id=user.id, email=user.email)
        async with self._people.database.session() as session:
            row = await session.get_one(User, user.id, with_for_update=True)
            row.password, row.failed_sign_ins, row.locked_until = hashed, 0, None
            row.verified_at = row.verified_at or now()
            record(session, who, "account.password_reset", f"account:{user.id}")
        await self._people.throttle.forget(sign_in_subject(user.email))
        await end_sessions(self._people, who, user.id)
        await self._people.mail.send(
            user.email, "Your password was changed", "A new password was chosen for your account by a link from a mail."
        )


def no_reset() -> NotSignedInError:
    """The token does not count."""
    return NotSignedInError(
        "This link does not count (any more).", code="WF716", mend="Links count once, for an hour. Ask for another."
    )


def _kept(user: User) -> ResetFor:
    return ResetFor(user.id, digest(f"{user.email}\n{user.password}"))
