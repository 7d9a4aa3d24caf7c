"""Computes fragments in this process: quick nodes at once, waiting ones on the event loop, blocking ones in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from workflow_kernel.contracts import Capacity
from workflow_kernel.runs.outcome import Failed, Outcome
from workflow_kernel.worker import call
from workflow_kernel.worker.task import NodeTask


class LocalBackend:
    """Runs nodes in this process.

    Parameters
    ----------
    threads: how many blocking nodes may run at once.
    """

    def __init__(self, threads: int = 16) -> None:
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._tasks: dict[int, tuple[NodeTask, asyncio.Task[None]]] = {}

    def submit(self, key: int, task: NodeTask, done: Callable[[int, Outcome], None]) -> Outcome | None:
        """Start a run. Quick ones are done at once and their outcome given; for others ``done`` is called later."""
        spec = task.template.node_type.spec
        if spec.where == "inline" and not spec.is_async:
            return call.run_now(task)
        work = asyncio.create_task(self._work(key, task, done), name=f"node run {task.node.name}")
        self._tasks[key] = (task, work)
        return None

    def cancel(self, key: int) -> None:
        """Ask a run to stop; it still reports an outcome."""
        found = self._tasks.get(key)
        if found is not None:
            task, work = found
            task.cancellation.set()
            work.cancel()

    def capacity(self) -> Capacity:
        """See the contract."""
        return Capacity(slots=self._threads, running=len(self._tasks))

    async def close(self) -> None:
        """Stop everything that runs."""
        works = [work for _, work in self._tasks.values()]
        for key in list(self._tasks):
            self.cancel(key)
        await asyncio.gather(*works, return_exceptions=True)
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def _work(self, key: int, task: NodeTask, done: Callable[[int, Outcome], None]) -> None:
        try:
            outcome = await self._outcome(task)
        except asyncio.CancelledError:
            outcome = call.cancelled(task)
        except BaseException as error:
            outcome = Failed(call.describe_error(RuntimeError(f"{type(error).__name__}: {error}"), task.node.name))
        self._tasks.pop(key, None)
        done(key, outcome)

    async def _outcome(self, task: NodeTask) -> Outcome:
        spec = task.template.node_type.spec
        work: Any
        if spec.where == "thread" and not spec.is_async:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="node")
            work = asyncio.get_running_loop().run_in_executor(self._pool, call.run_now, task)
        else:
            work = call.run(task)
        if task.node.timeout is None:
            outcome: Outcome = await work
            return outcome
        try:
            timed: Outcome = await asyncio.wait_for(work, task.node.timeout)
        except TimeoutError:
            task.cancellation.set()
            return call.timed_out(task)
        return timed
