"""The journal on Postgres: entries of many executions in one commit, fenced by owner and epoch.

A commit begins when somebody waits for one, or when the oldest entry is ``LINGER`` old; while one is on its way others
gather. An execution that is over before its entries had to be written is one row. Who writes must still own the
execution: the row is locked and looked at in the writing transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from uuid import UUID

import psycopg
import structlog

from workflow_kernel.base.errors import ExecutionTakenError, UnavailableError
from workflow_kernel.contracts import Blobs
from workflow_kernel.runs.entries import Entry
from workflow_kernel.storage import journal_sql
from workflow_kernel.storage.database import limit_waits
from workflow_kernel.storage.open_execution import NewExecution, OpenExecution, Write

LINGER = 0.05
"""Seconds an entry nobody waits for may stay in memory: the most work that is lost."""

GATHER = 0.001
"""Seconds a commit waits for others to join, as long as others do; who is alone does not wait."""

FROZEN = 5
"""Seconds after which Postgres takes back the locks of a process that froze while it wrote."""

IN_LOOP = 2000
"""Items that are packed in the event loop; more are packed in a thread."""

_log = structlog.get_logger("workflow.journal")


class PostgresJournal:
    """Keeps entries of executions this process drives.

    Parameters
    ----------
    url: of the database; the journal has a connection of its own. runner: id of this process's runner.
    blobs: where large values go. on_stop: told the id of an execution that somebody asked to stop, or took over.
    """

    def __init__(self, url: str, runner: UUID, blobs: Blobs, on_stop: Callable[[UUID], None] | None = None) -> None:
        self._url = url
        self._runner = runner
        self._blobs = blobs
        self._on_stop = on_stop
        self._open: dict[str, OpenExecution] = {}
        self._dirty: dict[str, OpenExecution] = {}
        self._connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None
        self._wakeup = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._is_closing = False
        self._is_shared = False
        self.commits = 0

    async def __aenter__(self) -> PostgresJournal:
        self._work = asyncio.create_task(self._commit_for_ever(), name="journal")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_closing = True
        self._wakeup.set()
        if self._work is not None:
            await self._work
        if self._connection is not None:
            await self._connection.close()

    def adopt(self, execution: OpenExecution) -> None:
        """An execution is about to run here."""
        self._open[str(execution.id)] = execution

    def forget(self, execution: str) -> None:
        """An execution runs here no longer."""
        found = self._open.pop(execution, None)
        if found is not None and not found.pending:
            self._dirty.pop(execution, None)

    def append(self, execution: str, entry: Entry) -> None:
        """See the contract."""
        found = self._open[execution]
        found.add(entry, time.monotonic())
        if execution not in self._dirty:
            self._dirty[execution] = found
            if len(self._dirty) == 1:
                self._wakeup.set()

    async def flush(self, execution: str) -> None:
        """See the contract."""
        found = self._open[execution]
        if found.is_taken:
            raise ExecutionTakenError("Another runner has taken the execution over.")
        if found.fault is not None:
            raise found.fault
        done = asyncio.get_running_loop().create_future()
        found.waiters.append(done)
        self._dirty[execution] = found
        self._wakeup.set()
        await done

    async def insert(self, row: NewExecution) -> None:
        """Keep an execution that waits for a runner; durable on return."""
        key = str(row.id)
        self._open[key] = OpenExecution(row.id, 0, new=row, is_queued=True)
        try:
            await self.flush(key)
        finally:
            self.forget(key)

    async def park(self, execution: str, wake_at: float | None) -> None:
        """Keep that an execution waits and leaves memory; durable on return."""
        self._open[execution].parked = (wake_at,)
        await self.flush(execution)

    def load(self, execution: str) -> Sequence[Entry]:
        """See the contract."""
        return self._open[execution].past

    async def _commit_for_ever(self) -> None:
        while not (self._is_closing and not self._dirty):
            await self._wait()
            writes = self._due()
            if not writes:
                continue
            self._is_shared = len(writes) > 1
            for write in writes:
                if write.open.fault is not None:
                    self._fail(write, write.open.fault)
                elif write.size > IN_LOOP:
                    await self._pack_apart(write)
                else:
                    self._pack(write)
            await self._commit([write for write in writes if write.is_packed])

    async def _wait(self) -> None:
        """Return when a commit is due."""
        if not self._dirty:
            self._wakeup.clear()
            if not self._is_closing:
                await self._wakeup.wait()
        if self._is_closing or any(found.waiters for found in self._dirty.values()):
            await asyncio.sleep(GATHER if self._is_shared else 0)
            return
        oldest = min((found.since for found in self._dirty.values()), default=0.0)
        self._wakeup.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, oldest + LINGER - time.monotonic())):
                await self._wakeup.wait()

    def _due(self) -> list[Write]:
        now = time.monotonic()
        due = [
            found for found in self._dirty.values() if found.waiters or self._is_closing or now - found.since >= LINGER
        ]
        for found in due:
            del self._dirty[str(found.id)]
        return [Write.of(found) for found in due if found.pending or found.waiters]

    def _pack(self, write: Write) -> None:
        try:
            write.pack(self._blobs)
        except Exception as error:  # a value that cannot be kept, a full disk: the execution cannot go on
            self._fail(write, error)

    async def _pack_apart(self, write: Write) -> None:
        try:
            await asyncio.to_thread(write.pack, self._blobs)
        except Exception as error:  # as above
            self._fail(write, error)

    async def _commit(self, writes: list[Write]) -> None:
        """Write until it is durable: a database that went away is waited for."""
        pause = 0.05
        while writes:
            try:
                connection = await self._connected()
                taken, cancelled = await journal_sql.write(connection, self._runner, writes)
                break
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
                _log.warning("journal.unavailable", error=str(error).splitlines()[0] if str(error) else "")
                await self._disconnect()
                if self._is_closing and pause > 3:
                    for write in writes:
                        self._fail(write, UnavailableError("Postgres went away before the journal was kept."))
                    return
                await asyncio.sleep(pause)
                pause = min(2.0, pause * 2)
            except Exception as error:  # one of them cannot be written; the others can
                await self._disconnect()
                if len(writes) == 1:
                    self._fail(writes[0], error)
                    return
                for write in writes:
                    await self._commit([write])
                return
        else:
            return
        self.commits += 1
        for write in writes:
            self._settle(write, is_taken=write.open.id in taken)
        if self._on_stop is not None:
            for execution in (*cancelled, *taken):
                self._on_stop(execution)

    def _settle(self, write: Write, *, is_taken: bool) -> None:
        write.open.new = None
        write.open.is_taken = write.open.is_taken or is_taken
        for waiter in write.waiters:
            if waiter.done():
                continue
            if is_taken:
                waiter.set_exception(ExecutionTakenError("Another runner has taken the execution over."))
            else:
                waiter.set_result(None)

    def _fail(self, write: Write, error: BaseException) -> None:
        _log.error("journal.refused", execution=str(write.open.id), error=str(error)[:500])
        write.open.fault = error
        for waiter in write.waiters:
            if not waiter.done():
                waiter.set_exception(error)

    async def _connected(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=5, application_name="workflow journal"
            )
            await limit_waits(self._connection, FROZEN)
        return self._connection

    async def _disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(Exception):
                await self._connection.close()
            self._connection = None
