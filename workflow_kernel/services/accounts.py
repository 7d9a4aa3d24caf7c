"""Accounts: one's own (profile, password, address), and everybody's for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.auth import throttle
from workflow_kernel.auth.passwords import check_strength
from workflow_kernel.auth.roles import ROLES
from workflow_kernel.base.errors import ConflictError, InvalidRequestError, NotSignedInError, Problem
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.people import (
    Account,
    People,
    check_rank,
    checked_email,
    checked_text,
    email_taken,
    in_person,
    no_account,
    own,
    told,
)
from workflow_kernel.services.permission import needs
from workflow_kernel.services.sign_in import end_sessions
from workflow_kernel.storage import accounts
from workflow_kernel.storage.tables import ApiKey, Project, ProjectMember, Role, User
from workflow_kernel.storage.tables.base import now

MOST_PREFERENCES = 32_768
"""Bytes of preferences, as JSON."""


class Changes(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an administrator changes about an account; None leaves it."""

    email: str | None = None
    name: str | None = None
    role: str | None = None
    is_active: bool | None = None


class Accounts:
    """See the module.

    Parameters
    ----------
    people: where accounts are.
    """

    def __init__(self, people: People) -> None:
        self._people = people

    @needs("account.own")
    async def me(self, actor: Actor) -> Account:
        """One's own account."""
        async with self._people.database.session() as session:
            return told(await _row(session, own(actor)))

    @needs("account.own")
    async def change_me(
        self, actor: Actor, *, name: str | None = None, preferences: Mapping[str, Any] | None = None
    ) -> Account:
        """Change one's own name or preferences. Preferences are merged; None takes one away."""
        async with self._people.database.session() as session:
            user = await _row(session, own(actor), lock=True)
            if name is not None:
                user.name = checked_text(name, "name", least=0)
            if preferences is not None:
                user.preferences = _merged(user.preferences, preferences)
            return told(user)

    @needs("account.own")
    async def change_password(self, actor: Actor, old: str, new: str) -> None:
        """Change one's own password; one's other sessions end. Who has none yet leaves ``old`` empty.

        Raises ``NotSignedInError`` when the old one is wrong, ``InvalidRequestError`` when the new one is weak.
        """
        account = in_person(actor)
        await self.check_password(actor, old)
        async with self._people.database.session() as session:
            user = await _row(session, account)
        check_strength(new, user.email, user.name)
        hashed = await self._people.passwords.hash(new)
        async with self._people.database.session() as session:
            row = await _row(session, account, lock=True)
            if row.password != user.password:
                raise ConflictError("The password was changed meanwhile.", mend="Sign in with the new one.")
            row.password = hashed
            record(session, actor, "account.password_changed", f"account:{account}")
        await self._people.sessions.revoke_all(account, but=actor.session)
        await self._people.mail.send(
            user.email, "Your password was changed", "The password of your account was changed just now.",
            "If this was not you, ask for a new password at once and tell your administrator.",
        )  # fmt: skip

    @needs("account.own")
    async def check_password(self, actor: Actor, password: str) -> None:
        """Make sure that it is really them, before something that cannot be undone. Raises ``NotSignedInError``."""
        account = in_person(actor)
        subject = f"password:{account}"
        await self._people.throttle.attempt(subject, throttle.SIGN_IN)
        async with self._people.database.session() as session:
            hashed = (await _row(session, account)).password
        if hashed is not None and not await self._people.passwords.matches(password, hashed):
            async with self._people.database.session() as session:
                record(session, actor, "account.password_wrong", f"account:{account}")
            raise NotSignedInError("The password is wrong.", code="WF728", mend="Type your present password.")
        await self._people.throttle.forget(subject)

    @needs("account.read")
    async def find(
        self, actor: Actor, *, text: str = "", after: tuple[str, UUID] | None = None, limit: int = 50
    ) -> list[Account]:
        """Accounts by e-mail address, those whose address or name has a text in it."""
        statement = select(User).order_by(User.email, User.id).limit(limit)
        if text:
            statement = statement.where(
                or_(User.email.icontains(text, autoescape=True), User.name.icontains(text, autoescape=True))
            )
        if after is not None:
            statement = statement.where(tuple_(User.email, User.id) > tuple_(*after))
        async with self._people.database.session() as session:
            return [told(user) for user in await session.scalars(statement)]

    @needs("account.read")
    async def read(self, actor: Actor, account: UUID) -> Account:
        """An account."""
        async with self._people.database.session() as session:
            return told(await _row(session, account))

    @needs("account.create")
    async def create(
        self, actor: Actor, email: str, *, name: str = "", role: str = "editor", password: str | None = None
    ) -> Account:
        """Make an account. Without a password its owner asks for one by mail."""
        email, name = checked_email(email), checked_text(name, "name", least=0)
        if password is not None:
            check_strength(password, email, name)
        hashed = None if password is None else await self._people.passwords.hash(password)
        try:
            async with self._people.database.session() as session:
                await check_role(session, role)
                await check_rank(self._people, actor, role)
                user = await accounts.add(
                    session, email, name=name, role=role, password=hashed, is_verified=True
                )  # fmt: skip
                record(session, actor, "account.create", f"account:{user.id}", email=email, role=role)
        except IntegrityError:
            raise email_taken(email) from None
        return told(user)

    @needs("account.update")
    async def change(self, actor: Actor, account: UUID, changes: Changes) -> Account:
        """Change an account. The last administrator stays one; who is made inactive is signed out everywhere."""
        try:
            async with self._people.database.session() as session:
                await accounts.other_admins(
                    session, account
                )  # always first: two at a time must not wait for each other
                user = await _row(session, account, lock=True)
                was = {"email": user.email, "role": user.role, "is_active": user.is_active}
                await self._change(session, actor, user, changes)
                await session.flush()
                wanted = msgspec.to_builtins(changes)
                record(session, actor, "account.update", f"account:{account}", was=was, **wanted)
                if changes.is_active is False:
                    await _revoke_keys(session, account)
        except IntegrityError:
            raise email_taken(changes.email or "") from None
        await self._people.identities.changed(account)
        if changes.is_active is False:
            await end_sessions(self._people, actor, account)
        return told(user)

    @needs("account.delete")
    async def delete(self, actor: Actor, account: UUID) -> None:
        """Delete an account. What is in its own project stays: who deletes it becomes the project's owner."""
        async with self._people.database.session() as session:
            await accounts.other_admins(session, account)
            user = await _row(session, account, lock=True)
            await check_rank(self._people, actor, user.role)
            if user.role == "admin":
                await _check_not_last(session, account)
            if actor.id == account:
                raise ConflictError("You cannot delete your own account.", code="WF718", mend="Ask another admin.")
            await self._hand_over(session, actor, user)
            await session.delete(user)
            record(session, actor, "account.delete", f"account:{account}", email=user.email)
        await self._people.sessions.revoke_all(account)
        await self._people.identities.changed(account)

    async def _change(self, session: AsyncSession, actor: Actor, user: User, changes: Changes) -> None:
        await check_rank(self._people, actor, user.role)
        stops = changes.is_active is False or (changes.role is not None and changes.role != "admin")
        if user.role == "admin" and user.is_active and stops:
            await _check_not_last(session, user.id)
        if changes.role is not None:
            await check_role(session, changes.role)
            await check_rank(self._people, actor, changes.role)
            user.role = changes.role
        if changes.email is not None:
            user.email, user.verified_at = checked_email(changes.email), now()
        if changes.name is not None:
            user.name = checked_text(changes.name, "name", least=0)
        if changes.is_active is not None:
            user.is_active = changes.is_active

    async def _hand_over(self, session: AsyncSession, actor: Actor, user: User) -> None:
        """Projects that would have no owner get another: who deletes the account, or the first administrator."""
        heir = actor.id or await session.scalar(
            select(User.id).where(User.role == "admin", User.is_active, User.id != user.id).order_by(User.id).limit(1)
        )
        project = await session.scalar(select(Project).where(Project.owner_id == user.id).with_for_update())
        if project is not None:
            project.owner_id, project.name = None, f"Left by {user.email}"[:200]
        for orphan in await accounts.owned_alone(session, user.id):
            if heir is not None:
                await session.merge(ProjectMember(project_id=orphan, user_id=heir, role="owner"))


async def check_role(session: AsyncSession, role: str) -> None:
    """Raise ``InvalidRequestError`` unless there is such a role."""
    if role in ROLES or await session.scalar(select(Role.name).where(Role.name == role)) is not None:
        return
    message, mend = f"There is no role '{role}'.", "List roles to see what there is."
    problem = Problem("WF722", message, mend, field="role")
    raise InvalidRequestError(message, code="WF722", mend=mend, problems=[problem])


async def _row(session: AsyncSession, account: UUID, *, lock: bool = False) -> User:
    user = await session.get(User, account, with_for_update=lock or None)
    if user is None:
        raise no_account(account)
    return user


async def _check_not_last(session: AsyncSession, account: UUID) -> None:
    if not await accounts.other_admins(session, account):
        raise ConflictError(
            "This is the last administrator.", code="WF718", mend="Make somebody else an administrator first."
        )


async def _revoke_keys(session: AsyncSession, account: UUID) -> None:
    await session.execute(
        update(ApiKey).where(ApiKey.user_id == account, ApiKey.revoked_at.is_(None)).values(revoked_at=now())
    )


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    merged = {key: value for key, value in {**old, **new}.items() if value is not None}
    if len(msgspec.json.encode(merged)) > MOST_PREFERENCES:
        message = f"Preferences may have {MOST_PREFERENCES:,} bytes."
        raise InvalidRequestError(message, problems=[Problem("WF705", message, "Keep less.", field="preferences")])
    return merged
