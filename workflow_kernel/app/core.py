"""The part of the service that runs executions: database, Redis, queues, journal, runner. ``service`` builds on it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import structlog

from workflow_kernel.app.backends import BackendChoice, BackendOptions, open_backend
from workflow_kernel.app.local import local_environment
from workflow_kernel.backends.limited import LimitedBackend
from workflow_kernel.backends.local import LocalBackend
from workflow_kernel.base.ids import new_id
from workflow_kernel.base.settings import Settings, config_file
from workflow_kernel.contracts import Blobs, Turns
from workflow_kernel.engine.engine import Engine
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.services.calls import Calls
from workflow_kernel.services.dispatcher import Dispatcher
from workflow_kernel.services.evictions import Evictions
from workflow_kernel.services.launcher import Launcher
from workflow_kernel.services.library import Library
from workflow_kernel.services.sweeper import Sweeper
from workflow_kernel.services.tally import Tally
from workflow_kernel.services.work import Leases, Variables
from workflow_kernel.storage.blobs import open_blobs
from workflow_kernel.storage.bus_redis import RedisBus
from workflow_kernel.storage.claims import Claims
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.execution_signals import ExecutionSignals
from workflow_kernel.storage.executions import ExecutionStore
from workflow_kernel.storage.journal import PostgresJournal
from workflow_kernel.storage.queue_bullmq import BACKOFF, Queues
from workflow_kernel.storage.redis import open_redis
from workflow_kernel.storage.tally import TallyStore
from workflow_kernel.storage.turns import RedisTurns
from workflow_kernel.worker import confine
from workflow_kernel.worker.backend import Backend
from workflow_kernel.worker.environment import Environment
from workflow_kernel.worker.fence import Fence, fenced_http

DRAIN = 10.0
"""Seconds executions at hand get to end when the service stops; others go on with what is left."""

_log = structlog.get_logger("workflow.service")


class NoLeases:
    """No secrets at all, for services without a vault."""

    async def lease(
        self, execution: UUID, project: UUID, credentials: frozenset[str]
    ) -> Mapping[str, Mapping[str, Any]]:
        """See the protocol."""
        return {}


class NoVariables:
    """No variables at all."""

    async def for_project(self, project: UUID) -> Mapping[str, Any]:
        """See the protocol."""
        return {}


class Core:
    """Runs executions.

    Parameters
    ----------
    settings: ``database_url`` and ``redis_url`` must be known here.
    works: whether this process takes executions from the queues.
    kind: what this process is. drain: seconds executions at hand get to end when it stops.
    leases, variables: what executions may use.
    backend: where nodes run; in this process when not given. One on a cluster takes seconds to open.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        works: bool = True,
        kind: Literal["server", "worker"] = "server",
        drain: float = DRAIN,
        backoff: int = BACKOFF,
        leases: Leases | None = None,
        variables: Variables | None = None,
        registry: Registry | None = None,
        backend: BackendChoice | None = None,
    ) -> None:
        if settings.database_url is None or settings.redis_url is None:
            raise ValueError("the addresses of Postgres and Redis must be known")
        self.settings = settings
        self.works = works
        self._drain = drain
        self.runner = new_id()
        self.registry = registry or Registry()
        url = settings.database_url.get_secret_value()
        self.database = Database(url, pool=settings.database_pool, timeout=settings.connect_timeout)
        self.blobs = open_blobs(_blob_place(settings))
        redis_url = settings.redis_url.get_secret_value()
        self.redis = open_redis(redis_url)
        self.redis_text = open_redis(redis_url, text=True)
        self.bus = RedisBus(self.redis)
        self.queues = Queues(self.redis_text, bound=settings.queue_bound, backoff=backoff, lease=settings.lease)
        self.store = ExecutionStore(self.database, self.blobs)
        self.signals = ExecutionSignals(self.database, self.blobs)
        self.library = Library(self.database)
        self.journal = PostgresJournal(self.database.url, self.runner, self.blobs, on_stop=self._heed)
        self.environment = _environment(settings, self.blobs)
        computes = _limited(settings, _backend(settings, self.environment, backend), RedisTurns(self.redis_text))
        self.engine = Engine(self.registry, self.environment, computes, self.journal)
        self.dispatcher = Dispatcher(
            settings,
            self.engine,
            self.store,
            self.signals,
            Claims(self.database.url, self.runner, timeout=settings.connect_timeout),
            self.journal,
            self.library,
            self.bus,
            runner=self.runner,
            leases=leases or NoLeases(),
            variables=variables or NoVariables(),
        )
        self.counts = TallyStore(self.redis)
        self.tally = Tally(
            self.counts, str(self.runner), kind=kind, running=lambda: self.dispatcher.running,
            cluster=self.engine.report,
        )  # fmt: skip
        self.dispatcher.tally = self.tally
        self.launcher = Launcher(self.database, self.journal, self.queues, self.blobs)
        self.dispatcher.requeue = self.launcher.enqueue
        self.sweeper = Sweeper(self.store, self.launcher, self.queues, lease=settings.lease)
        self.evictions = Evictions(self.store, self.engine.tenure, self.runner, beat=settings.beat)
        self.environment.call_workflow = Calls(self.dispatcher, self.launcher, self.library, self.store)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Core:
        files_folder(self.settings).mkdir(parents=True, exist_ok=True)
        if not confine.is_possible():
            _log.warning("code.not_confined", mend="Run untrusted code on Linux 5.13 or newer.")
        stack = self._stack
        stack.push_async_callback(self.database.close)
        stack.push_async_callback(self.redis_text.aclose)
        stack.push_async_callback(self.redis.aclose)
        await stack.enter_async_context(self.bus)
        await stack.enter_async_context(self.tally)
        await stack.enter_async_context(self.journal)
        stack.push_async_callback(self.engine.close)
        await stack.enter_async_context(self.dispatcher)
        await stack.enter_async_context(self.evictions)
        stack.push_async_callback(self.queues.close)
        stack.push_async_callback(self.dispatcher.drain, self._drain)
        await stack.enter_async_context(self.sweeper)
        if self.works:
            for name in ("workflow-execution", "webhook-processing"):
                self.queues.work(name, self.dispatcher.run_queued, self.settings.concurrency)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.works:
            await self.queues.pause_work()
        await self._stack.aclose()

    def _heed(self, execution: UUID) -> None:
        self.dispatcher.heed(execution)


def files_folder(settings: Settings) -> Path:
    """Where relative paths of nodes begin."""
    return settings.files_folder or Path(settings.data_folder) / "files"


def _backend(settings: Settings, environment: Environment, choice: BackendChoice | None) -> Backend:
    if choice is None:
        return LocalBackend()
    for name in ("blobs", "files"):  # workers look for them before anything is kept there
        (Path(settings.data_folder) / name).mkdir(parents=True, exist_ok=True)
    return open_backend(
        choice.name,
        BackendOptions(
            environment,
            _blob_place(settings),
            choice.address,
            is_shared=True,
            hidden=tuple(map(str, secret_places(settings))),
            is_durable=True,
        ),
    )


def _limited(settings: Settings, backend: Backend, turns: Turns) -> Backend:
    return LimitedBackend(backend, settings.node_concurrency, turns) if settings.node_concurrency else backend


def _blob_place(settings: Settings) -> str:
    return settings.blob_url or str(Path(settings.data_folder) / "blobs")


def _environment(settings: Settings, blobs: Blobs) -> Environment:
    """What nodes have at hand where people share a service: its files, and the network outside."""
    fence = Fence.of(settings)
    files = files_folder(settings)
    return local_environment(
        blobs,
        folder=files,
        folders=(files,),
        is_shared=True,
        hidden=secret_places(settings),
        http=fenced_http(fence),
        check_address=fence.check,
    )


def secret_places(settings: Settings) -> tuple[Path, ...]:
    """What code of users must not reach: keys, servers and mail of the service, the file with its settings."""
    files = (settings.master_key_file, config_file())
    return (Path(settings.data_folder), *(path for path in files if path is not None))
