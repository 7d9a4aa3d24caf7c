"""Keeps a worker ready for each slot: starting one takes seconds, which a take-over should not. Used by the backend."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import ray

EVERY = 60.0
"""Seconds after which idle workers are given something to do, so that Ray keeps them."""

WITHIN = 10.0
"""Seconds in which workers start, else they are not waited for."""


class Warmth:
    """Workers that are ready.

    Parameters
    ----------
    give: gives each slot of the cluster a Ray task that does nothing; returns what to wait for.
    is_idle: whether nothing runs, so that workers may be taken back.
    """

    def __init__(self, give: Callable[[], list[Any]], is_idle: Callable[[], bool]) -> None:
        self._give = give
        self._is_idle = is_idle
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start workers, and return once they are, or after a while; from then on keep them.

        What is taken on before would share the processor with their start.
        """
        given = self._give()
        if given:
            ray.wait(given, num_returns=len(given), timeout=WITHIN)
        self._task = asyncio.get_running_loop().create_task(self._keep(), name="keeps workers warm")

    async def end(self) -> None:
        """Keep them no longer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            if self._is_idle():
                with contextlib.suppress(Exception):  # no machine, or the head is away
                    self._give()
