"""What is asked about an account or an API key on every request: read from Postgres, cached in Redis for a short time.

A change writes a mark in the cache's place, so that a reader who was slower than the change cannot put the old state
back. Without Redis, Postgres answers alone.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import select, update

from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import ApiKey, Role, User

CACHED = 30
"""Seconds the state of an account or key is cached."""

_CHANGED = b"changed"
_CHANGED_FOR = 5
"""Seconds nobody caches after a change: longer than a reader may be slow."""

_BY_KEY = """
local key = redis.call('GET', KEYS[1])
if not key or string.sub(key, 1, 1) ~= '{' then return {key, false} end
return {key, redis.call('GET', 'account:' .. cjson.decode(key).user)}
"""

_ROLE_FOR = 5.0
_NOTED_EVERY = 60
_MOST_NOTED = 10_000

State = TypeVar("State", bound=msgspec.Struct)


class AccountState(msgspec.Struct, frozen=True):
    """What counts of an account. ``signed_out_at``: sessions made before do not count, in seconds since 1970."""

    id: UUID
    email: str
    role: str
    is_active: bool
    signed_out_at: float = 0.0


class KeyState(msgspec.Struct, frozen=True):
    """What counts of an API key. ``expires_at`` in seconds since 1970, None for never."""

    id: UUID
    user: UUID
    scopes: tuple[str, ...]
    expires_at: float | None
    is_revoked: bool


class Identities:
    """Accounts, keys and roles, as identifying needs them.

    Parameters
    ----------
    database: the truth. client: the cache; gives bytes. built_in: permissions of the roles that stand in code.
    """

    def __init__(self, database: Database, client: Redis, built_in: Mapping[str, frozenset[str]]) -> None:
        self._built_in = built_in
        self._database = database
        self._client = client
        self._by_key = client.register_script(_BY_KEY)
        self._roles: dict[str, tuple[float, frozenset[str]]] = {}
        self._noted: dict[UUID, float] = {}

    async def account(self, id: UUID, cached: bytes | None = None) -> AccountState | None:
        """The state of an account. ``cached`` is what Redis has, where somebody has looked already."""
        key = f"account:{id}"
        found = _read(cached if cached is not None else await self._get(key), AccountState)
        if found is not None:
            return found
        async with self._database.session() as session:
            row = (
                await session.execute(
                    select(User.id, User.email, User.role, User.is_active, User.signed_out_at).where(User.id == id)
                )
            ).one_or_none()
        if row is None:
            return None
        state = AccountState(row.id, row.email, row.role, row.is_active, _seconds(row.signed_out_at) or 0.0)
        await self._put(key, state)
        return state

    async def api_key(self, hash: str) -> tuple[KeyState, bytes | None] | None:
        """The state of the API key with this hash, and what Redis has of its account."""
        key = f"api_key:{hash}"
        cached, account = await self._both(key)
        found = _read(cached, KeyState)
        if found is not None:
            return found, account
        async with self._database.session() as session:
            row = await session.scalar(select(ApiKey).where(ApiKey.hash == hash))
        if row is None:
            return None
        state = KeyState(
            row.id, row.user_id, tuple(row.scopes), _seconds(row.expires_at), row.revoked_at is not None
        )  # fmt: skip
        await self._put(key, state)
        return state, None

    async def note_use(self, key: UUID) -> None:
        """Write down that a key was used, once a minute at most."""
        if self._noted.get(key, 0.0) > time.monotonic():
            return
        if len(self._noted) >= _MOST_NOTED:
            self._noted.clear()
        self._noted[key] = time.monotonic() + _NOTED_EVERY
        with contextlib.suppress(RedisError, OSError):
            if not await self._client.set(f"api_key:{key}:used", b"1", ex=_NOTED_EVERY, nx=True):
                return
            async with self._database.session() as session:
                await session.execute(update(ApiKey).where(ApiKey.id == key).values(used_at=datetime.now(UTC)))

    async def permissions(self, role: str) -> frozenset[str]:
        """What a role may do; nothing where there is no such role (any more)."""
        if role in self._built_in:
            return self._built_in[role]
        known = self._roles.get(role)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        async with self._database.session() as session:
            found = frozenset(await session.scalar(select(Role.permissions).where(Role.name == role)) or ())
        self._roles[role] = (time.monotonic() + _ROLE_FOR, found)
        return found

    async def changed(self, *accounts: UUID) -> None:
        """Say that accounts changed, after the transaction that changed them."""
        await self._mark([f"account:{account}" for account in accounts])

    async def keys_changed(self, *hashes: str) -> None:
        """Say that API keys changed, after the transaction that changed them."""
        await self._mark([f"api_key:{hashed}" for hashed in hashes])

    def role_changed(self, role: str) -> None:
        """Say that a role changed; other processes learn of it within seconds."""
        self._roles.pop(role, None)

    async def _mark(self, keys: list[str]) -> None:
        with contextlib.suppress(RedisError, OSError):  # nobody reads the cache then; it ends by itself
            for key in keys:
                await self._client.set(key, _CHANGED, ex=_CHANGED_FOR)

    async def _get(self, key: str) -> bytes | None:
        with contextlib.suppress(RedisError, OSError):
            found: Any = await self._client.get(key)
            return bytes(found) if found is not None else None
        return None

    async def _both(self, key: str) -> tuple[bytes | None, bytes | None]:
        with contextlib.suppress(RedisError, OSError):
            found, account = await self._by_key(keys=[key])
            return found, account
        return None, None

    async def _put(self, key: str, state: msgspec.Struct) -> None:
        with contextlib.suppress(RedisError, OSError):
            await self._client.set(key, msgspec.json.encode(state), ex=CACHED, nx=True)


def _read(cached: bytes | None, kind: type[State]) -> State | None:
    return None if cached is None or cached == _CHANGED else msgspec.json.decode(cached, type=kind)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
