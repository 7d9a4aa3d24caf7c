"""Drives executions in this process: takes them from the queues or from a caller, runs them, keeps what comes of it.

A process that drives executions is a runner: it has a lease in Postgres, made longer by each beat. What it does not
finish another one goes on with. ``Executions`` and the triggers hand work to it; ``Sweeper`` finds what was left.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec
import structlog

from workflow_kernel import wire
from workflow_kernel.base import log, tracing
from workflow_kernel.base.errors import ExecutionTakenError, TooManyError, UnavailableError, WorkflowError
from workflow_kernel.base.settings import Settings
from workflow_kernel.contracts import Bus
from workflow_kernel.engine.engine import Engine
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Workflow
from workflow_kernel.runs.entries import Entry, ExecutionEnded
from workflow_kernel.runs.outcome import ErrorInfo
from workflow_kernel.services.holdings import Holdings
from workflow_kernel.services.launch import Ended, Launch, OnAnswer, new_row, row_of
from workflow_kernel.services.library import Library, Stored
from workflow_kernel.services.relay import Relay
from workflow_kernel.services.reuse import Partial, partial
from workflow_kernel.services.tally import Tally
from workflow_kernel.services.work import Leases, OnFailed, Running, Secrets, Variables, Work
from workflow_kernel.storage.claims import Claims
from workflow_kernel.storage.execution_signals import ExecutionSignals
from workflow_kernel.storage.executions import Due, ExecutionStore
from workflow_kernel.storage.journal import PostgresJournal
from workflow_kernel.storage.open_execution import NewExecution, OpenExecution
from workflow_kernel.storage.packing import pack_items, unpack_items
from workflow_kernel.storage.queue_bullmq import Attempt, Later
from workflow_kernel.storage.tables import Execution

CONTROL = "control"
"""Channel on which runners are told ids of executions to stop."""

AWAY = 1.0
"""Seconds after which an entry is looked at again that was taken while Postgres was away."""

BUSY = 0.5
"""Seconds after which an execution that is over a limit of concurrency tries again."""

_NOTHING = Workflow("")

_log = structlog.get_logger("workflow.dispatcher")


class Dispatcher:
    """Drives executions.

    Parameters
    ----------
    engine: runs them; its journal is ``journal``. store: where they are. signals: what is asked of them.
    claims: takes them on. library: finds workflows. leases, variables: what an execution may use.
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        store: ExecutionStore,
        signals: ExecutionSignals,
        claims: Claims,
        journal: PostgresJournal,
        library: Library,
        bus: Bus,
        *,
        runner: UUID,
        leases: Leases,
        variables: Variables,
    ) -> None:
        self.runner = runner
        self.engine = engine
        self.on_failed: list[OnFailed] = []
        self.tally: Tally | None = None
        self.requeue: Callable[[Sequence[Due]], Awaitable[None]] = _nowhere
        self.blobs = engine.environment.blobs
        self._settings = settings
        self._store = store
        self._signals = signals
        self._claims = claims
        self._holdings = Holdings(store, runner)
        self._journal = journal
        self._library = library
        self._bus = bus
        self.leases = leases
        self.variables = variables
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._waiting = 0
        self._at_hand: dict[str, Running] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._heeding: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self.running = 0
        self.done = 0

    async def __aenter__(self) -> Dispatcher:
        await self._beat()
        self._tasks = [
            asyncio.create_task(self._beat_for_ever(), name="runner's beat"),
            asyncio.create_task(self._obey_for_ever(), name="runner's control"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (*self._tasks, *self._heeding):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._heeding, return_exceptions=True)
        await self._claims.close()
        with contextlib.suppress(Exception):  # the lease ends by itself
            await self._store.leave(self.runner)

    async def drain(self, seconds: float) -> None:
        """Let executions at hand end, for so long; others go on with what is left."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)

    async def run_queued(self, attempt: Attempt) -> None:
        """Run an execution a queue names; nothing is done where it is over, or somebody else's."""
        found = UUID(attempt.data["id"])
        with self._holdings.holding(found):
            try:
                row = await self._claims.claim(found)
            except UnavailableError:  # no fault of the execution's: it is no attempt
                raise Later(AWAY) from None
            if row is not None:
                await self._run_claimed(row, attempt)

    async def _run_claimed(self, row: Execution, attempt: Attempt) -> None:
        await self._hold_back(row)
        if self.tally is not None and row.epoch == 1:
            self.tally.waited(time.time() - row.created_at.timestamp())
        try:
            past = await self._store.journal(row) if row.epoch > 1 or row.runs else None
            opened = OpenExecution(
                row.id, row.epoch,
                past=past.entries if past else None, kept=past.own if past else None,
                is_split=past.is_split if past else False,
            )  # fmt: skip
            items = None if row.input is None else unpack_items(row.input, self.blobs)
            with tracing.span("queue", kind="consumer", parent=attempt.data, execution=row.id):
                await self.drive(Work(row_of(row), opened, items))
        except ExecutionTakenError:
            _log.warning("execution.taken", execution=str(row.id))
        except Exception as error:
            await self._let_go(row, attempt, error)
            raise

    async def run_now(
        self, launch: Launch, on_answer: OnAnswer | None = None, *, id: UUID | None = None, is_kept: bool = False
    ) -> Ended:
        """Run an execution here at once, and wait for its end, or for its leaving memory.

        ``id`` is the execution's, where it is known already; ``is_kept``: its row is there, as running here. Raises
        ``TooManyError`` when this process has its hands full.
        """
        if self._slots.locked() and self._waiting >= 20 * self._settings.concurrency:
            raise TooManyError(
                f"{self._settings.concurrency} executions run here and {self._waiting} wait.",
                code="WF771", mend="Try again later, or start more servers.", retry_after=1,
            )  # fmt: skip
        row = new_row(launch, None if launch.items is None else pack_items(launch.items, self.blobs), id)
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            with self._holdings.holding(row.id):
                opened = OpenExecution(row.id, 1, new=None if is_kept else row)
                result = await self.drive(Work(row, opened, launch.items, on_answer))
        finally:
            self._slots.release()
        return Ended(row.id, result.state, result.output(), result.error)

    async def drive(self, work: Work) -> ExecutionResult:
        """Run an execution that is ours, to its end or until it leaves memory; what came of it is durable."""
        execution, workflow = work.row.id, work.row.workflow_id
        with (
            log.bound(execution=execution, workflow=workflow),
            tracing.span("execution", mode=work.row.mode, execution=execution, workflow=workflow),
        ):
            return await self._drive(work)

    async def _drive(self, work: Work) -> ExecutionResult:
        row, key = work.row, str(work.row.id)
        relay = Relay(self._bus, row.id, row.project_id, self.tally, str(self.runner))
        self._journal.adopt(work.open)
        self.running += 1
        self._idle.clear()
        try:
            stored = work.stored or await self._find(row)
            self._at_hand[key] = Running(row, stored, work.open.epoch, work.depth)
            result = await self._run(work, stored, relay)
            if result.state == "suspended":
                await self._park(key, row.id, result.wake_at)
        except ExecutionTakenError:
            raise
        except WorkflowError as error:
            result = await self._end_early(row, error, relay)
            stored = Stored(row.workflow_id, row.project_id, row.version, _NOTHING, frozenset())
            if key in self._at_hand:
                stored = self._at_hand[key].stored
        finally:
            self.running -= 1
            self.done += 1
            if not self.running:
                self._idle.set()
            self._at_hand.pop(key, None)
            self._journal.forget(key)
            relay.close()
        if result.state in ("failed", "timed_out") and row.mode != "manual" and not work.parent:
            for tell in self.on_failed:
                await tell(row, stored, result)
        return result

    async def _park(self, key: str, execution: UUID, wake_at: float | None) -> None:
        """Let an execution leave memory; one that was asked to go on meanwhile is queued at once."""
        await self._journal.park(key, wake_at)
        row = await self._store.find(execution)
        if row is not None and row.state == "queued":
            await self.requeue([Due(row.id, row.mode, row.priority, row.epoch)])

    def at_hand(self, execution: str) -> Running | None:
        """An execution that runs here."""
        return self._at_hand.get(execution)

    async def _find(self, row: NewExecution) -> Stored:
        if row.document is not None or row.version is None or row.workflow_id is None:
            return self._library.draft(row.document or {}, row.workflow_id, row.project_id, row.version)
        return await self._library.version(row.workflow_id, row.project_id, row.version)

    async def _run(self, work: Work, stored: Stored, relay: Relay) -> ExecutionResult:
        row = work.row
        secrets: Secrets = {}
        if stored.credentials:
            secrets = await self.leases.lease(row.id, row.project_id, stored.credentials)
        variables = await self.variables.for_project(row.project_id)
        environment = self.engine.environment.for_execution(secrets, variables)
        environment.priority, environment.owner = row.priority, str(row.created_by or row.project_id)
        part = Partial()
        if row.options:
            part = await partial(row.options, stored.graph, self._store, self._library, self.engine.registry)
        return await self.engine.run(
            stored.graph,
            work.items,
            start=row.start or None,
            execution=str(row.id),
            is_manual=row.mode == "manual",
            only=part.only,
            reuse=part.reuse,
            on_event=relay.tell,
            depth=work.depth,
            parent=work.parent,
            environment=environment,
            park_after=None if work.parent else self._settings.park_after,
            **({} if work.on_answer is None else {"on_answer": work.on_answer}),
        )

    async def _end_early(self, row: NewExecution, error: WorkflowError, relay: Relay) -> ExecutionResult:
        """An execution that cannot even start has failed."""
        now = time.time()
        info = ErrorInfo(error.message[:2000], error.code, mend=error.mend)
        ended: Entry = ExecutionEnded("failed", info, now)
        self._journal.append(str(row.id), ended)
        await self._journal.flush(str(row.id))
        relay.tell(wire.ExecutionOver(str(row.id), now, "failed", 0.0, info))
        return ExecutionResult(str(row.id), "failed", info, [], now, now)

    async def _hold_back(self, row: Execution) -> None:
        """Put an execution back that is over a limit of concurrency."""
        of_workflow, of_user = self._settings.workflow_concurrency, self._settings.user_concurrency
        if not of_workflow and not of_user:
            return
        same_workflow, same_user = await self._store.running_beside(row)
        if (of_workflow and same_workflow >= of_workflow) or (of_user and row.created_by and same_user >= of_user):
            await self._store.give_back(self.runner, row.id, row.epoch)
            raise Later(BUSY)

    async def _let_go(self, row: Execution, attempt: Attempt, error: Exception) -> None:
        """Something of the system failed: another attempt follows, or the execution has failed."""
        if isinstance(error, Later):
            return
        _log.error("execution.broken_off", execution=str(row.id), error=f"{type(error).__name__}: {error}"[:500])
        if not attempt.is_last:
            await self._store.give_back(self.runner, row.id, row.epoch)
            return
        info = ErrorInfo(
            f"The execution was given up: {type(error).__name__}: {error}"[:1000], "WF775", kind="internal",
            mend="See the dead letters of its queue; retry it there once the cause is mended.",
        )  # fmt: skip
        await self._store.give_up(row.id, msgspec.to_builtins(info))

    async def _beat(self) -> None:
        tenure = self.engine.tenure
        place = "" if tenure is None else tenure.place
        await self._store.beat(self.runner, socket.gethostname(), os.getpid(), self._settings.lease, place)

    async def _beat_for_ever(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(self._settings.beat)
            try:
                await self._beat()
                if time.monotonic() - last > self._settings.lease:
                    # This process slept, or Postgres was away: others may have taken over what is at hand.
                    for at_hand in list(self._at_hand):
                        self.heed(UUID(at_hand))
                last = time.monotonic()
                for execution, stops in await self._store.asked(self.runner):
                    await self._obey(execution, stops=stops)
                if strays := await self._holdings.let_strays_go():
                    _log.warning("runner.strays", executions=len(strays))
                    await self.requeue(strays)
            except Exception as error:  # Postgres may be away; the next beat tries again
                _log.warning("runner.beat_missed", error=str(error)[:300])

    async def _obey_for_ever(self) -> None:
        async for message in self._bus.listen(CONTROL):
            wish, _, execution = message.data.decode().partition(" ")
            if execution in self._at_hand:
                try:
                    await self._obey(UUID(execution), stops=wish == "stop")
                except Exception as error:  # the next beat tries again
                    _log.warning("runner.control_failed", execution=execution, error=str(error)[:300])

    async def _obey(self, execution: UUID, *, stops: bool) -> None:
        """Do what somebody asked of an execution that runs here."""
        running = self._at_hand.get(str(execution))
        if running is None:
            return
        if stops:
            self.engine.cancel(str(execution))
            return
        for wait in await self._signals.ended_waits(execution):
            node = running.stored.graph.nodes.get(wait.node)
            if node is not None:
                self.engine.resume(str(execution), node.name, wait.index, wait.outputs)

    def heed(self, execution: UUID) -> None:
        """Look what is asked of an execution, soon: it is to stop, to go on, or no longer ours."""
        running = self._at_hand.get(str(execution))
        if running is not None:
            task = asyncio.create_task(self._heed(execution), name="runner heeds")
            self._heeding.add(task)
            task.add_done_callback(self._heeding.discard)

    async def _heed(self, execution: UUID) -> None:
        row = await self._store.find(execution)
        if row is None or row.owner != self.runner or row.cancel_asked:
            self.engine.cancel(str(execution))
        elif row.resume_asked:
            await self._obey(execution, stops=False)


async def _nowhere(due: Sequence[Due]) -> None:
    """Leave it to a sweeper."""
