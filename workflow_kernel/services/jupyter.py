"""People of a Jupyter host: whoever is signed in to a JupyterHub or a Jupyter server is somebody here.

The host has checked who it is; the server extension calls this and passes the ``Actor`` on. No password is involved.
"""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.base.errors import InvalidRequestError, NotAllowedError
from workflow_kernel.base.ids import new_id
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.people import People, checked_email
from workflow_kernel.services.permission import needs
from workflow_kernel.storage import accounts
from workflow_kernel.storage.tables import Identity, User
from workflow_kernel.storage.tables.base import now

ISSUER = "jupyter"


class JupyterUser(msgspec.Struct, frozen=True):
    """Somebody as a Jupyter host knows them.

    Parameters
    ----------
    name: unique on the host. hub: address of the JupyterHub; empty for a server of one person.
    email: where the hub tells. title: their name. is_admin: of the hub.
    """

    name: str
    hub: str = ""
    email: str = ""
    title: str = ""
    is_admin: bool = False


class JupyterPeople:
    """See the module.

    Parameters
    ----------
    people: where accounts are.
    """

    def __init__(self, people: People) -> None:
        self._people = people
        self._known: dict[tuple[str, str], UUID] = {}

    @needs("account.create")
    async def actor(self, actor: Actor, user: JupyterUser, *, address: str = "", request: str = "") -> Actor:
        """Who a user of the host is here; an account is made the first time.

        A host of one person without a hub is that person's own: they are the administrator. ``actor`` is ``SYSTEM``.
        Raises ``NotAllowedError`` when the account was closed.
        """
        key = (f"{ISSUER}:{user.hub}", user.name)
        account = self._known.get(key)
        state = None if account is None else await self._people.identities.account(account)
        if state is None:
            self._known[key] = await self._find(actor, user, key)
            state = await self._people.identities.account(self._known[key])
        if state is None or not state.is_active:
            raise NotAllowedError("Your account here is closed.", mend="Ask an administrator.")
        allowed = await self._people.identities.permissions(state.role)
        return Actor(state.id, state.email, state.role, allowed, "jupyter", address=address, request=request)

    async def _find(self, actor: Actor, user: JupyterUser, key: tuple[str, str]) -> UUID:
        if not user.name:
            raise InvalidRequestError("A user of Jupyter has a name.", mend="Name the user.")
        try:
            async with self._people.database.session() as session:
                return await self._found(session, key) or await self._made(session, actor, user, key)
        except IntegrityError:  # the same person twice at the same time
            async with self._people.database.session() as session:
                found = await self._found(session, key)
            if found is None:
                raise
            return found

    async def _found(self, session: AsyncSession, key: tuple[str, str]) -> UUID | None:
        issuer, subject = key
        found: UUID | None = await session.scalar(
            select(Identity.user_id).where(Identity.issuer == issuer, Identity.subject == subject)
        )
        return found

    async def _made(self, session: AsyncSession, actor: Actor, user: JupyterUser, key: tuple[str, str]) -> UUID:
        row = None if user.hub else await accounts.first_admin(session)
        if row is None:
            row = await self._account(session, user)
        row.signed_in_at = now()
        issuer, subject = key
        session.add(Identity(id=new_id(), user_id=row.id, issuer=issuer, subject=subject, email=user.email))
        record(session, actor, "account.identity_added", f"account:{row.id}", issuer=issuer, identity=subject)
        await session.flush()
        return row.id

    async def _account(self, session: AsyncSession, user: JupyterUser) -> User:
        """A new account. An address that has one already stays with it: a hub does not vouch for addresses."""
        role = "admin" if user.is_admin or not user.hub else "editor"
        email = checked_email(user.email) if user.email else ""
        if not email or await accounts.by_email(session, email) is not None:
            email = f"{new_id().hex}@jupyter.localhost"
        name = (user.title or user.name)[:200]
        return await accounts.add(session, email, name=name, role=role, password=None, is_verified=True)
