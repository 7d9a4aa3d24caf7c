"""Tokens that count once, in Redis: links to sign in, to set a password, to confirm an address; half-done sign-ins.

Only the hash of a token is a key. Redis may lose them; whoever needs one asks for another.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, Literal, TypeVar

import msgspec
from redis.asyncio import Redis

from workflow_kernel.storage.sessions import reached

Purpose = Literal["link", "reset", "verify", "factor", "sign-on", "passkey", "live", "connect"]
Value = TypeVar("Value", bound=msgspec.Struct)


class OneTimeTokens:
    """The tokens.

    Parameters
    ----------
    client: gives bytes, not text.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def make(self, purpose: Purpose, value: msgspec.Struct, *, seconds: int) -> str:
        """A token that stands for a value, for so long."""
        token = secrets.token_urlsafe(32)
        async with reached():
            await self._client.set(_key(purpose, token), msgspec.json.encode(value), ex=seconds)
        return token

    async def look(self, purpose: Purpose, token: str, kind: type[Value]) -> Value | None:
        """What a token stands for; it still counts."""
        async with reached():
            found: Any = await self._client.get(_key(purpose, token))
        return None if found is None else msgspec.json.decode(found, type=kind)

    async def take(self, purpose: Purpose, token: str, kind: type[Value]) -> Value | None:
        """What a token stands for; it counts no more."""
        async with reached():
            found: Any = await self._client.getdel(_key(purpose, token))
        return None if found is None else msgspec.json.decode(found, type=kind)


def _key(purpose: Purpose, token: str) -> str:
    return f"once:{purpose}:{hashlib.sha256(token.encode()).hexdigest()}"
