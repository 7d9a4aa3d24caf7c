"""Drives one execution: does what the scheduler decides, feeds back what happened, keeps the journal.

The only place where decisions meet asyncio, clocks and backends. Quick nodes run in line, so a chain of a thousand
costs no context switch; everything else runs in the backend and reports back here.
"""

from __future__ import annotations

import asyncio
import bisect
import heapq
import random
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workflow_kernel import wire
from workflow_kernel.backends.local import LocalBackend
from workflow_kernel.engine import journal as log
from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.cache import ResultCache, cache_key
from workflow_kernel.engine.plan import Plan, PlanNode
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
    SuspendedRun,
    TimeCame,
    WakeAt,
)
from workflow_kernel.engine.scope import RunScope
from workflow_kernel.expressions.scope import Facts
from workflow_kernel.runs.item import EMPTY, Batch, Item, Items, as_items
from workflow_kernel.runs.lineage import NONE, Lineage
from workflow_kernel.runs.outcome import Done, Failed, Outcome, Suspended
from workflow_kernel.worker import call
from workflow_kernel.worker.environment import Environment
from workflow_kernel.worker.task import NodeTask

SLICE = 0.02
"""Seconds of in-line work after which other coroutines get their turn."""

_ONE_EMPTY_ITEM = Items([Item({})], NONE)


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
    """

    def __init__(
        self,
        execution: str,
        plan: Plan,
        environment: Environment,
        *,
        backend: LocalBackend,
        journal: log.Journal,
        is_manual: bool = False,
        reuse: Mapping[tuple[str, int], log.RunDone] | None = None,
        on_event: Callable[[wire.LiveEvent], None] | None = None,
        cache: ResultCache | None = None,
        depth: int = 0,
    ) -> None:
        self.id = execution
        self.plan = plan
        self.schedule = Schedule(plan)
        self.is_manual = is_manual
        self.depth = depth
        self.runs: list[Run] = []
        self.annotations: dict[str, Any] = {}
        self._failures: list[Run] = []
        self._effects: set[asyncio.Task[None]] = set()
        self._cache = cache
        self._cache_keys: dict[Run, str] = {}
        self._environment = environment
        self._backend = backend
        self._journal = journal
        self._on_event = on_event
        self._done: dict[tuple[str, int], log.RunDone] = dict(reuse or {})
        self._tries: dict[tuple[str, int], log.AttemptFailed] = {}
        self._waits: dict[tuple[str, int], log.RunSuspended] = {}
        self._by_name: dict[str, list[Run]] = {}
        self._running: dict[int, Run] = {}
        self._tasks: dict[int, NodeTask] = {}
        self._timers: list[tuple[float, int, Run]] = []
        self._events: deque[Event] = deque()
        self._wakeup = asyncio.Event()
        self._keys = 0
        self._end: End | None = None
        self._start: PlanNode | None = None
        self._given: Batch = EMPTY
        self._began = 0.0
        self._language = plan.settings.language
        self._timezone = plan.settings.timezone

    async def run(self, start: str, items: Batch | None = None) -> ExecutionResult:
        """Run from a node (by id) that gets these items, to the end."""
        self._began = time.time()
        self._start = self.plan.by_id[start]
        self._given = _ONE_EMPTY_ITEM if items is None else items
        self._restore(start)
        self._tell(wire.ExecutionBegan(self.id, self._began, self.plan.workflow.name))
        decisions: deque[Decision] = deque(self.schedule.handle(Began(start), self._began))
        timeout = self.plan.settings.timeout
        deadline = None if timeout is None else time.monotonic() + timeout
        slice_end = time.monotonic() + SLICE
        while self._end is None:
            if decisions:
                self._do(decisions.popleft(), decisions)
                if time.monotonic() > slice_end:
                    await asyncio.sleep(0)
                    slice_end = time.monotonic() + SLICE
                continue
            if not self._events:
                await self._wait(deadline)
                slice_end = time.monotonic() + SLICE
            if deadline is not None and time.monotonic() >= deadline:
                deadline = None
                self._events.append(CancelAsked("timed_out"))
            while self._events:
                decisions.extend(self._handle(self._events.popleft()))
        return await self._finish(self._end)

    def cancel(self) -> None:
        """Ask the execution to stop; safe from the loop's thread only."""
        self._push(CancelAsked())

    def resume(self, node: str, run_index: int, outputs: Sequence[Batch] | None = None) -> bool:
        """Let a suspended run go on, with these outputs or those it announced. False when it does not wait."""
        key = (self.plan.by_name[node].id, run_index)
        run = self.schedule.open.get(key)
        if run is None or run.status != "suspended":
            return False
        if outputs is not None:
            run.outputs = tuple(outputs)
        self._push(Resumed(run, [len(batch) for batch in run.outputs]))
        return True

    # What scopes ask for.

    def runs_of(self, name: str) -> Sequence[Run]:
        """The finished runs of a node, by run index."""
        return self._by_name.get(name, ())

    def state_of(self, name: str) -> Mapping[str, Any]:
        """What a node's last run kept."""
        runs = self._by_name.get(name)
        return (runs[-1].state or {}) if runs else {}

    def output_towards(self, name: str, node: PlanNode) -> int:
        """Position of the output of node ``name`` from which a path leads to ``node``; 0 when none does."""
        seen = {node.index}
        line = [node]
        while line:
            current = line.pop(0)
            for _, parent, output in current.parents:
                found = self.plan.nodes[parent]
                if found.name == name:
                    return output
                if parent not in seen:
                    seen.add(parent)
                    line.append(found)
        return 0

    def facts_for(self, run: Run) -> Facts:
        """What is the same for all items of a run."""
        source = next((found for found in run.inputs if found is not None), None)
        workflow = self.plan.workflow
        return Facts(
            node=run.node.name,
            parameters=run.node.node.parameters,
            run_index=run.index,
            previous=None if source is None else (source[0].node.name, source[1], source[0].index),
            execution={"id": self.id, "mode": "test" if self.is_manual else "production"},
            workflow={"id": workflow.id, "name": workflow.name, "active": not self.is_manual},
            timezone=self._timezone,
            now=self._environment.clock(),
            variables=self._environment.variables,
            environment=self._environment.variables_of_process,
        )

    # Decisions.

    def _handle(self, event: Event) -> list[Decision]:
        decisions = self.schedule.handle(event, time.time())
        if isinstance(event, FailedRun):
            self._note_failure(event, decisions)
        return decisions

    def _note_failure(self, event: FailedRun, decisions: Sequence[Decision]) -> None:
        """Keep a failed attempt: with the time of the next one, or as the run's end."""
        run, error = event.run, event.error
        retry_at = next((found.at for found in decisions if isinstance(found, WakeAt) and found.run is run), None)
        if retry_at is None:
            if run.status == "failed":
                self._failures.append(run)
        else:
            entry = log.AttemptFailed(run.node.id, run.index, run.attempt, run.losses, error, retry_at)
            self._journal.append(self.id, entry)
        if self._on_event is not None:
            self._tell(wire.NodeRunFailed(self.id, time.time(), run.node.name, run.index, run.attempt, error, retry_at))

    def _do(self, decision: Decision, decisions: deque[Decision]) -> None:
        if isinstance(decision, Start):
            event = self._begin_run(decision.run)
            if event is not None:
                # What follows a quick run is done before its siblings, as in canvas order: little is open at a time.
                decisions.extendleft(reversed(self._handle(event)))
        elif isinstance(decision, WakeAt):
            self._keys += 1
            heapq.heappush(self._timers, (decision.at, self._keys, decision.run))
        elif isinstance(decision, Stop):
            for key, run in self._running.items():
                if run is decision.run:
                    self._tasks[key].cancellation.set()
                    self._backend.cancel(key)
        else:
            self._end = decision

    def _begin_run(self, run: Run) -> Event | None:
        """Start an attempt; gives the event at once where the outcome is known at once."""
        known = self._known(run)
        if known is not None:
            return known
        batches = self._batches(run)
        node = run.node.node
        run.started = run.started or time.time()
        if node.pin is not None and self.is_manual:
            return self._done_with(run, Done(self._pinned(run.node, node.pin, batches)))
        if node.disabled:
            return self._done_with(run, Done(_passed(run.node, batches)))
        if run.node.is_multi and not any(batch is not None and len(batch) for batch in batches):
            return self._done_with(run, Done(()))
        if node.cache and self._cache is not None:
            cached = self._cached(run, batches, self._cache)
            if cached is not None:
                return self._done_with(run, Done(cached))
        if self._on_event is not None:
            self._tell(wire.NodeRunStarted(self.id, time.time(), node.name, run.index, run.attempt))
        task = self._task(run, batches)
        self._keys += 1
        key = self._keys
        self._running[key] = run
        self._tasks[key] = task
        if not run.node.node_type.spec.is_pure:
            self._submit_effect(key, run, task)
            return None
        outcome = self._backend.submit(key, task, self._report)
        return None if outcome is None else self._take_in(key, outcome)

    def _cached(self, run: Run, batches: list[Batch | None], cache: ResultCache) -> tuple[Batch, ...] | None:
        key = cache_key(run.node, batches)
        if key is None:
            return None
        self._cache_keys[run] = key
        return cache.get(key)

    def _submit_effect(self, key: int, run: Run, task: NodeTask) -> None:
        """Start a run that has effects, once the intent is durable."""
        intent = log.EffectIntended(run.node.id, run.index, run.attempt, task.token, time.time())
        self._journal.append(self.id, intent)

        async def submit() -> None:
            await self._journal.flush()
            if task.cancellation.is_set:
                outcome: Outcome | None = call.cancelled(task)
            else:
                outcome = self._backend.submit(key, task, self._report)
            if outcome is not None:
                self._report(key, outcome)

        work = asyncio.create_task(submit(), name=f"effect of {task.node.name}")
        self._effects.add(work)
        work.add_done_callback(self._effects.discard)

    def _known(self, run: Run) -> Event | None:
        """What the journal or an earlier execution already says of a run."""
        done = self._done.pop(run.key, None)
        if done is not None:
            run.started, run.ended, run.attempt = done.started, done.ended, done.attempt
            run.state, run.error, run.outputs = done.state, done.error, done.outputs
            self._keep(run)
            return Finished(run, [len(batch) for batch in done.outputs])
        tried = self._tries.pop(run.key, None)
        if tried is not None:
            run.attempt, run.losses = tried.attempt, tried.losses
        waits = self._waits.pop(run.key, None)
        if waits is not None:
            run.outputs = waits.outputs
            return SuspendedRun(run, waits.until)
        return None

    def _batches(self, run: Run) -> list[Batch | None]:
        if not run.inputs:
            return [self._given if run.node is self._start and run.index == 0 else _ONE_EMPTY_ITEM]
        return [None if source is None else source[0].outputs[source[1]] for source in run.inputs]

    def _task(self, run: Run, batches: list[Batch | None]) -> NodeTask:
        node = run.node
        earlier = self._earlier_input(node) if node.node_type.spec.is_loop else None
        return NodeTask(
            node=node.node,
            template=node.template,
            ports=node.ports,
            inputs=batches,
            scope=RunScope(self, run, batches),
            environment=self._environment,
            language=self._language,
            timezone=self._timezone,
            run_index=run.index,
            state=self.state_of(node.name),
            is_last_attempt=run.attempt >= node.node.retry.tries,
            earlier_input=earlier,
            on_progress=self._progress(run) if self._on_event is not None else None,
            execution=self.id,
        )

    def _earlier_input(self, node: PlanNode) -> Callable[[int, int], Batch]:
        def find(run_index: int, port: int) -> Batch:
            run = self.runs_of(node.name)[run_index]
            return self._batches(run)[port] or EMPTY

        return find

    def _progress(self, run: Run) -> Callable[[float, str], None]:
        def tell(fraction: float, message: str) -> None:
            self._tell(wire.NodeProgress(self.id, time.time(), run.node.name, run.index, fraction, message))

        return tell

    # Outcomes.

    def _report(self, key: int, outcome: Outcome) -> None:
        self._push(self._take_in(key, outcome))

    def _take_in(self, key: int, outcome: Outcome) -> Event:
        run = self._running.pop(key)
        del self._tasks[key]
        run.outcome = outcome
        if isinstance(outcome, Done):
            return self._done_with(run, outcome)
        if isinstance(outcome, Suspended):
            return self._suspended(run, outcome)
        return self._failed(run, outcome)

    def _done_with(self, run: Run, outcome: Done) -> Event:
        run.ended = time.time()
        if run.status == "cancelling":
            return Finished(run, ())
        run.outcome, run.error, run.state = outcome, outcome.recovered, outcome.state
        run.outputs = outcome.outputs
        if outcome.annotations:
            self.annotations.update(outcome.annotations)
        key = self._cache_keys.pop(run, None)
        if key is not None and self._cache is not None and outcome.recovered is None:
            self._cache.put(key, run.outputs)
        self._keep(run)
        self._journal.append(
            self.id,
            log.RunDone(run.node.id, run.index, run.outputs, run.state, run.error, run.started, run.ended, run.attempt),
        )
        sizes = [len(batch) for batch in run.outputs]
        if self._on_event is not None:
            items = dict(zip(run.node.output_names, sizes, strict=False))
            seconds = run.ended - run.started
            self._tell(
                wire.NodeRunEnded(self.id, run.ended, run.node.name, run.index, seconds, items, outcome.recovered)
            )
        return Finished(run, sizes)

    def _suspended(self, run: Run, outcome: Suspended) -> Event:
        run.outputs = outcome.outputs
        until = outcome.until
        if until is not None:
            until = time.time() + until - self._environment.clock()
        self._journal.append(self.id, log.RunSuspended(run.node.id, run.index, until, outcome.outputs))
        self._tell(wire.NodeRunWaits(self.id, time.time(), run.node.name, run.index, until))
        return SuspendedRun(run, until)

    def _failed(self, run: Run, outcome: Failed) -> Event:
        run.ended, run.error = time.time(), outcome.error
        return FailedRun(run, outcome.error, random.random())  # noqa: S311 - spreads retries, no secret

    def _keep(self, run: Run) -> None:
        self.runs.append(run)
        found = self._by_name.setdefault(run.node.name, [])
        if found and run.index < found[-1].index:
            bisect.insort(found, run, key=lambda other: other.index)
        else:
            found.append(run)

    # Time and the outside.

    def _push(self, event: Event) -> None:
        self._events.append(event)
        self._wakeup.set()

    def _tell(self, event: wire.LiveEvent) -> None:
        if self._on_event is not None:
            self._on_event(event)

    async def _wait(self, deadline: float | None) -> None:
        """Wait until something was reported, a timer is due or the execution's time is up."""
        while not self._events:
            self._wakeup.clear()
            times = [] if deadline is None else [deadline - time.monotonic()]
            if self._timers:
                times.append(self._timers[0][0] - time.time())
            try:
                await asyncio.wait_for(self._wakeup.wait(), max(0.0, min(times)) if times else None)
            except TimeoutError:
                if deadline is not None and time.monotonic() >= deadline:
                    return
            while self._timers and self._timers[0][0] <= time.time():
                run = heapq.heappop(self._timers)[2]
                if run.status == "suspended":
                    self._complete_wait(run)
                else:
                    self._events.append(TimeCame(run))

    def _complete_wait(self, run: Run) -> None:
        self._done_with(run, Done(run.outputs, run.state))
        self._events.append(Resumed(run, [len(batch) for batch in run.outputs]))

    def _restore(self, start: str) -> None:
        """Take over what an earlier runner of this execution made durable."""
        entries = self._journal.load(self.id)
        for entry in entries:
            if isinstance(entry, log.ExecutionStarted):
                self._given = entry.items
            elif isinstance(entry, log.RunDone):
                self._done[entry.node, entry.index] = entry
            elif isinstance(entry, log.AttemptFailed):
                self._tries[entry.node, entry.index] = entry
            elif isinstance(entry, log.RunSuspended):
                self._waits[entry.node, entry.index] = entry
        if not entries:
            self._journal.append(self.id, log.ExecutionStarted(start, self._given, self._began))

    async def _finish(self, end: End) -> ExecutionResult:
        ended = time.time()
        self._journal.append(self.id, log.ExecutionEnded(end.state, end.error, ended))
        await self._journal.flush()
        self._tell(wire.ExecutionOver(self.id, ended, end.state, ended - self._began, end.error))
        done = [run for run in self.runs if run.outputs]
        last = max(done, key=lambda run: (run.place.level, run.place.label, run.sequence), default=None)
        runs = [*self.runs, *self._failures]
        return ExecutionResult(self.id, end.state, end.error, runs, self._began, ended, last, self.annotations)

    @staticmethod
    def _pinned(
        node: PlanNode, pin: Mapping[str, list[dict[str, Any]]], batches: Sequence[Batch | None]
    ) -> tuple[Batch, ...]:
        first = next((batch for batch in batches if batch is not None), EMPTY)
        outputs: list[Batch] = []
        for name in node.output_names:
            rows = as_items(pin.get(name, [])).rows
            outputs.append(Items(rows, Lineage.same() if len(rows) <= len(first) else NONE))
        return tuple(outputs)


def _passed(node: PlanNode, batches: Sequence[Batch | None]) -> tuple[Batch, ...]:
    """The outputs of a disabled node: its first input passes to its first output."""
    port = next((position for position, batch in enumerate(batches) if batch is not None and len(batch)), None)
    first = batches[port] if port is not None else None
    passed = EMPTY if first is None or port is None else Items(first.items().rows, Lineage.same(port))
    return (passed, *(EMPTY for _ in node.output_names[1:]))
