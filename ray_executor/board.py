"""The board: an actor beside the dispatcher where it and the workers leave each other word.

The dispatcher posts runs that are to stop; every worker hears of them. Workers post progress and answers, and why they
end themselves. Small and idle most of the time; ends with the dispatcher.
"""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import ray

from ray_executor.messages import RunKey

KEPT = 20_000
"""Stops that are remembered, for workers that start later."""


class Board:
    """See the module. Methods are called over Ray."""

    def __init__(self) -> None:
        self._stops: list[RunKey] = []
        self._dropped = 0
        self._asked = asyncio.Condition()
        self._boxes: dict[str, tuple[list[tuple[Any, ...]], asyncio.Event]] = {}
        self._ends: dict[RunKey, str] = {}

    async def stop(self, keys: list[RunKey]) -> None:
        """Runs that are to stop."""
        async with self._asked:
            self._stops += keys
            if len(self._stops) > KEPT:
                self._dropped += len(self._stops) - KEPT
                del self._stops[: len(self._stops) - KEPT]
            self._asked.notify_all()

    async def stops(self, seen: int, wait: bool = True) -> tuple[int, list[RunKey]]:
        """What was asked after the first ``seen`` stops, and how many there are now."""
        async with self._asked:
            while wait and self._dropped + len(self._stops) <= seen:
                await self._asked.wait()
            return self._dropped + len(self._stops), self._stops[max(0, seen - self._dropped) :]

    async def tell(self, box: str, news: list[tuple[Any, ...]]) -> None:
        """What runs have to say to the owner of a box: ``(key, kind, ...)``."""
        if box in self._boxes:
            told, is_there = self._boxes[box]
            told += news
            is_there.set()

    async def take(self, box: str) -> list[tuple[Any, ...]]:
        """What was told since; waits for something."""
        told, is_there = self._boxes.setdefault(box, ([], asyncio.Event()))
        await is_there.wait()
        is_there.clear()
        taken, told[:] = list(told), []
        return taken

    async def leave(self, box: str) -> None:
        """Nobody takes from a box any more."""
        self._boxes.pop(box, None)

    async def ended(self, key: RunKey, reason: Literal["cancelled", "timeout"]) -> None:
        """A worker ends itself, as a run does not stop."""
        self._ends[key] = reason

    async def why_ended(self, keys: list[RunKey]) -> dict[RunKey, str]:
        """Which of these runs ended their worker, and why."""
        return {key: self._ends.pop(key) for key in keys if key in self._ends}


def open_board() -> Any:
    """A board on this machine, which must be one of the cluster's."""
    node = ray.get_runtime_context().get_node_id()
    where = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=True)
    actor: Any = ray.remote(Board)
    return actor.options(num_cpus=0, max_restarts=0, max_concurrency=10_000, scheduling_strategy=where).remote()
