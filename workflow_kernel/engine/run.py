"""Drives one execution: does what the scheduler decides, feeds back what happened, keeps the journal.

The only place where decisions meet asyncio, clocks and backends. Quick nodes run in line, so a chain of a thousand
costs no context switch; everything else runs in the backend and reports back here. Everything of an execution happens
in the task that calls ``run``: reports only stand in line until it takes them in.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from workflow_kernel.engine import journal as log
from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.alarms import Alarms
from workflow_kernel.engine.cache import ResultCache, RunResults
from workflow_kernel.engine.fragment import Fragments
from workflow_kernel.engine.history import History
from workflow_kernel.engine.intents import Intents
from workflow_kernel.engine.past import Past
from workflow_kernel.engine.plan import Plan
from workflow_kernel.engine.record import Listener, OnAnswer, Record
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.engine.schedule import (
    Began,
    CancelAsked,
    Decision,
    End,
    Event,
    FailedRun,
    Finished,
    Resumed,
    Schedule,
    Start,
    Stop,
    Stopped,
    SuspendedRun,
    TimeCame,
    WakeAt,
)
from workflow_kernel.engine.stand_in import passed, pinned
from workflow_kernel.engine.tasks import Tasks
from workflow_kernel.runs.item import Batch
from workflow_kernel.runs.outcome import Done, Outcome, Suspended
from workflow_kernel.worker.backend import Backend, Key
from workflow_kernel.worker.environment import Environment
from workflow_kernel.worker.task import NodeTask

SLICE = 0.02
"""Seconds of in-line work after which other coroutines get their turn."""


class _Report(NamedTuple):
    """What the backend says of an attempt, by its key."""

    key: Key
    outcome: Outcome


class _Attempt(NamedTuple):
    """An attempt that runs."""

    run: Run
    task: NodeTask


class ExecutionRunner:
    """One execution in the making.

    Parameters
    ----------
    execution: its id. plan: the workflow made ready.
    environment: what nodes have at hand. backend: where they are computed. journal: what survives.
    is_manual: whether pins count, as for runs from an editor.
    reuse: node runs taken as done, by node id and run index, for partial runs.
    on_event: told of everything that happens, as it happens.
    cache: results of nodes that ask for it; none are kept when not given.
    park_after: an execution that has nothing to do for more seconds than this ends as ``suspended``; another runner
        takes it up from the journal. None keeps it here.
    on_answer: takes what nodes answer the caller with, in the loop, once the execution is durable.
    """

    def __init__(
        self,
        execution: str,
        plan: Plan,
        environment: Environment,
        *,
        backend: Backend,
        journal: log.Journal,
        is_manual: bool = False,
        reuse: Mapping[tuple[str, int], log.RunDone] | None = None,
        on_event: Listener | None = None,
        cache: ResultCache | None = None,
        depth: int = 0,
        park_after: float | None = None,
        on_answer: OnAnswer | None = None,
    ) -> None:
        self.id = execution
        self.plan = plan
        self.schedule = Schedule(plan)
        self.is_manual = is_manual
        self.depth = depth
        self._park_after = park_after
        self._history = History(execution, plan, self.schedule.order, environment, is_manual=is_manual)
        self._fragments = Fragments(plan, lambda run: self._tasks.make(run, self._history.inputs_of(run)))
        self._past = Past(journal.load(execution), reuse or {})
        self._annotations = self._past.annotations()
        self._failures: list[Run] = []
        self._results = RunResults(cache)
        self._environment = environment
        self._backend = backend
        self._record = Record(execution, journal, on_event, on_answer)
        self._tasks = Tasks(execution, plan, self._history, environment, self._record)
        self._attempts: dict[Key, _Attempt] = {}
        self._keys = 0
        self._intents = Intents(self._record, backend, self._report, self._break)
        self._suspended: dict[tuple[str, int], Run] = {}
        self._alarms = Alarms()
        self._events: deque[Event | _Report] = deque()
        self._wakeup = asyncio.Event()
        self._fault: BaseException | None = None
        self._end: End | None = None
        self._began = 0.0

    async def run(self, start: str, items: Batch | None = None) -> ExecutionResult:
        """Run from a node (by id) that gets these items, to the end.

        Nothing of it goes on afterwards, however this ends.
        """
        try:
            end = await self._drive(self._open(start, items))
            return await self._finish(end)
        finally:
            self._end = self._end or End("cancelled")
            await self._stop_everything()
            await self._record.close()
            # They know this runner: data that may be large would stay until Python looks for such circles.
            del self._intents, self._fragments

    def cancel(self) -> None:
        """Ask the execution to stop; safe from the loop's thread only."""
        self._push(CancelAsked())

    def resume(self, node: str, run_index: int, outputs: Sequence[Batch] | None = None) -> bool:
        """Let a suspended run go on, with these outputs or those it announced. False when it does not wait."""
        found = self.plan.by_name.get(node)
        run = None if found is None else self._suspended.pop((found.id, run_index), None)
        if run is None:
            return False
        if outputs is not None:
            run.outputs = tuple(outputs)
        self._push(Resumed(run, [len(batch) for batch in run.outputs]))
        return True

    def _open(self, start: str, items: Batch | None) -> str:
        """Take over what an earlier runner of this execution made durable; gives the node to start with."""
        self._began = time.time()
        began, history = self._past.began, self._history
        if began is not None:
            start, self._began, history.given = began.node, began.at, began.items
        elif items is not None:
            history.given = items
        history.start = self.plan.by_id[start]
        if began is None:
            self._record.started(start, history.given, self._began)
        timeout = self.plan.settings.timeout
        if timeout is not None:
            self._alarms.limit(self._began + timeout - time.time())
        self._record.began(self.plan.workflow.name, self._began)
        return start

    async def _drive(self, start: str) -> End:
        decisions: deque[Decision] = deque(self.schedule.handle(Began(start), time.time()))
        slice_end = time.monotonic() + SLICE
        while self._end is None:
            if decisions:
                self._do(decisions.popleft(), decisions)
                if time.monotonic() < slice_end:
                    continue
                await asyncio.sleep(0)
            elif self._past.ended is not None and not self._events:
                return End(self._past.ended.state, self._past.ended.error)
            elif not self._events:
                if self._may_park():
                    return End("suspended")
                await self._wait()
            self._look_at_the_clock()
            while self._events:
                decisions.extend(self._handle(self._events.popleft()))
            slice_end = time.monotonic() + SLICE
        return self._end

    def _may_park(self) -> bool:
        """Whether nothing happens for long: all that is open waits for a call, or for a time far away."""
        if self._park_after is None or self._attempts or not self.schedule.open:
            return False
        pause = self._alarms.pause()
        return pause is None or pause > self._park_after

    # Decisions.

    def _handle(self, event: Event | _Report) -> list[Decision]:
        if isinstance(event, _Report):
            event = self._take_in(event.key, event.outcome)
        elif isinstance(event, Resumed):
            if event.run.status != "suspended":
                return []
            self._done_with(event.run, Done(event.run.outputs, event.run.state, getattr(event.run.outcome, "logs", ())))
        attempt = event.run.attempt if isinstance(event, FailedRun) else 0
        decisions = self.schedule.handle(event, time.time())
        if isinstance(event, FailedRun):
            self._note_failure(event, attempt, decisions)
        return decisions

    def _note_failure(self, event: FailedRun, attempt: int, decisions: Sequence[Decision]) -> None:
        """Keep a failed attempt: with the time of the next one, or as the run's end."""
        run, error = event.run, event.error
        retry_at = next((found.at for found in decisions if isinstance(found, WakeAt) and found.run is run), None)
        if run.status == "failed":
            self._failures.append(run)
        self._record.attempt_failed(run, attempt, error, retry_at)

    def _do(self, decision: Decision, decisions: deque[Decision]) -> None:
        if isinstance(decision, Start):
            # What follows a quick run is done before its siblings, as in canvas order: little is open at a time.
            decisions.extendleft(reversed(self._start(decision.run)))
        elif isinstance(decision, WakeAt):
            self._alarms.add(decision.run, decision.at)
        elif isinstance(decision, Stop):
            for key, attempt in self._attempts.items():
                if attempt.run is decision.run:
                    attempt.task.cancellation.set()
                    self._backend.cancel(key)
        else:
            self._end = decision

    def _start(self, run: Run) -> list[Decision]:
        """Start an attempt; gives what is to be done about it where that is known at once."""
        if run.status == "cancelling":
            return self._handle(Stopped(run))
        known = self._past.recall(run)
        if known is not None:
            return self._recalled(run, known)
        if self._past.ended is not None:
            return []
        event = self._begin(run)
        return [] if event is None else self._handle(event)

    def _recalled(self, run: Run, event: Event) -> list[Decision]:
        """Take in what happened in an earlier process."""
        if isinstance(event, Finished):
            self._history.add(run)
        elif isinstance(event, SuspendedRun):
            self._suspended[run.key] = run
        decisions = self.schedule.handle(event, time.time())
        if run.status == "failed":
            self._failures.append(run)
        return decisions

    def _begin(self, run: Run) -> Event | None:
        batches = self._history.inputs_of(run)
        node = run.node.node
        run.started = run.started or time.time()
        if node.pin is not None and self.is_manual:
            return self._done_with(run, Done(pinned(run.node, node.pin, batches)))
        if node.disabled:
            return self._done_with(run, Done(passed(run.node, batches)))
        if run.node.is_multi and not any(batch is not None and len(batch) for batch in batches):
            return self._done_with(run, Done(()))
        cached = self._results.find(run, batches)
        if cached is not None:
            return self._done_with(run, Done(cached))
        self._record.attempt_started(run)
        task = self._tasks.make(run, batches)
        self._keys += 1
        key = (self.id, self._keys)
        self._attempts[key] = _Attempt(run, task)
        if not run.node.is_pure:
            self._intents.submit(key, run, task)
            return None
        outcome = self._fragments.take(run)
        if outcome is None:
            outcome = self._backend.submit(key, task, self._report, self._fragments.go_on(run, task))
        return None if outcome is None else self._take_in(key, outcome)

    # Outcomes.

    def _report(self, key: Key, outcome: Outcome) -> None:
        self._push(_Report(key, outcome))

    def _take_in(self, key: Key, outcome: Outcome) -> Event:
        run = self._attempts.pop(key).run
        run.outcome = outcome
        if isinstance(outcome, Done):
            return self._done_with(run, outcome)
        if isinstance(outcome, Suspended):
            return self._suspend(run, outcome)
        run.ended, run.error = time.time(), outcome.error
        run.headway = outcome.headway or run.headway
        return FailedRun(run, outcome.error, random.random())  # noqa: S311 - spreads retries, no secret

    def _done_with(self, run: Run, outcome: Done) -> Event:
        run.ended = time.time()
        if run.status == "cancelling":
            return Finished(run, ())
        run.outcome, run.error, run.state = outcome, outcome.recovered, outcome.state
        run.outputs = outcome.outputs
        if outcome.annotations:
            self._annotations.update(outcome.annotations)
        self._results.keep(run)
        self._history.add(run)
        self._record.done(run, outcome.annotations)
        return Finished(run, [len(batch) for batch in run.outputs])

    def _suspend(self, run: Run, outcome: Suspended) -> Event:
        until = outcome.until
        if run.status == "cancelling":
            return SuspendedRun(run, until)
        run.outputs = outcome.outputs
        if until is not None:
            until = time.time() + until - self._environment.clock()
        self._suspended[run.key] = run
        self._record.suspended(run, until)
        return SuspendedRun(run, until)

    # Time and the outside.

    def _push(self, event: Event | _Report) -> None:
        self._events.append(event)
        self._wakeup.set()

    async def _wait(self) -> None:
        """Wait until something was reported, a timer is due or the execution's time is up."""
        self._wakeup.clear()
        try:
            async with asyncio.timeout(self._alarms.pause()):
                await self._wakeup.wait()
        except TimeoutError:
            return
        if self._fault is not None:
            raise self._fault

    def _look_at_the_clock(self) -> None:
        """Put in line what is due by now."""
        if self._alarms.is_time_up():
            self._events.append(CancelAsked("timed_out"))
        for run in self._alarms.due():
            if self._suspended.pop(run.key, None) is not None:
                self._events.append(Resumed(run, [len(batch) for batch in run.outputs]))
            else:
                self._events.append(TimeCame(run))

    def _break(self, error: BaseException) -> None:
        """Something without which the execution cannot go on has failed."""
        self._fault = error
        self._wakeup.set()

    async def _stop_everything(self) -> None:
        """Stop what still runs, when the execution was broken off: nobody would take its outcome."""
        for key, attempt in self._attempts.items():
            attempt.task.cancellation.set()
            self._backend.cancel(key)
        await self._intents.close()
        await self._backend.ended(self._attempts)

    async def _finish(self, end: End) -> ExecutionResult:
        known = self._past.ended
        ended = time.time() if known is None else known.at
        wake_at = None
        done = [run for run in self._history.runs if run.outputs]
        last = max(done, key=lambda run: (run.place.level, run.place.label, run.sequence), default=None)
        if end.state == "suspended":
            pause = self._alarms.pause()
            wake_at = None if pause is None else ended + pause
            await self._record.flush()
        elif known is None:
            await self._record.ended(end, ended, "" if last is None else last.node.name, self._annotations)
        self._record.told(end, self._began, ended)
        runs = [*self._history.runs, *self._failures]
        return ExecutionResult(
            self.id, end.state, end.error, runs, self._began, ended, last, self._annotations, wake_at,
            self.plan.workflow, self._environment.blobs,
        )  # fmt: skip
