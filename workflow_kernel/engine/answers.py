"""Answers on their way from the nodes of an execution to who started it: held back until the execution is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from workflow_kernel.sdk.answer import Answer


class Answers:
    """The answers of one execution.

    Parameters
    ----------
    send: takes them, in order. flush: makes the execution durable; calls ``is_durable`` once it is.
    """

    def __init__(self, send: Callable[[Answer], None], flush: Callable[[], Awaitable[None]]) -> None:
        self._send = send
        self._flush = flush
        self._held: list[Answer] | None = []
        self._work: asyncio.Task[None] | None = None

    def take(self, answer: Answer) -> None:
        """Send an answer: at once where the execution is durable, else as soon as it is."""
        if self._held is None:
            self._send(answer)
            return
        self._held.append(answer)
        if self._work is None:
            # It begins when the loop is free: an execution that ends right after the answer is kept in one commit.
            self._work = asyncio.create_task(self._make_durable(), name="answer")

    def is_durable(self) -> None:
        """Send what was held back; others are sent as they come."""
        held, self._held = self._held or (), None
        for answer in held:
            self._send(answer)

    async def close(self) -> None:
        """Send nothing more."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def _make_durable(self) -> None:
        if self._held is not None:
            await self._flush()
