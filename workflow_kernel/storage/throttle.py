"""Counts failures in Redis, and says how long somebody must wait. See ``auth.throttle`` for how the waits grow.

An attempt is counted before it is known whether it fails, so that many at the same time find no gap; success forgets.
"""

from __future__ import annotations

from typing import Protocol

from redis.asyncio import Redis

from workflow_kernel.base.errors import TooManyError
from workflow_kernel.storage.sessions import reached

_ATTEMPT = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local till = tonumber(redis.call('HGET', KEYS[1], 'till') or '0')
if till > now then return {0, tostring(till - now)} end
local count = redis.call('HINCRBY', KEYS[1], 'count', 1)
local wait = tonumber(ARGV[math.min(count, #ARGV - 1) + 1])
redis.call('HSET', KEYS[1], 'till', tostring(now + wait))
redis.call('EXPIRE', KEYS[1], ARGV[1])
return {count, tostring(wait)}
"""


_TAKE_BACK = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'till', '0')
return redis.call('HINCRBY', KEYS[1], 'count', -1)
"""


class Waits(Protocol):
    """How waits grow: see ``auth.throttle.Lockout``."""

    @property
    def forget(self) -> float: ...
    def waits(self) -> list[float]: ...


class Throttle:
    """The counters.

    Parameters
    ----------
    client: gives bytes, not text.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._script = client.register_script(_ATTEMPT)
        self._take_back = client.register_script(_TAKE_BACK)

    async def attempt(self, subject: str, lockout: Waits) -> tuple[int, float]:
        """Count an attempt; gives how many there were, and how long the next must wait if this one fails.

        Raises ``TooManyError`` while a wait goes on: such an attempt is not made and not counted.
        """
        args = [round(lockout.forget), *lockout.waits()]
        async with reached():
            count, wait = await self._script(keys=[f"throttle:{subject}"], args=args)
        if not count:
            raise too_many(float(wait))
        return int(count), float(wait)

    async def take_back(self, subject: str) -> None:
        """Count an attempt that went well no more; failures before it still count."""
        async with reached():
            await self._take_back(keys=[f"throttle:{subject}"])

    async def forget(self, subject: str) -> None:
        """Forget the failures of a subject."""
        async with reached():
            await self._client.delete(f"throttle:{subject}")


def too_many(seconds: float) -> TooManyError:
    """The answer while somebody must wait: the same for an account that is there and one that is not."""
    return TooManyError(
        "There were too many failed attempts.", code="WF714", mend=f"Try again in {max(1, round(seconds))} seconds.",
        retry_after=max(1.0, seconds),
    )  # fmt: skip
