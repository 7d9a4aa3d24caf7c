"""Making an account oneself, and confirming an e-mail address. Nobody learns whether an address has an account."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy.exc import IntegrityError

from workflow_kernel.auth import throttle
from workflow_kernel.auth.passwords import check_strength
from workflow_kernel.auth.tokens import digest
from workflow_kernel.base.errors import NotAllowedError, NotSignedInError
from workflow_kernel.services.accounts import Accounts
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.people import People, checked_email, checked_text, email_taken, evenly, in_person
from workflow_kernel.services.permission import needs, open_to_all
from workflow_kernel.storage import accounts
from workflow_kernel.storage.tables import User
from workflow_kernel.storage.tables.base import now

CONFIRM_FOR = 86_400
"""Seconds to confirm an address."""

ROLE = "editor"
"""Of who registers."""


class ConfirmFor(msgspec.Struct, frozen=True):
    """What is kept of an address to confirm. ``password``: digest of the hash at that time; another ends it."""

    user: UUID
    email: str
    password: str


class Registration:
    """See the module.

    Parameters
    ----------
    people: where accounts are, and how they are told. own: checks passwords of accounts.
    """

    def __init__(self, people: People, own: Accounts) -> None:
        self._people = people
        self._own = own

    @open_to_all("who registers is a stranger")
    async def register(self, actor: Actor, email: str, password: str, *, name: str = "") -> None:
        """Make an account, where everybody may. It counts once its address is confirmed by the mail that is sent.

        An address that has an account gets a mail that says so. Raises ``NotAllowedError`` where it is not open.
        """
        if self._people.settings.registration != "open":
            raise not_open()
        email, name = checked_email(email), checked_text(name, "name", least=0)
        check_strength(password, email, name)
        await self._people.throttle.attempt(f"mail:{digest(email.lower())}", throttle.MAIL)
        if actor.address:
            await self._people.throttle.attempt(f"mail-from:{actor.address}", throttle.ADDRESS)
        hashed = await self._people.passwords.hash(password)
        async with evenly():
            user = await self._registered(actor, email, hashed, name)
            if user is not None:
                await self._send(user, email)
                return
            await self._people.mail.send(
                email, "You have an account already", "Somebody, probably you, wanted to register with this address.",
                "There is an account already. If you forgot its password, ask for a new one where you sign in.",
            )  # fmt: skip

    @open_to_all("the token says who it is")
    async def confirm(self, actor: Actor, token: str) -> None:
        """Confirm an address by the token from a mail. Raises ``NotSignedInError`` when it does not count."""
        found = await self._people.one_time.take("verify", token, ConfirmFor)
        if found is None:
            raise _no_token()
        try:
            async with self._people.database.session() as session:
                user = await session.get(User, found.user, with_for_update=True)
                if user is None or digest(user.password or "") != found.password:
                    raise _no_token()
                who = msgspec.structs.replace(actor, id=user.id, email=user.email)
                record(session, who, "account.email_confirmed", f"account:{user.id}", old=user.email, email=found.email)
                user.email, user.verified_at = found.email, now()
        except IntegrityError:
            raise email_taken(found.email) from None
        await self._people.identities.changed(found.user)

    @needs("account.own")
    async def change_email(self, actor: Actor, email: str, *, password: str) -> None:
        """Ask for another address: it counts once it is confirmed by the mail sent to it. The old one is told.

        Raises ``NotSignedInError`` when the present password is wrong.
        """
        account, email = in_person(actor), checked_email(email)
        await self._own.check_password(actor, password)
        await self._people.throttle.attempt(f"mail:{digest(email.lower())}", throttle.MAIL)
        async with evenly():
            async with self._people.database.session() as session:
                user = await session.get_one(User, account)
                is_taken = await accounts.by_email(session, email) not in (None, user)
            if not is_taken:
                await self._send(user, email)
            await self._people.mail.send(
                user.email, "Your address is to be changed", f"Your account is to get the address {email}.",
                "If this was not you, change your password at once.",
            )  # fmt: skip

    async def _registered(self, actor: Actor, email: str, hashed: str, name: str) -> User | None:
        """The account; None where the address has one. One never confirmed is begun anew: nobody owns it yet."""
        try:
            async with self._people.database.session() as session:
                user = await accounts.by_email(session, email)
                if user is not None and (user.verified_at is not None or not user.is_active):
                    return None
                if user is not None:
                    user.password, user.name = hashed, name
                else:
                    user = await accounts.add(
                        session, email, name=name, role=ROLE, password=hashed, is_verified=False
                    )  # fmt: skip
                    record(session, actor, "account.register", f"account:{user.id}", email=email)
        except IntegrityError:  # two at the same time
            return None
        return user

    async def _send(self, user: User, email: str) -> None:
        waiting = ConfirmFor(user.id, email, digest(user.password or ""))
        token = await self._people.one_time.make("verify", waiting, seconds=CONFIRM_FOR)
        await self._people.mail.send(
            email, "Confirm your address", "This address was given for an account.",
            "If it was you, confirm it within a day. If not, do nothing.",
            link=self._people.mail.link("/api/auth/verify", token), label="Confirm the address",
        )  # fmt: skip


def not_open() -> NotAllowedError:
    """Accounts are not made this way here."""
    return NotAllowedError(
        "Nobody can register here.", code="WF721", mend="Ask an administrator for an invitation or an account."
    )


def _no_token() -> NotSignedInError:
    return NotSignedInError(
        "This link does not count (any more).", code="WF716", mend="Register again, or ask for the change again."
    )
