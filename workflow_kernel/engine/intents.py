"""Runs that have effects, on their way to the backend: each starts once its intent is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.record import Record
from workflow_kernel.runs.outcome import Outcome
from workflow_kernel.worker import failure
from workflow_kernel.worker.backend import Backend, Key
from workflow_kernel.worker.task import NodeTask


class Intents:
    """The intents of one execution.

    Parameters
    ----------
    record: where intents are kept. backend: where the runs go. report: told their outcomes.
    fault: told the error of an intent that could not be kept: the execution cannot go on.
    """

    def __init__(
        self,
        record: Record,
        backend: Backend,
        report: Callable[[Key, Outcome], None],
        fault: Callable[[BaseException], None],
    ) -> None:
        self._record = record
        self._backend = backend
        self._report = report
        self._fault = fault
        self._open: set[asyncio.Task[None]] = set()

    def submit(self, key: Key, run: Run, task: NodeTask) -> None:
        """Keep the intent, then start the run."""
        self._record.effect_intended(run, task.token)
        work = asyncio.create_task(self._submit(key, task), name=f"effect of {task.node.name}")
        self._open.add(work)
        work.add_done_callback(self._open.discard)

    async def close(self) -> None:
        """Start none of those that are still on their way."""
        for work in self._open:
            work.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _submit(self, key: Key, task: NodeTask) -> None:
        try:
            await self._record.flush()
        except BaseException as error:
            self._fault(error)
            raise
        if task.cancellation.is_set:
            outcome: Outcome | None = failure.cancelled(task)
        else:
            outcome = self._backend.submit(key, task, self._report)
        if outcome is not None:
            self._report(key, outcome)
