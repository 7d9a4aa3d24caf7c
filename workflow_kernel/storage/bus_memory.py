"""Live messages within one process: for tests, and for what runs without Redis."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from workflow_kernel.contracts import LOST, LiveMessage


class MemoryBus:
    """See :class:`workflow_kernel.contracts.Bus`.

    Parameters
    ----------
    kept: messages a channel keeps. most_unread: messages a listener may lag behind.
    """

    def __init__(self, *, kept: int = 2000, most_unread: int = 5000) -> None:
        self._kept = kept
        self._most_unread = most_unread
        self._channels: dict[str, deque[LiveMessage]] = {}
        self._listeners: dict[str, set[asyncio.Queue[LiveMessage]]] = {}
        self._held: dict[str, dict[str, bytes]] = {}
        self._count = 0

    def publish(self, channel: str, data: bytes) -> None:
        """See the contract."""
        self._count += 1
        message = LiveMessage(channel, str(self._count), data)
        self._channels.setdefault(channel, deque(maxlen=self._kept)).append(message)
        for queue in self._listeners.get(channel, ()):
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                message = LiveMessage(channel, message.id, LOST)
            queue.put_nowait(message)

    async def listen(self, channel: str, after: str | None = None) -> AsyncIterator[LiveMessage]:
        """See the contract."""
        queue: asyncio.Queue[LiveMessage] = asyncio.Queue(self._most_unread)
        listeners = self._listeners.setdefault(channel, set())
        listeners.add(queue)
        try:
            if after is not None:
                kept = list(self._channels.get(channel, ()))
                if after != "0" and all(message.id != after for message in kept):
                    yield LiveMessage(channel, after, LOST)
                for message in kept:
                    if int(message.id) > int(after):
                        yield message
            while True:
                yield await queue.get()
        finally:
            listeners.discard(queue)

    def hold(self, channel: str, name: str, data: bytes) -> None:
        """See the contract."""
        if data:
            self._held.setdefault(channel, {})[name] = data
        else:
            self._held.get(channel, {}).pop(name, None)

    async def held(self, channel: str) -> dict[str, bytes]:
        """See the contract."""
        return dict(self._held.get(channel, {}))

    async def position(self, channel: str) -> str:
        """See the contract."""
        kept = self._channels.get(channel)
        return kept[-1].id if kept else "0"

    async def close(self) -> None:
        """See the contract."""
