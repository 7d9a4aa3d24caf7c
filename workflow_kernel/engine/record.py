"""What is kept and told of an execution while it runs: entries for its journal, events for whoever listens.

The runner says what happened; nothing is decided here.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

from workflow_kernel import wire
from workflow_kernel.engine import journal as log
from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.answers import Answers
from workflow_kernel.engine.schedule import End
from workflow_kernel.runs.item import Batch
from workflow_kernel.runs.outcome import ErrorInfo
from workflow_kernel.sdk.answer import Answer

Listener = Callable[[wire.LiveEvent], None]
OnAnswer = Callable[[Answer], None]


class Record:
    """The journal and the listener of one execution; made in the event loop it runs in.

    Parameters
    ----------
    execution: its id. journal: what survives. listener: told of everything that happens, always from the loop.
    on_answer: takes what answers the caller, always from the loop.
    """

    def __init__(
        self, execution: str, journal: log.Journal, listener: Listener | None, on_answer: OnAnswer | None = None
    ) -> None:
        self._id = execution
        self._journal = journal
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._answers = None if on_answer is None else Answers(on_answer, self.flush)

    async def flush(self) -> None:
        """Return when everything kept so far is durable."""
        await self._journal.flush(self._id)
        if self._answers is not None:
            self._answers.is_durable()

    async def close(self) -> None:
        """Nothing more is told."""
        if self._answers is not None:
            await self._answers.close()

    @property
    def on_answer(self) -> OnAnswer | None:
        """What a node answers the caller by, from any thread; None when nobody waits."""
        return None if self._answers is None else self._answer

    def started(self, node: str, items: Batch, at: float) -> None:
        """The execution starts for the first time."""
        self._journal.append(self._id, log.ExecutionStarted(node, items, at))

    def began(self, workflow: str, at: float) -> None:
        """A runner takes the execution on."""
        self._tell(wire.ExecutionBegan(self._id, at, workflow))

    def attempt_started(self, run: Run) -> None:
        """An attempt starts."""
        if self._listener is not None:
            self._tell(wire.NodeRunStarted(self._id, time.time(), run.node.name, run.index, run.attempt))

    def effect_intended(self, run: Run, token: str) -> None:
        """An attempt that has effects is about to start."""
        self._journal.append(self._id, log.EffectIntended(run.node.id, run.index, run.attempt, token, time.time()))

    def attempt_failed(self, run: Run, attempt: int, error: ErrorInfo, retry_at: float | None) -> None:
        """An attempt failed: with the time of the next one, or as the run's end."""
        node = run.node
        if run.status != "cancelled":
            entry = log.AttemptFailed(
                node.id, run.index, attempt, run.losses, error, retry_at, run.started, run.headway,
                tuple(getattr(run.outcome, "logs", ())), time.time(),
            )  # fmt: skip
            self._journal.append(self._id, entry)
        if self._listener is not None:
            self._tell(wire.NodeRunFailed(self._id, time.time(), node.name, run.index, attempt, error, retry_at))

    def suspended(self, run: Run, until: float | None) -> None:
        """A run waits without holding a slot."""
        page = getattr(run.outcome, "page", None)
        self._journal.append(self._id, log.RunSuspended(run.node.id, run.index, until, run.outputs, run.started, page))
        self._tell(wire.NodeRunWaits(self._id, time.time(), run.node.name, run.index, until))

    def done(self, run: Run, annotations: dict[str, Any] | None) -> None:
        """A run gave its outputs."""
        node, seconds = run.node, run.ended - run.started
        entry = log.RunDone(
            node.id, run.index, run.outputs, run.state, run.error, run.started, run.ended, run.attempt, annotations,
            tuple(getattr(run.outcome, "logs", ())),
        )  # fmt: skip
        self._journal.append(self._id, entry)
        if self._listener is not None:
            items = {name: len(batch) for name, batch in zip(node.output_names, run.outputs, strict=False)}
            self._tell(wire.NodeRunEnded(self._id, run.ended, node.name, run.index, seconds, items, run.error))

    async def ended(self, end: End, at: float, last_node: str, annotations: dict[str, Any]) -> None:
        """The execution is over, which is durable on return."""
        self._journal.append(self._id, log.ExecutionEnded(end.state, end.error, at, last_node, annotations or None))
        await self.flush()

    def told(self, end: End, began: float, at: float) -> None:
        """A runner gives the execution's end."""
        self._tell(wire.ExecutionOver(self._id, at, end.state, at - began, end.error))

    def wait_of(self, run: Run) -> Callable[[str], None] | None:
        """What a backend tells by why a run waits for a place; None when nobody listens."""
        if self._listener is None:
            return None

        def tell(reason: str) -> None:
            name, now = run.node.name, time.time()
            if reason:
                self._tell(wire.NodeRunWaits(self._id, now, name, run.index, None, reason))
            else:
                self._tell(wire.NodeRunStarted(self._id, now, name, run.index, run.attempt))

        return tell

    def progress_of(self, run: Run) -> Callable[[float, str], None] | None:
        """What a node tells its progress by, from any thread; None when nobody listens."""
        if self._listener is None:
            return None

        def tell(fraction: float, message: str) -> None:
            event = wire.NodeProgress(self._id, time.time(), run.node.name, run.index, fraction, message)
            if threading.get_ident() == self._thread:
                self._tell(event)
            else:
                self._loop.call_soon_threadsafe(self._tell, event)

        return tell

    def _answer(self, answer: Answer) -> None:
        assert self._answers is not None
        if threading.get_ident() == self._thread:
            self._answers.take(answer)
        else:
            self._loop.call_soon_threadsafe(self._answers.take, answer)

    def _tell(self, event: wire.LiveEvent) -> None:
        if self._listener is not None:
            self._listener(event)
