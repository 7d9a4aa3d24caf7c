"""API keys: for programs that act for somebody. A key is shown once, when it is made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from workflow_kernel.auth import api_keys
from workflow_kernel.base.errors import InvalidRequestError, NotFoundError, Problem, TooManyError
from workflow_kernel.base.ids import new_id
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.people import People, checked_text, in_person, own
from workflow_kernel.services.permission import needs
from workflow_kernel.storage.tables import ApiKey
from workflow_kernel.storage.tables.base import now

MOST = 100
"""Keys a person may have that count."""


class Key(msgspec.Struct, frozen=True):
    """What may be told about a key. ``scopes`` empty: all that its owner may do."""

    id: UUID
    account: UUID
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


class NewKey(msgspec.Struct, frozen=True):
    """A key just made: the only time its ``secret`` is shown."""

    key: Key
    secret: str

    def __repr__(self) -> str:
        return f"NewKey({self.key.prefix}...)"


class ApiKeys:
    """See the module.

    Parameters
    ----------
    people: where keys are.
    """

    def __init__(self, people: People) -> None:
        self._people = people

    @needs("account.own")
    async def create(
        self, actor: Actor, name: str, *, scopes: Iterable[str] = (), expires_at: datetime | None = None
    ) -> NewKey:
        """Make a key of one's own. Raises ``InvalidRequestError`` for unknown scopes or an end that is past."""
        account, name, wanted = in_person(actor), checked_text(name, "name", most=100), api_keys.check_scopes(scopes)
        if expires_at is not None and (expires_at.tzinfo is None or expires_at <= now()):
            message, mend = "A key must end in the future.", "Choose a later moment, with its time zone."
            problem = Problem("WF713", message, mend, field="expires_at")
            raise InvalidRequestError(message, code="WF713", mend=mend, problems=[problem])
        secret, prefix, hashed = api_keys.new_key()
        row = ApiKey(
            id=new_id(), user_id=account, name=name, prefix=prefix, hash=hashed, scopes=wanted, expires_at=expires_at
        )  # fmt: skip
        async with self._people.database.session() as session:
            count = await session.scalar(
                select(func.count()).where(ApiKey.user_id == account, ApiKey.revoked_at.is_(None))
            )
            if (count or 0) >= MOST:
                raise TooManyError(f"You have {count} API keys.", mend="Revoke some first.")
            session.add(row)
            record(session, actor, "api_key.create", f"api_key:{row.id}", name=name, prefix=prefix, scopes=wanted)
        return NewKey(_told(row), secret)

    @needs("account.own")
    async def mine(self, actor: Actor) -> list[Key]:
        """One's own keys, the newest first."""
        return await self._of(own(actor))

    @needs("account.own")
    async def revoke_mine(self, actor: Actor, key: UUID) -> None:
        """Revoke a key of one's own: it counts no more. Raises ``NotFoundError`` when there is none."""
        await self._revoke(actor, own(actor), key)

    @needs("api_key.read")
    async def of(self, actor: Actor, account: UUID) -> list[Key]:
        """Somebody's keys."""
        return await self._of(account)

    @needs("api_key.revoke")
    async def revoke(self, actor: Actor, account: UUID, key: UUID) -> None:
        """Revoke somebody's key."""
        await self._revoke(actor, account, key)

    async def _of(self, account: UUID) -> list[Key]:
        async with self._people.database.session() as session:
            rows = await session.scalars(select(ApiKey).where(ApiKey.user_id == account).order_by(ApiKey.id.desc()))
            return [_told(row) for row in rows]

    async def _revoke(self, actor: Actor, account: UUID, key: UUID) -> None:
        async with self._people.database.session() as session:
            row = await session.get(ApiKey, key, with_for_update=True)
            if row is None or row.user_id != account:
                raise NotFoundError(f"There is no API key '{key}'.", mend="List keys to see what there is.")
            if row.revoked_at is None:
                row.revoked_at = now()
                record(session, actor, "api_key.revoke", f"api_key:{key}", name=row.name, prefix=row.prefix)
        await self._people.identities.keys_changed(row.hash)


def _told(row: ApiKey) -> Key:
    return Key(
        row.id, row.user_id, row.name, row.prefix, tuple(row.scopes), row.created_at, row.expires_at, row.used_at,
        row.revoked_at,
    )  # fmt: skip
