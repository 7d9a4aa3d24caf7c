"""Invitations: an administrator asks somebody to make an account, with a role, by a link in a mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from workflow_kernel.auth.passwords import check_strength
from workflow_kernel.auth.tokens import digest, new_secret
from workflow_kernel.base.errors import NotFoundError, NotSignedInError
from workflow_kernel.base.ids import new_id
from workflow_kernel.services.accounts import check_role
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.people import (
    Account,
    People,
    check_rank,
    checked_email,
    checked_text,
    email_taken,
    told,
)
from workflow_kernel.services.permission import needs, open_to_all
from workflow_kernel.services.registration import not_open
from workflow_kernel.storage import accounts
from workflow_kernel.storage.tables import Invitation
from workflow_kernel.storage.tables.base import now

DAYS = 7


class Invited(msgspec.Struct, frozen=True):
    """An invitation that waits. ``link`` is given once, when it is made; it is in the mail as well."""

    id: UUID
    email: str
    role: str
    expires_at: datetime
    created_at: datetime
    link: str = ""

    def __repr__(self) -> str:
        return f"Invited({self.email}, {self.role})"


class Invitations:
    """See the module.

    Parameters
    ----------
    people: where accounts and invitations are, and how people are told.
    """

    def __init__(self, people: People) -> None:
        self._people = people

    @needs("account.invite")
    async def create(self, actor: Actor, email: str, *, role: str = "editor") -> Invited:
        """Invite somebody; an earlier invitation of the same address counts no more.

        Raises ``ConflictError`` when the address has an account.
        """
        email, secret = checked_email(email), new_secret()
        row = Invitation(
            id=new_id(), email=email, role=role, hash=digest(secret), invited_by=actor.id,
            expires_at=now() + timedelta(days=DAYS), created_at=now(),
        )  # fmt: skip
        async with self._people.database.session() as session:
            await check_role(session, role)
            await check_rank(self._people, actor, role)
            if await accounts.by_email(session, email) is not None:
                raise email_taken(email)
            await session.execute(
                delete(Invitation).where(
                    func.lower(Invitation.email) == email.lower(), Invitation.accepted_at.is_(None)
                )
            )
            session.add(row)
            record(session, actor, "account.invite", f"invitation:{row.id}", email=email, role=role)
        link = self._people.mail.link("/accept-invitation", secret)
        await self._people.mail.send(
            email, "You are invited", f"{actor.email or 'Somebody'} invites you to Workflow.",
            f"The invitation counts for {DAYS} days.", link=link, label="Make an account",
        )  # fmt: skip
        return _told(row, link)

    @needs("account.invite")
    async def pending(self, actor: Actor) -> list[Invited]:
        """Invitations that wait, the newest first."""
        statement = (
            select(Invitation)
            .where(Invitation.accepted_at.is_(None), Invitation.expires_at > func.now())
            .order_by(Invitation.id.desc())
        )
        async with self._people.database.session() as session:
            return [_told(row) for row in await session.scalars(statement)]

    @needs("account.invite")
    async def revoke(self, actor: Actor, invitation: UUID) -> None:
        """Take an invitation back. Raises ``NotFoundError`` when there is none, or it was accepted."""
        async with self._people.database.session() as session:
            row = await session.get(Invitation, invitation, with_for_update=True)
            if row is None or row.accepted_at is not None:
                raise NotFoundError(f"There is no invitation '{invitation}'.", mend="List invitations.")
            await session.delete(row)
            record(session, actor, "account.uninvite", f"invitation:{invitation}", email=row.email)

    @open_to_all("the token says who it is for")
    async def accept(self, actor: Actor, token: str, password: str, *, name: str = "") -> Account:
        """Make the account one is invited to; its address is confirmed by that.

        Raises ``NotSignedInError`` when the token does not count; after an ``InvalidRequestError`` it still does.
        """
        if self._people.settings.registration == "off":
            raise not_open()
        name = checked_text(name, "name", least=0)
        waiting = select(Invitation).where(
            Invitation.hash == digest(token), Invitation.accepted_at.is_(None), Invitation.expires_at > func.now()
        )
        async with self._people.database.session() as session:
            found = await session.scalar(waiting)
        if found is None:
            raise _no_invitation()
        check_strength(password, found.email, name)
        hashed = await self._people.passwords.hash(password)
        try:
            async with self._people.database.session() as session:
                row = await session.scalar(waiting.with_for_update())
                if row is None:
                    raise _no_invitation()
                row.accepted_at = now()
                await check_role(session, row.role)
                user = await accounts.add(
                    session, row.email, name=name, role=row.role, password=hashed, is_verified=True
                )  # fmt: skip
                who = msgspec.structs.replace(actor, id=user.id, email=user.email)
                record(session, who, "account.create", f"account:{user.id}", invitation=str(row.id), role=row.role)
        except IntegrityError:
            raise email_taken(found.email) from None
        return told(user)


def _told(row: Invitation, link: str = "") -> Invited:
    return Invited(row.id, row.email, row.role, row.expires_at, row.created_at, link)


def _no_invitation() -> NotSignedInError:
    return NotSignedInError(
        "This invitation does not count (any more).", code="WF716", mend="Ask who invited you for another."
    )
