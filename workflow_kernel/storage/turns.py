"""How many runs of a kind go on at once over all processes: places in Redis, each held for a while and held again.

While Redis is away, or has lost what it knew, each process counts its own alone: a limit of concurrency is a courtesy
to what nodes call, and no execution is lost for it.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

HELD = 30.0
"""Seconds a place is held unless it is held again: what a process that is gone had comes free."""

_TAKE = """
local now, most, holder, ends = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
if redis.call('zscore', KEYS[1], holder) or redis.call('zcard', KEYS[1]) < most then
    redis.call('zadd', KEYS[1], ends, holder)
    return 1
end
return 0
"""

_AWAY = (RedisConnectionError, RedisTimeoutError, OSError)

_log = structlog.get_logger("workflow.turns")


class RedisTurns:
    """See the contract.

    Parameters
    ----------
    client: of Redis.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._held: defaultdict[str, set[str]] = defaultdict(set)
        self._work: asyncio.Task[None] | None = None

    async def take(self, kind: str, most: int, holder: str) -> bool:
        """See the contract."""
        now = time.time()
        try:
            answer: Any = await cast("Any", self._client.eval(_TAKE, 1, _key(kind), now, most, holder, now + HELD))
            is_taken = bool(answer)
        except _AWAY as error:
            _log.warning("turns.unavailable", reason=str(error)[:200])
            is_taken = holder in self._held[kind] or len(self._held[kind]) < most
        if is_taken:
            self._held[kind].add(holder)
            if self._work is None:
                self._work = asyncio.create_task(self._hold_for_ever(), name="holds turns")
        return is_taken

    async def give(self, kind: str, holder: str) -> None:
        """See the contract."""
        self._held[kind].discard(holder)
        try:
            await self._client.zrem(_key(kind), holder)
        except _AWAY as error:  # it comes free by itself
            _log.warning("turns.unavailable", reason=str(error)[:200])

    async def close(self) -> None:
        """See the contract."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def _hold_for_ever(self) -> None:
        while True:
            await asyncio.sleep(HELD / 3)
            until = time.time() + HELD
            for kind, holders in self._held.items():
                if holders:
                    try:
                        await self._client.zadd(_key(kind), dict.fromkeys(holders, until))
                    except _AWAY as error:
                        _log.warning("turns.unavailable", reason=str(error)[:200])


def _key(kind: str) -> str:
    return f"workflow:turns:{kind}"
