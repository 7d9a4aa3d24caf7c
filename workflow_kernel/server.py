"""Processes of the service: the server with every door, and workers without one. The command line runs them.

Both end gracefully when their task is cancelled, which is what signals do: no new requests, a bounded time for those at
hand, then the service itself. Executions that are cut off go on where they were, in another process or the next start.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import structlog
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from workflow_kernel import __version__
from workflow_kernel.app.backends import BackendChoice
from workflow_kernel.app.pages import page_rules
from workflow_kernel.app.service import Service
from workflow_kernel.base import garbage, tracing
from workflow_kernel.base import log as logging
from workflow_kernel.base.errors import ConflictError, UnavailableError
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.actor import SYSTEM
from workflow_kernel.services.mail import address
from workflow_kernel.storage import processes

PATIENCE = 10.0
"""Seconds requests at hand may take when the server stops."""

_HEADERS = 64 << 10
_IDLE = 300.0

log = structlog.get_logger("workflow.server")


class CannotListenError(UnavailableError):
    """The address to listen on cannot be had."""

    code = "WF793"


OnReady = Callable[[processes.Ready], None]


async def serve(settings: Settings, on_ready: OnReady, *, works: bool = True) -> None:
    """Serve until cancelled.

    Parameters
    ----------
    settings: of the service. on_ready: called once requests are answered. works: whether it runs executions too.
    """
    began = time.perf_counter()
    processes.refuse_second(settings.data_folder)
    sockets = _bound(settings)
    try:
        settings = settings.model_copy(update={"port": sockets[0].getsockname()[1]})
        with processes.announced(settings.data_folder, processes.SERVER, address(settings), __version__):
            service = _ready_made(Service(settings, works=works))
            async with (
                service,
                page_rules(service, settings.base_url.rstrip("/")) as pages,
                _listening(service, sockets, pages),
            ):
                link = await _first_link(service)
                on_ready(processes.Ready(address(settings), link, time.perf_counter() - began))
                await _until_cancelled(service)
    finally:
        for one in sockets:
            one.close()


async def work(settings: Settings, on_ready: OnReady, backend: BackendChoice | None = None) -> None:
    """Run executions until cancelled, with no door open; on a cluster where a backend names one."""
    began = time.perf_counter()
    with processes.announced(settings.data_folder, f"{processes.WORKER}-{os.getpid()}", "", __version__):
        service = _ready_made(Service(settings, works=True, kind="worker", backend=backend))
        async with service:
            on_ready(processes.Ready("", seconds=time.perf_counter() - began))
            await _until_cancelled(service)


def run(settings: Settings, main: Coroutine[Any, Any, None]) -> None:
    """Run a process of the service until it is asked to end: SIGTERM, or Ctrl-C."""
    gc.enable()  # The command line has it off.
    logging.configure(settings.log_level, settings.log_format)
    stop_tracing = tracing.start(settings.otlp_endpoint)
    try:
        _run(main)
    finally:
        stop_tracing()


def _run(main: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner, suppress(asyncio.CancelledError):
        runner.run(_ended_by_signals(main))


async def _ended_by_signals(main: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(main)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    await task


def _ready_made(service: Service) -> Service:
    """A service whose modules are all loaded, before it takes anything on."""
    gc.collect()
    garbage.settle()
    return service


async def _until_cancelled(service: Service) -> None:
    evictions = service.core.evictions
    await evictions.is_evicted.wait()
    with suppress(Exception):  # its lease has ended, or will
        await evictions.leave()
    _begin_anew()


def _begin_anew() -> None:
    """Put the same command in this process's place: others took from it what its cluster gave it.

    What is open of the cluster's would keep it from seeing that the former program is gone.
    """
    for entry in list(Path("/dev/fd").iterdir()):
        with suppress(OSError):
            if int(entry.name) > sys.stderr.fileno():
                os.set_inheritable(int(entry.name), False)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - what it was begun with


class _Doors(Application):
    """The application, which knows how many requests are at hand."""

    def __init__(self, rules: list[Any]) -> None:
        super().__init__(rules)
        self.count = 0
        self.are_quiet = asyncio.Event()
        self.are_quiet.set()
        self._classes: dict[type[RequestHandler], type[RequestHandler]] = {}

    def get_handler_delegate(
        self, request: HTTPServerRequest, target_class: type[RequestHandler], *arguments: Any, **options: Any
    ) -> Any:
        if "Upgrade" not in request.headers:  # Web sockets stay for hours; nobody waits for them.
            self.add(1)
            target_class = self._counted(target_class)
        return super().get_handler_delegate(request, target_class, *arguments, **options)

    def _counted(self, target_class: type[RequestHandler]) -> type[RequestHandler]:
        if target_class not in self._classes:
            self._classes[target_class] = type(target_class.__name__, (_Counted, target_class), {})
        return self._classes[target_class]

    def add(self, count: int) -> None:
        """Note that requests came, or went."""
        self.count += count
        (self.are_quiet.clear if self.count else self.are_quiet.set)()


class _Counted(RequestHandler):
    """Makes a handler tell when its request is done."""

    def on_finish(self) -> None:
        assert isinstance(self.application, _Doors)
        self.application.add(-1)
        super().on_finish()


@asynccontextmanager
async def _listening(service: Service, sockets: list[socket.socket], pages: list[Any]) -> AsyncIterator[None]:
    doors = _Doors([*service.routes(prefix=service.settings.base_url.rstrip("/")), *pages])
    # Whose X-Forwarded-For counts is decided by the doors, who know the trusted proxies.
    server = HTTPServer(
        doors,
        xheaders=False,
        no_keep_alive=False,
        max_body_size=service.settings.max_body,
        max_header_size=_HEADERS,
        idle_connection_timeout=_IDLE,
    )
    server.add_sockets(sockets)
    try:
        yield
    finally:
        server.stop()
        try:
            async with asyncio.timeout(PATIENCE):
                await doors.are_quiet.wait()
        except TimeoutError:
            log.warning("server.requests_cut_off", count=doors.count)
        await server.close_all_connections()


async def _first_link(service: Service) -> str:
    """The link that lets the first person in; empty once somebody has been in."""
    try:
        return await service.sign_in.one_time_link(SYSTEM)
    except ConflictError:
        return ""


def _bound(settings: Settings) -> list[socket.socket]:
    try:
        return bind_sockets(settings.port, settings.host)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        raise CannotListenError(
            f"Nothing can listen on {settings.host} port {settings.port}: "
            f"{'another program does already' if is_taken else error.strerror or error}.",
            mend="Choose another with --port or WORKFLOW_PORT; 0 takes a free one."
            if is_taken
            else "Correct --host or WORKFLOW_HOST.",
        ) from None


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not there on every system
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
