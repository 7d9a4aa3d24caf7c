"""Sessions in Redis: who is signed in where. They end by themselves after days without use, or when revoked.

``session:{id}`` is a hash, ``account:{user}:sessions`` lists a person's, ``token:revoked:{jti}`` are access tokens that
count no more. A session holds the hash of one secret: of its cookie, or of its current refresh token.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, Literal
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from workflow_kernel.base.errors import UnavailableError
from workflow_kernel.base.ids import new_id

Kind = Literal["session", "token"]
Rotation = Literal["rotated", "reused", "unknown"]

NOTED_EVERY = 60
"""Seconds between notes of when a session was used last."""

_LOOK = """
local user = redis.call('HGET', KEYS[1], 'user')
if not user then return false end
local used = tonumber(redis.call('HGET', KEYS[1], 'used') or '0')
if tonumber(ARGV[1]) - used >= tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'used', ARGV[1])
  for _, key in ipairs({KEYS[1], KEYS[1] .. ':spent', 'account:' .. user .. ':sessions'}) do
    redis.call('EXPIRE', key, ARGV[3])
  end
end
local revoked = KEYS[2] and redis.call('EXISTS', KEYS[2]) or 0
return {redis.call('HGET', KEYS[1], 'data'), redis.call('HGET', KEYS[1], 'secret'),
        redis.call('HGET', KEYS[1], 'used'), redis.call('GET', 'account:' .. user), revoked}
"""

_ROTATE = """
local secret = redis.call('HGET', KEYS[1], 'secret')
if not secret then return 'unknown' end
if secret == ARGV[1] then
  redis.call('HSET', KEYS[1], 'secret', ARGV[2], 'used', ARGV[3])
  redis.call('SADD', KEYS[1] .. ':spent', ARGV[1])
  for _, key in ipairs({KEYS[1], KEYS[1] .. ':spent', 'account:' .. ARGV[5] .. ':sessions'}) do
    redis.call('EXPIRE', key, ARGV[4])
  end
  return 'rotated'
end
if redis.call('SISMEMBER', KEYS[1] .. ':spent', ARGV[1]) == 1 then return 'reused' end
return 'unknown'
"""


class Session(msgspec.Struct, frozen=True):
    """Somebody signed in somewhere.

    Parameters
    ----------
    id: of the session; no secret. user: whose. kind: ``session`` has a cookie, ``token`` a refresh token.
    created_at, used_at: seconds since 1970. address, agent: where it was made.
    is_enrolling: it may only set up a second factor. factors: what was shown at sign-in, e.g. ``password``, ``totp``.
    """

    id: UUID
    user: UUID
    kind: Kind
    created_at: float
    used_at: float = 0.0
    address: str = ""
    agent: str = ""
    is_enrolling: bool = False
    factors: tuple[str, ...] = ()


class Seen(msgspec.Struct, frozen=True):
    """What one look gives: the session, the hash of its secret, the account as cached, whether the token is revoked."""

    session: Session
    secret: str
    account: bytes | None
    is_revoked: bool


class SessionStore:
    """The sessions.

    Parameters
    ----------
    client: gives bytes, not text. days: until a session that nobody uses ends.
    """

    def __init__(self, client: Redis, *, days: float = 7) -> None:
        self._client = client
        self._seconds = max(1, round(days * 86_400))
        self._look = client.register_script(_LOOK)
        self._rotate = client.register_script(_ROTATE)

    @property
    def seconds(self) -> int:
        """How long a session lasts without use."""
        return self._seconds

    async def add(self, session: Session, secret: str) -> None:
        """Keep a new session. ``secret`` is a hash."""
        async with reached(), self._client.pipeline(transaction=True) as pipeline:
            fields: Any = _fields(session, secret)
            pipeline.hset(_key(session.id), mapping=fields)
            pipeline.expire(_key(session.id), self._seconds)
            pipeline.zadd(_list(session.user), {session.id.hex: session.created_at})
            pipeline.expire(_list(session.user), self._seconds)
            await pipeline.execute()

    async def look(self, id: UUID, jti: str = "") -> Seen | None:
        """A session, and what else an identity needs, in one round trip. It lasts longer for it."""
        keys = [_key(id)] + ([f"token:revoked:{jti}"] if jti else [])
        async with reached():
            found = await self._look(keys=keys, args=[round(time.time()), NOTED_EVERY, self._seconds])
        if not found:
            return None
        session = msgspec.structs.replace(msgspec.json.decode(found[0], type=Session), used_at=float(found[2]))
        return Seen(session, found[1].decode(), found[3], bool(found[4]))

    async def rotate(self, session: Session, old: str, new: str) -> Rotation:
        """Put a new secret in the old one's place. ``reused`` means that the old one had been spent before."""
        args: list[Any] = [old, new, round(time.time()), self._seconds, str(session.user)]
        async with reached():
            found: Any = await self._rotate(keys=[_key(session.id)], args=args)
        outcome: Rotation = msgspec.convert(found.decode(), Rotation)
        return outcome

    async def change(self, session: Session) -> None:
        """Keep changed fields of a session that is there."""
        async with reached():
            if await self._client.exists(_key(session.id)):
                await self._hset(session)

    async def of(self, user: UUID) -> list[Session]:
        """A person's sessions, the newest first."""
        async with reached():
            names: Any = await self._client.zrange(_list(user), 0, -1, desc=True)
            async with self._client.pipeline(transaction=False) as pipeline:
                for name in names:
                    pipeline.hmget(f"session:{UUID(name.decode())}", "data", "used")
                rows: list[Any] = await pipeline.execute()
            gone = [name for name, (data, _) in zip(names, rows, strict=True) if data is None]
            if gone:
                await self._client.zrem(_list(user), *gone)
        return [
            msgspec.structs.replace(msgspec.json.decode(data, type=Session), used_at=float(used or 0))
            for data, used in rows
            if data is not None
        ]

    async def revoke(self, user: UUID, id: UUID) -> bool:
        """End a session of a person. False where there was none."""
        async with reached():
            if not await self._client.zrem(_list(user), id.hex):
                return False
            return bool(await self._client.delete(_key(id), f"{_key(id)}:spent"))

    async def revoke_all(self, user: UUID, *, but: UUID | None = None) -> int:
        """End all sessions of a person, but one. Gives how many."""
        ended = [await self.revoke(user, session.id) for session in await self.of(user) if session.id != but]
        return sum(ended)

    async def revoke_token(self, jti: str, seconds: float) -> None:
        """Let an access token count no more, for as long as it would."""
        async with reached():
            await self._client.set(f"token:revoked:{jti}", b"1", ex=max(1, round(seconds)))

    async def _hset(self, session: Session) -> None:
        client: Any = self._client  # its types call this awaitable in some versions only
        await client.hset(_key(session.id), "data", msgspec.json.encode(session))


@contextlib.asynccontextmanager
async def reached() -> AsyncIterator[None]:
    """Say it plainly when Redis does not answer."""
    try:
        yield
    except (RedisError, OSError):
        raise UnavailableError(
            "Nobody can sign in at the moment: Redis does not answer.", mend="Try again soon."
        ) from None


def new_session(user: UUID, kind: Kind, *, address: str, agent: str, factors: tuple[str, ...]) -> Session:
    """A session that begins now, under an id nobody had before."""
    now = time.time()
    return Session(new_id(), user, kind, now, now, address, agent[:300], factors=factors)


def _key(id: UUID) -> str:
    return f"session:{id}"


def _list(user: UUID) -> str:
    return f"account:{user}:sessions"


def _fields(session: Session, secret: str) -> dict[str, bytes | str]:
    return {
        "user": str(session.user), "data": msgspec.json.encode(session), "secret": secret,
        "used": str(round(session.used_at)),
    }  # fmt: skip
