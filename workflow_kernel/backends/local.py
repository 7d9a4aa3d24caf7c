"""Computes node runs in this process: quick nodes at once, waiting ones on the event loop, blocking ones in threads."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

from workflow_kernel.base import tracing
from workflow_kernel.contracts import Capacity
from workflow_kernel.runs.outcome import Failed, Outcome
from workflow_kernel.worker import call, failure
from workflow_kernel.worker.backend import GoOn, Key
from workflow_kernel.worker.task import NodeTask

PATIENCE = 5.0
"""Seconds given to runs that were asked to stop."""


class LocalBackend:
    """Runs nodes in this process.

    Parameters
    ----------
    threads: how many blocking nodes may run at once.
    """

    tenure = None

    def __init__(self, threads: int = 16) -> None:
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._tasks: dict[Key, tuple[NodeTask, asyncio.Task[Outcome]]] = {}

    def submit(
        self, key: Key, task: NodeTask, done: Callable[[Key, Outcome], None], go_on: GoOn | None = None
    ) -> Outcome | None:
        """Start a run. Quick ones are done at once and their outcome given; for others ``done`` is called later."""
        spec = task.template.node_type.spec
        if spec.where == "inline" and not spec.is_async and task.node.timeout is None:
            return _run_now(task)
        work = asyncio.create_task(self._outcome(task, go_on), name=f"node run {task.node.name}")
        self._tasks[key] = (task, work)

        def report(work: asyncio.Task[Outcome]) -> None:
            del self._tasks[key]
            done(key, _outcome_of(work, task))

        work.add_done_callback(report)
        return None

    def cancel(self, key: Key) -> None:
        """Ask a run to stop; it still reports an outcome."""
        found = self._tasks.get(key)
        if found is not None:
            task, work = found
            task.cancellation.set()
            work.cancel()

    def report(self) -> None:
        """See the contract."""

    def capacity(self) -> Capacity:
        """See the contract."""
        return Capacity(slots=self._threads, running=len(self._tasks))

    async def ended(self, keys: Iterable[Key]) -> None:
        """Return when none of these runs goes on any more; soon after each was asked to stop."""
        works = [self._tasks[key][1] for key in keys if key in self._tasks]
        if works:
            await asyncio.wait(works, timeout=PATIENCE)

    async def close(self) -> None:
        """Stop everything that runs."""
        for key in list(self._tasks):
            self.cancel(key)
        await self.ended(list(self._tasks))
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def _outcome(self, task: NodeTask, go_on: GoOn | None) -> Outcome:
        spec = task.template.node_type.spec
        work: Any
        if not spec.is_async:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="node")
            # The context takes the ids of logs and traces along.
            context = contextvars.copy_context()
            work = asyncio.get_running_loop().run_in_executor(self._pool, context.run, _run_fragment, task, go_on)
        else:
            work = _run(task)
        if task.node.timeout is None:
            outcome: Outcome = await work
            return outcome
        try:
            timed: Outcome = await asyncio.wait_for(work, task.node.timeout)
        except TimeoutError:
            task.cancellation.set()
            return failure.timed_out(task)
        return timed


def _run_fragment(task: NodeTask, go_on: GoOn | None) -> Outcome:
    """Run a task and what follows it in the same place; gives the outcome of the first."""
    first = outcome = _run_now(task)
    while go_on is not None and (following := go_on(outcome)) is not None:
        outcome = _run_now(following)
    return first


def _run_now(task: NodeTask) -> Outcome:
    if not tracing.is_on():
        return call.run_now(task)
    with _span(task):
        outcome = call.run_now(task)
        tracing.note(outcome=type(outcome).__name__)
    return outcome


async def _run(task: NodeTask) -> Outcome:
    with _span(task):
        outcome = await call.run(task)
        tracing.note(outcome=type(outcome).__name__)
    return outcome


def _span(task: NodeTask) -> AbstractContextManager[Any]:
    spec = task.template.node_type.spec
    return tracing.span("node_run", node=task.node.name, type=spec.type)


def _outcome_of(work: asyncio.Task[Outcome], task: NodeTask) -> Outcome:
    if work.cancelled():
        return failure.cancelled(task)
    error = work.exception()
    if error is None:
        return work.result()
    return Failed(failure.describe_error(error, task.node.name))
