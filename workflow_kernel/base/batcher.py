"""Gathers calls made at about the same time, so that one statement serves them all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """Calls a function with many arguments at once.

    Parameters
    ----------
    handle: gives a result for each argument, in their order; an error is everybody's.
    gather: seconds a call waits for others, as long as others come; who is alone does not wait.
    most: arguments of one call.
    """

    def __init__(
        self, handle: Callable[[Sequence[T]], Awaitable[Sequence[R]]], *, gather: float = 0.001, most: int = 200
    ) -> None:
        self._handle = handle
        self._gather = gather
        self._most = most
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._work: asyncio.Task[None] | None = None
        self._is_busy = False

    async def call(self, argument: T) -> R:
        """The result for one argument."""
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((argument, done))
        if self._work is None:
            self._work = asyncio.create_task(self._drain(), name="batcher")
        return await done

    async def _drain(self) -> None:
        await asyncio.sleep(self._gather if self._is_busy else 0)
        self._is_busy = False
        while self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            self._is_busy = self._is_busy or len(batch) > 1
            try:
                results = await self._handle([argument for argument, _ in batch])
            except Exception as error:  # handed to everybody who waits
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
                continue
            for (_, done), result in zip(batch, results, strict=True):
                if not done.done():
                    done.set_result(result)
        self._work = None
