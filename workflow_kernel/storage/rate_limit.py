"""Counts requests in Redis over a sliding minute. While Redis is away everybody may pass, and it is logged."""

from __future__ import annotations

import math
import time
from typing import Any

import msgspec
import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError

PAUSE = 5.0
"""Seconds Redis is left alone after it did not answer, so that requests do not wait for it."""

_log = structlog.get_logger("workflow.api")


class Allowance(msgspec.Struct, frozen=True):
    """What somebody may still do: ``remaining`` requests of ``limit``; after ``reset`` seconds it is more."""

    limit: int
    remaining: int
    reset: int
    is_allowed: bool


class RateLimit:
    """Requests per minute.

    Parameters
    ----------
    client: its connections are used. per_minute: requests of one caller; 0 for no limit.
    """

    def __init__(self, client: Redis, per_minute: int) -> None:
        self.per_minute = per_minute
        self._item = RateLimitItemPerMinute(max(1, per_minute))
        options: dict[str, Any] = {"connection_pool": client.connection_pool}
        storage = RedisStorage("redis://", implementation="redispy", key_prefix="rate", **options)
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._away_until = 0.0

    async def hit(self, caller: str) -> Allowance | None:
        """Count a request. None where nothing is counted."""
        if not self.per_minute or time.monotonic() < self._away_until:
            return None
        try:
            is_allowed = await self._limiter.hit(self._item, caller)
            stats = await self._limiter.get_window_stats(self._item, caller)
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + PAUSE
            _log.warning("rate_limit.unavailable", reason=str(error))
            return None
        reset = max(1, math.ceil(stats.reset_time - time.time()))
        return Allowance(self.per_minute, stats.remaining, reset, is_allowed)
