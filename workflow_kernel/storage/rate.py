"""Rates and values seen, in Redis: how often something may happen, and whether a value came before."""

from __future__ import annotations

import hashlib
import math

from redis.asyncio import Redis
from redis.exceptions import RedisError

from workflow_kernel.base.errors import UnavailableError

# The generic cell rate algorithm: one number per key says when the next call would be on time.
_RATE = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local step = tonumber(ARGV[2]) / tonumber(ARGV[1])
local due = tonumber(redis.call('GET', KEYS[1]) or now)
if due < now then due = now end
local wait = due - now - tonumber(ARGV[2]) + step
if wait > 0.000001 then return tostring(wait) end
redis.call('SET', KEYS[1], string.format('%.6f', due + step), 'PX', math.ceil((due + step - now) * 1000) + 1000)
return '0'
"""


class Rates:
    """Counts in Redis.

    Parameters
    ----------
    client: gives bytes, not text.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._script = client.register_script(_RATE)

    async def hit(self, key: str, calls: int, seconds: float) -> float:
        """Count a call where ``calls`` are allowed in ``seconds``: 0 where it is, else how long to wait.

        While Redis is away everything is allowed.
        """
        try:
            return math.ceil(float(await self._script(keys=[f"calls:{_short(key)}"], args=[calls, seconds])))
        except (RedisError, OSError):
            return 0

    async def is_new(self, value: str, seconds: float) -> bool:
        """Whether a value was not seen before; it is known for so long from now on.

        Raises ``UnavailableError`` while Redis is away: what cannot be told must not pass.
        """
        try:
            made = await self._client.set(f"seen:{_short(value)}", b"1", nx=True, px=max(1, int(seconds * 1000)))
        except (RedisError, OSError):
            raise UnavailableError("It cannot be told whether this came before.", mend="Try again soon.") from None
        return bool(made)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
