"""The program a worker process runs: takes one run after another from its socket and calls user code for it.

Started by ``backends.processes`` as ``python -m workflow_kernel.worker.child DESCRIPTOR PARENT``. User code runs in
the main thread, so that a signal can stop it wherever it is. Imports are few on purpose: a first run waits for them.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.worker import confine
from workflow_kernel.worker.child_errors import describe
from workflow_kernel.worker.child_frames import Channel, FrameError
from workflow_kernel.worker.child_modules import Modules
from workflow_kernel.worker.child_values import Pickled

STOP_SIGNAL = signal.SIGUSR1
WORN_AT = 512 << 20
"""Bytes a process may have kept from its runs before it is replaced by a fresh one."""


class Stopped(KeyboardInterrupt):
    """Raised inside user code when its run is cancelled or its time is over.

    No ``except Exception`` holds it up, and libraries that clean up on Ctrl-C do so here.
    """


class Server:
    """The server, as code in this process sees it; an entry function's second argument. Implements ``Host``."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._is_armed = False
        self._is_held = False
        self._is_pending = False

    def call(self, name: str, *arguments: Any) -> Any:
        """Call one of the server's functions for this run, e.g. to read an attachment."""
        with self._held():
            self._channel.send({"kind": "call", "name": name, "arguments": arguments})
            reply = self._channel.receive()
        if reply["kind"] == "failed":
            raise WorkflowError(reply["message"], code=reply["code"], mend=reply["mend"])
        return reply["value"]

    def keep(self, value: Any) -> Any:
        """An object as it travels back."""
        return Pickled.of(value, described=True)

    def stop(self, *_: Any) -> None:
        """The signal's handler: interrupt the code, once, unless a frame is half-way through the socket."""
        if not self._is_armed:
            return
        if self._is_held:
            self._is_pending = True
            return
        self._is_armed = False
        raise Stopped

    @contextmanager
    def armed(self) -> Iterator[None]:
        """While user code runs: signals interrupt it."""
        self._is_armed, self._is_pending = True, False
        try:
            yield
        finally:
            self._is_armed = False

    @contextmanager
    def _held(self) -> Iterator[None]:
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
            if self._is_pending:
                self._is_armed = self._is_pending = False
                raise Stopped


def main(descriptor: int, parent: int) -> None:
    """Serve runs until the server, whose process id is ``parent``, closes the socket."""
    channel = Channel(socket.socket(fileno=descriptor), opens=True)
    faulthandler.enable()  # a crash in a library says where it was, in the node's log
    _end_with(parent)
    hello = channel.receive()
    sys.path.extend(entry for entry in hello["path"] if entry not in sys.path)
    sys.path.append(hello["folder"])
    confine.hide(hello["hidden"], hello["shown"])
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    host, modules = Server(channel), Modules(hello["folder"])
    while True:
        signal.signal(STOP_SIGNAL, host.stop)
        try:
            message = channel.receive()
        except (EOFError, OSError):
            return
        except FrameError:
            raise
        except Exception as error:  # an object whose class cannot be loaded here
            channel.send({"kind": "failed", **describe(error), "is_worn": False})
            continue
        modules.forget_changed()
        answer = _run(host, message)
        del message
        modules.note()
        _restore(hello["folder"])
        _answer(channel, answer | {"is_worn": _is_worn()})


def _run(host: Server, message: dict[str, Any]) -> dict[str, Any]:
    memory = message["memory"]
    environment = dict(os.environ)
    try:
        with host.armed():
            module, _, name = message["entry"].partition(":")
            function = getattr(importlib.import_module(module), name)
            limit_memory(memory)
            return {"kind": "done", "value": function(message["payload"], host)}
    except Stopped:
        return {"kind": "stopped"}
    except SystemExit as error:
        return {"kind": "exit", "code": str(error.code), **describe(error)}
    except BaseException as error:  # the boundary between user code and the server
        limit_memory(None)
        return {"kind": "failed", **describe(error, memory)}
    finally:
        limit_memory(None)
        _flush()
        if os.environ != environment:
            os.environ.clear()
            os.environ.update(environment)


def _answer(channel: Channel, answer: dict[str, Any]) -> None:
    try:
        channel.send(answer)
    except WorkflowError as error:
        channel.send({"kind": "failed", **describe(error), "is_worn": answer["is_worn"]})


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (ValueError, OSError, AttributeError):
            # User code closed or replaced it.
            sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__


def _restore(folder: str) -> None:
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        os.chdir(folder)
    except OSError:
        os.chdir("/")


def limit_memory(memory: int | None) -> None:
    """Allow this many bytes more than are in use now; None lifts the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = hard if memory is None else _bytes_in_use() + memory
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _bytes_in_use() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - once a run, and a path object costs more
            return int(file.read().split()[5]) * resource.getpagesize()
    except OSError:
        return 0


def _is_worn() -> bool:
    """Whether user code left something running, or much memory behind."""
    threading = sys.modules.get("threading")
    left = threading.active_count() > 1 if threading else False
    return left or _bytes_in_use() > WORN_AT


def _end_with(parent: int) -> None:
    """Have the system end this process when the server dies, even while user code runs."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - 4 ms that other systems need not wait for

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
