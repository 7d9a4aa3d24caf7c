"""Rotation of keys: data keys wrapped by the current master key, or everything encrypted anew by new data keys.

In small transactions: stopped anywhere, everything still opens, and the same call goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from workflow_kernel.auth.envelope import SealBrokenError, UnknownKeyError
from workflow_kernel.auth.sealing import Seal
from workflow_kernel.auth.vault import Vault, Wrapped
from workflow_kernel.base.errors import UnavailableError
from workflow_kernel.services import audit, credential_values
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.credential_values import TOKEN
from workflow_kernel.services.permission import needs
from workflow_kernel.storage import credentials as queries
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Credential, User

BATCH = 50
"""Credentials a transaction holds."""

_FIRST = UUID(int=0)

Some = Callable[[AsyncSession, UUID], Awaitable[Sequence[Credential]]]
"""Gives the next credentials after an id, locked."""

_log = structlog.get_logger("workflow.keys")


class Rotated(msgspec.Struct, frozen=True):
    """What a rotation did.

    Parameters
    ----------
    key_id: of the current master key. count: how many credentials, and second factors of accounts, were changed.
    failed: credentials that could not be opened and are as they were. before: see ``KeyRotation.reencrypt``.
    """

    key_id: str
    count: int
    failed: tuple[UUID, ...] = ()
    before: datetime | None = None


class KeyRotation:
    """Rotates keys.

    Parameters
    ----------
    database, vault: what is encrypted, and by what; the vault's master keys must hold the earlier ones too.
    seal: encrypts second factors of accounts.
    """

    def __init__(self, database: Database, vault: Vault, seal: Seal) -> None:
        self._database = database
        self._vault = vault
        self._seal = seal

    @needs("key.rotate")
    async def rewrap(self, actor: Actor) -> Rotated:
        """Wrap every data key by the current master key; then the earlier ones may be thrown away."""
        current = self._vault.current
        await self._audit(actor, "key.rotate", key_id=current)

        async def some(session: AsyncSession, after: UUID) -> Sequence[Credential]:
            return await queries.to_rewrap(session, current, after, BATCH)

        return await self._each(actor, some, None)

    @needs("key.rotate")
    async def reencrypt(self, actor: Actor, before: datetime | None = None) -> Rotated:
        """Encrypt every credential anew by a new data key, wrapped by the current master key.

        Parameters
        ----------
        before: leaves those alone that were encrypted since; now when not given. To go on with a rotation that was
            stopped, give the moment it began, which the audit trail tells (``key.reencrypt``).
        """
        moment = before or datetime.now(UTC)
        await self._audit(actor, "key.reencrypt", key_id=self._vault.current, before=moment.isoformat())

        async def some(session: AsyncSession, after: UUID) -> Sequence[Credential]:
            return await queries.to_reencrypt(session, moment, after, BATCH)

        return await self._each(actor, some, moment)

    async def _each(self, actor: Actor, some: Some, before: datetime | None) -> Rotated:
        done, failed, last = 0, [], _FIRST
        while True:
            async with self._database.session() as session:
                rows = await some(session, last)
                for row in rows:
                    try:
                        await (self._rewrap(row) if before is None else self._reencrypt(row))
                        done += 1
                    except (SealBrokenError, UnknownKeyError) as error:
                        _log.error("keys.credential_skipped", credential=str(row.id), reason=error.message)
                        failed.append(row.id)
            if len(rows) < BATCH:
                break
            last = rows[-1].id
        found = Rotated(self._vault.current, done + await self._accounts(), tuple(failed), before)
        await self._audit(
            actor, "key.rotated", key_id=found.key_id, count=found.count, failed=[str(one) for one in failed]
        )
        return found

    async def _rewrap(self, row: Credential) -> None:
        name = credential_values.vault_name(row.id)
        wrapped = await self._vault.rewrap(name, Wrapped(row.key_id, row.wrapped_key))
        row.key_id, row.wrapped_key = wrapped.key_id, wrapped.data
        credential_values.touch_nothing(row)

    async def _reencrypt(self, row: Credential) -> None:
        key = await credential_values.data_key(self._vault, row)
        values = credential_values.opened(key, row)
        token = None if row.token is None else key.unseal(row.token, TOKEN)
        newer, wrapped = await self._vault.make(credential_values.vault_name(row.id))
        row.key_id, row.wrapped_key = wrapped.key_id, wrapped.data
        credential_values.seal_into(newer, row, values)
        row.token = None if token is None else newer.seal(token, TOKEN)
        row.encrypted_at = datetime.now(UTC)
        credential_values.touch_nothing(row)

    async def _accounts(self) -> int:
        """Seal second factors of accounts by the current master key, each in a transaction of its own."""
        async with self._database.session() as session:
            ids = list(await session.scalars(select(User.id).where(User.totp_secret.is_not(None))))
        done = 0
        for account in ids:
            async with self._database.session() as session:
                row = await session.get(User, account, with_for_update=True)
                if row is None or row.totp_secret is None:
                    continue
                if not self._seal.is_outdated(row.totp_secret, str(account)):
                    continue
                try:
                    row.totp_secret = self._seal.close(self._seal.open(row.totp_secret, str(account)), str(account))
                    flag_modified(row, "updated_at")
                    done += 1
                except UnavailableError:
                    _log.error("keys.second_factor_skipped", account=str(account))
        return done

    async def _audit(self, actor: Actor, action: str, **details: object) -> None:
        async with self._database.session() as session:
            audit.record(session, actor, action, "key:master", **details)
