"""A pool of worker processes: where user code runs, apart from the server and with limits.

The engine's host makes one pool and plugs its ``run_python`` into the worker environment. Processes are started when
first needed, kept for the runs that follow and replaced after many runs or a kill; one that dies takes nothing along.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from workflow_kernel.backends.process_worker import Reason, Run, Start, Worker
from workflow_kernel.base.errors import CancelledRunError
from workflow_kernel.worker.task import Cancellation

KEPT = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV",
    "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""Names of the server's environment that a worker process sees; all others may hold secrets."""


class ProcessPool:
    """Worker processes for user code.

    Parameters
    ----------
    size: how many runs go at the same time; the number of cores when not given.
    memory_limit: bytes a run may use beyond what its process held before; None leaves it to the system.
    grace: seconds code has for its ``finally`` before its process is killed.
    runs: after how many runs a process is replaced; 1 gives every run a fresh one.
    folder: where processes work and find modules besides those installed.
    allow: further names of the server's environment they see.
    environment: variables they get besides.
    trusted: whether this process may open objects that user code made; False where many users share a server.
    hidden: folders and files the code must not reach, but for ``folder`` (Linux alone, see ``worker.confine``).
    """

    def __init__(
        self,
        size: int | None = None,
        *,
        memory_limit: int | None = None,
        grace: float = 5.0,
        runs: int = 500,
        folder: Path | None = None,
        allow: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
        trusted: bool = True,
        hidden: tuple[Path, ...] = (),
    ) -> None:
        self.size = size or os.cpu_count() or 1
        self.memory_limit = memory_limit
        self.grace = grace
        self.runs = runs
        self._folder = (folder or Path.cwd()).resolve()
        self._allow = frozenset(allow)
        self._environment = dict(environment or {})
        self._trusted = trusted
        self._hidden = hidden
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None

    async def run(
        self,
        entry: str,
        payload: Any,
        *,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
        log: Callable[[str], None] | None = None,
        calls: Mapping[str, Callable[..., Any]] | None = None,
        memory: int | None = None,
    ) -> Any:
        """Call a function in a worker process; waits for a free one.

        Parameters
        ----------
        entry: ``module:function``; called with the payload and a ``worker.child.Host``.
        payload: what JSON can hold, bytes, tables, or any object that can be pickled.
        timeout: seconds it may run, not counting the wait for a process.
        cancellation: stops it when set.
        log: gets each line it prints, while it runs, in another thread.
        calls: functions of the server the code may call, by name.
        memory: bytes it may use, instead of the pool's limit.

        Returns
        -------
        The result. What is no plain data comes as an unopened ``Pickled``.

        Raises
        ------
        NodeError: the code failed; its description has the traceback. NodeTimeoutError, CancelledRunError: it was
        stopped. WorkerLostError: its process ended.
        """
        limit = self.memory_limit if memory is None else memory
        work = Run(entry, payload, timeout, self.grace, limit, log or _drop, calls or {})
        attempt = Attempt(self, work)
        stop = attempt.cancel
        if cancellation is not None:
            cancellation.callbacks.append(stop)
            if cancellation.is_set:
                stop()
        try:
            future: Future[Any] = self._executor().submit(attempt.run)
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            stop()
            task = asyncio.current_task()
            if task is not None and not task.cancelling():
                raise CancelledRunError("The pool was closed before the run began.") from None
            raise
        finally:
            if cancellation is not None:
                cancellation.callbacks.remove(stop)

    run_python = run
    """What the engine plugs into the worker environment."""

    def warm(self, count: int = 1) -> None:
        """Start processes ahead of their first use, without waiting for them."""
        for _ in range(min(count, self.size)):
            self._executor().submit(lambda: self.release(Worker(self._start())))

    async def close(self) -> None:
        """Stop what runs and end all processes; the pool can be used again afterwards."""
        threads, self._threads = self._threads, None
        if threads is None:
            return
        with self._lock:
            busy = list(self._busy)
        for worker in busy:
            worker.stop("cancelled")
        await asyncio.to_thread(threads.shutdown, wait=True, cancel_futures=True)
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()

    def acquire(self) -> Worker:
        """An idle process that still lives, or a new one."""
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
                if worker is not None and worker.is_alive:
                    self._busy.add(worker)
                    break
            if worker is None:
                worker = Worker(self._start())
                with self._lock:
                    self._busy.add(worker)
                break
            worker.close()
        worker.begin()
        return worker

    def release(self, worker: Worker) -> None:
        """Take a process back, or end it when it is not fit for another run."""
        is_kept = worker.is_usable and worker.runs < self.runs
        with self._lock:
            self._busy.discard(worker)
            if is_kept:
                self._idle.append(worker)
        if not is_kept:
            worker.close()

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers there are now."""
        with self._lock:
            return sorted(worker.pid for worker in (*self._idle, *self._busy))

    def _executor(self) -> ThreadPoolExecutor:
        # Processes end with the thread that started them (see worker.child), so these threads live as long as the pool.
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.size, thread_name_prefix="worker-process")
        return self._threads

    def _start(self) -> Start:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name in KEPT or name in self._allow or name.startswith("LC_")
        }
        return Start(
            str(self._folder),
            environment | self._environment,
            [entry for entry in sys.path if entry],
            self._trusted,
            [str(path) for path in self._hidden],
            [str(self._folder)],
        )


class Attempt:
    """One run on its way through the pool: waiting, then in a process."""

    def __init__(self, pool: ProcessPool, run: Run) -> None:
        self._pool = pool
        self._run = run
        self._worker: Worker | None = None
        self._lock = threading.Lock()
        self._is_cancelled = False

    def run(self) -> Any:
        """Run it in a process; called in one of the pool's threads."""
        if self._is_cancelled:
            raise CancelledRunError("The run was cancelled before it began.")
        worker = self._pool.acquire()
        try:
            with self._lock:
                self._worker = worker
                if self._is_cancelled:
                    raise CancelledRunError("The run was cancelled before it began.")
            return worker.run(self._run)
        finally:
            with self._lock:
                self._worker = None
            self._pool.release(worker)

    def cancel(self) -> None:
        """Stop it, wherever it is. Safe from any thread."""
        reason: Reason = "cancelled"
        with self._lock:
            self._is_cancelled = True
            if self._worker is not None:
                self._worker.stop(reason)


def _drop(line: str) -> None:
    """For runs whose output nobody wants."""
