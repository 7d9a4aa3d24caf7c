"""What is known of an execution before its runner starts: from its journal, or from an earlier execution.

A runner asks it about every run it is about to start, so that nothing durable happens twice.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from workflow_kernel.engine import journal as log
from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.schedule import Delayed, Event, FailedRun, Finished, SuspendedRun

Key = tuple[str, int]


class Past:
    """What is known of an execution.

    Parameters
    ----------
    entries: of its journal.
    reuse: node runs of an earlier execution taken as done, by node id and run index.
    """

    def __init__(self, entries: Sequence[log.Entry], reuse: Mapping[Key, log.RunDone]) -> None:
        self.began: log.ExecutionStarted | None = None
        self.ended: log.ExecutionEnded | None = None
        self._done = dict(reuse)
        self._tries: dict[Key, log.AttemptFailed] = {}
        self._waits: dict[Key, log.RunSuspended] = {}
        for entry in entries:
            if isinstance(entry, log.ExecutionStarted):
                self.began = entry
            elif isinstance(entry, log.RunDone):
                self._done[entry.node, entry.index] = entry
            elif isinstance(entry, log.AttemptFailed):
                self._tries[entry.node, entry.index] = entry
            elif isinstance(entry, log.RunSuspended):
                self._waits[entry.node, entry.index] = entry
            elif isinstance(entry, log.ExecutionEnded):
                self.ended = entry

    def recall(self, run: Run) -> Event | None:
        """What became of a run that is about to start, kept in the run as well; None when it has to be run."""
        done = self._done.pop(run.key, None)
        if done is not None:
            run.started, run.ended, run.attempt = done.started, done.ended, done.attempt
            run.state, run.error, run.outputs = done.state, done.error, done.outputs
            return Finished(run, [len(batch) for batch in done.outputs])
        tried, waits = self._tries.pop(run.key, None), self._waits.pop(run.key, None)
        if tried is not None:
            is_lost = tried.error.kind == "lost"
            run.started, run.losses, run.headway = tried.started, tried.losses, tried.headway
            if tried.retry_at is None:
                run.attempt, run.losses, run.error = tried.attempt, tried.losses - is_lost, tried.error
                return FailedRun(run, tried.error)
            run.attempt = tried.attempt + (not is_lost)
        if waits is not None:
            run.started = waits.started or time.time()
            run.outputs = waits.outputs
            return SuspendedRun(run, waits.until)
        if tried is not None and tried.retry_at is not None:
            return Delayed(run, tried.retry_at)
        return None

    def annotations(self) -> dict[str, Any]:
        """What nodes kept with the execution; to be asked before any run is recalled."""
        kept: dict[str, Any] = {}
        for done in self._done.values():
            kept.update(done.annotations or {})
        return kept
