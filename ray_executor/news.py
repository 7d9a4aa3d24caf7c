"""What runs on workers say while they run: the backend's end of the board, renewed where its machine is lost."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import ray

from ray_executor.cluster import Cluster
from ray_executor.messages import Box, RunKey
from workflow_kernel.worker.task import NodeTask

AGAIN = 1.0
"""Seconds after which a board that is lost is replaced."""


class News:
    """Passes on progress and answers, and that runs are given back.

    Parameters
    ----------
    cluster: whose board it is. find: gives an open run; None for one that is over.
    part: gets the name of a bundle, the position from which on its runs will not be begun, and outcomes there are.
    """

    def __init__(
        self,
        cluster: Cluster,
        find: Callable[[RunKey], NodeTask | None],
        part: Callable[[bytes, int, bytes], None],
    ) -> None:
        self.board = cluster.board
        self.box = Box(self.board, uuid.uuid4().hex)
        """Where workers leave word."""
        self._cluster = cluster
        self._find = find
        self._part = part
        self._work: asyncio.Task[None] | None = None

    @property
    def is_heard(self) -> bool:
        """Whether somebody listens."""
        return self._work is not None

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen from now on."""
        self._work = loop.create_task(self._listen(), name="news of workers")

    async def end(self) -> None:
        """Listen no more."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
            self.board.leave.remote(self.box.name)

    async def _listen(self) -> None:
        while True:
            try:
                told = await self.board.take.remote(self.box.name)
            except ray.exceptions.RayError:  # the board's machine is gone: runs go on, unheard until they end
                await asyncio.sleep(AGAIN)
                self.board = self._cluster.renew_board(self.board)
                self.box = Box(self.board, self.box.name)
                continue
            for key, kind, *more in told:
                if kind == "parted":
                    self._part(*more)
                    continue
                task: Any = self._find(key)
                if task is None:
                    continue
                if kind == "progress" and task.on_progress is not None:
                    task.on_progress(*more)
                elif kind == "answer" and task.on_answer is not None:
                    task.on_answer(*more)
