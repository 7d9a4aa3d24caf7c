"""Live messages through Redis: a short stream per channel, so that a listener may go on where it left off.

Messages are sent in batches by one background writer; a script adds each to its channel's stream and publishes it, so
that listeners hear of it at once. When Redis is away, messages are dropped: what must survive is in Postgres.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from workflow_kernel.contracts import LOST, LiveMessage

KEPT = 2000
"""Messages a channel keeps, about."""

KEPT_FOR = 600
"""Seconds a channel keeps them after the last one."""

HELD_FOR = 7 * 86_400
"""Seconds after which what is held is forgotten, should nobody take it back."""

MOST_WAITING = 50_000
"""Messages that wait for Redis; the oldest beyond are dropped."""

MOST_UNREAD = 5000
"""Messages a slow listener may lag behind; then it is told that it lost some."""

_PUBLISH = """
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'data', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('PUBLISH', KEYS[1], id .. ' ' .. ARGV[1])
return id
"""

_log = structlog.get_logger("workflow.bus")


class RedisBus:
    """See :class:`workflow_kernel.contracts.Bus`.

    Parameters
    ----------
    client: gives bytes, not text. prefix: of the keys.
    """

    def __init__(self, client: Redis, prefix: str = "live:") -> None:
        self._client = client
        self._prefix = prefix
        self._held = f"held:{prefix}"
        self._script = client.register_script(_PUBLISH)
        self._waiting: deque[tuple[str, str, bytes]] = deque(maxlen=MOST_WAITING)
        self._wakeup = asyncio.Event()
        self._listeners: dict[str, set[asyncio.Queue[LiveMessage]]] = {}
        self._pubsub: PubSub | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._is_closing = False

    async def __aenter__(self) -> RedisBus:
        self._pubsub = self._client.pubsub(ignore_subscribe_messages=True)
        await self._pubsub.subscribe(self._prefix)  # a connection needs one subscription to be read from
        self._tasks = [
            asyncio.create_task(self._send_for_ever(), name="bus sender"),
            asyncio.create_task(self._read_for_ever(self._pubsub), name="bus reader"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def publish(self, channel: str, data: bytes) -> None:
        """See the contract."""
        self._waiting.append((self._prefix + channel, "", data))
        self._wakeup.set()

    def hold(self, channel: str, name: str, data: bytes) -> None:
        """See the contract."""
        self._waiting.append((self._held + channel, name, data))
        self._wakeup.set()

    async def held(self, channel: str) -> dict[str, bytes]:
        """See the contract. When Redis is away, nothing is held."""
        try:
            found: Any = await self._client.hgetall(self._held + channel)
        except (RedisError, OSError):
            return {}
        return {name.decode(): data for name, data in found.items()}

    async def listen(self, channel: str, after: str | None = None) -> AsyncIterator[LiveMessage]:
        """See the contract. A listener that is too slow gets :data:`LOST` and must load the state anew."""
        key = self._prefix + channel
        queue: asyncio.Queue[LiveMessage] = asyncio.Queue(MOST_UNREAD)
        listeners = self._listeners.setdefault(key, set())
        listeners.add(queue)
        try:
            if len(listeners) == 1 and self._pubsub is not None:
                await self._pubsub.subscribe(key)
            last = _number(after or "0")
            if after is not None:
                kept: Any = await self._client.xrange(key, min=after)
                if last != _START and (not kept or _number(kept[0][0].decode()) != last):
                    yield LiveMessage(channel, after, LOST)
                for found, fields in kept:
                    if _number(found.decode()) == last:
                        continue
                    last = _number(found.decode())
                    yield LiveMessage(channel, found.decode(), fields[b"data"])
            while True:
                message = await queue.get()
                if message.data == LOST or _number(message.id) > last:
                    yield message
        finally:
            listeners.discard(queue)
            if not listeners:
                self._listeners.pop(key, None)
                if self._pubsub is not None and not self._is_closing:
                    with contextlib.suppress(RedisError, OSError):
                        await self._pubsub.unsubscribe(key)

    async def position(self, channel: str) -> str:
        """See the contract."""
        found: Any = await self._client.xrevrange(self._prefix + channel, count=1)
        return found[0][0].decode() if found else "0"

    async def close(self) -> None:
        """See the contract."""
        if self._is_closing:
            return
        self._is_closing = True
        self._wakeup.set()
        if self._tasks:
            await self._tasks[0]
            self._tasks[1].cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._pubsub is not None:
            with contextlib.suppress(RedisError, OSError):
                await self._pubsub.aclose()  # type: ignore[no-untyped-call]

    async def _send_for_ever(self) -> None:
        while not (self._is_closing and not self._waiting):
            if not self._waiting:
                self._wakeup.clear()
                await self._wakeup.wait()
                continue
            pipeline = self._client.pipeline(transaction=False)
            for _ in range(min(len(self._waiting), 500)):
                key, name, data = self._waiting.popleft()
                if not name:
                    await self._script(keys=[key], args=[data, KEPT, KEPT_FOR], client=pipeline)
                elif data:
                    pipeline.hset(key, name, data).expire(key, HELD_FOR)  # type: ignore[attr-defined]
                else:
                    pipeline.hdel(key, name)
            try:
                await pipeline.execute()
            except (RedisError, OSError) as error:
                _log.warning("bus.unavailable", error=str(error))
                if self._is_closing:
                    return
                await asyncio.sleep(0.2)

    async def _read_for_ever(self, pubsub: PubSub) -> None:
        is_broken = False
        while True:
            try:
                if is_broken:
                    await pubsub.ping()
                    is_broken = False
                    for key in self._listeners:
                        self._tell_lost(key, "0")
                message = await pubsub.get_message(timeout=30.0)
            except (RedisError, OSError):
                is_broken = True
                await asyncio.sleep(0.2)
                continue
            if message is not None and message["type"] == "message":
                self._hand_out(message["channel"].decode(), message["data"])

    def _hand_out(self, key: str, data: bytes) -> None:
        number, _, content = data.partition(b" ")
        message = LiveMessage(key.removeprefix(self._prefix), number.decode(), content)
        for queue in self._listeners.get(key, ()):
            if queue.full():
                _forget(queue, message)
            else:
                queue.put_nowait(message)

    def _tell_lost(self, key: str, id: str) -> None:
        for queue in self._listeners.get(key, ()):
            _forget(queue, LiveMessage(key.removeprefix(self._prefix), id, LOST))


def _forget(queue: asyncio.Queue[LiveMessage], newest: LiveMessage) -> None:
    """Tell a listener that it lost what it has not read yet."""
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(LiveMessage(newest.channel, newest.id, LOST))


_START = (0, 0)


def _number(id: str) -> tuple[int, int]:
    time, _, sequence = id.partition("-")
    return int(time), int(sequence or 0)
