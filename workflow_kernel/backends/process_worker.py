"""One worker process, seen from the server: starting it, giving it a run, stopping it, ending it.

All of it blocks and is called from the pool's threads. What the process does is ``worker.child``.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

import msgspec

from workflow_kernel.backends.process_output import Output, last_output, out_of_memory
from workflow_kernel.base.errors import CancelledRunError, NodeTimeoutError, WorkerLostError, WorkflowError
from workflow_kernel.worker.child_batches import error_of
from workflow_kernel.worker.child_frames import Channel, FrameError

Reason = Literal["cancelled", "timeout"]

STOP_SIGNAL = signal.SIGUSR1
SIGNAL_EVERY = 0.2
STALLED = 60.0
"""Seconds a half-sent frame may stand still."""


class Start(msgspec.Struct, frozen=True):
    """How worker processes are started.

    Parameters
    ----------
    folder: their working folder. environment: their environment. path: where they find modules besides their own.
    trusted: whether the server may open the objects they make.
    hidden: folders and files they must not reach. shown: folders below those that they may.
    """

    folder: str
    environment: Mapping[str, str]
    path: Sequence[str]
    trusted: bool = True
    hidden: Sequence[str] = ()
    shown: Sequence[str] = ()


class Run(msgspec.Struct):
    """One run for a worker process.

    Parameters
    ----------
    entry: ``module:function``; called with the payload and a host.
    timeout: seconds until it is stopped. grace: seconds it then has before the process is killed.
    memory: bytes it may use. log: gets each line it prints. calls: what the code may ask of the server, by name.
    """

    entry: str
    payload: Any
    timeout: float | None
    grace: float
    memory: int | None
    log: Callable[[str], None]
    calls: Mapping[str, Callable[..., Any]] = {}


class Worker:
    """A process that takes one run after another. Made for one thread at a time; only ``stop`` is for any."""

    def __init__(self, start: Start) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(STALLED)
        self._wake_read, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._wake_read, False)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module in our own interpreter
                [sys.executable, "-P", "-m", "workflow_kernel.worker.child", str(theirs.fileno()), str(os.getpid())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=start.folder,
                env=dict(start.environment),
                start_new_session=True,
            )
        assert self._process.stdout is not None
        self._output = Output(self._process.stdout.fileno())
        self._channel = Channel(ours, opens=False, trusts=start.trusted)
        self._stop_reason: Reason | None = None
        self.runs = 0
        self.is_usable = True
        with suppress(OSError):
            self._channel.send(
                {
                    "path": list(start.path),
                    "folder": start.folder,
                    "hidden": list(start.hidden),
                    "shown": list(start.shown),
                }
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process still is there."""
        return self.is_usable and self._process.poll() is None

    def stop(self, reason: Reason) -> None:
        """Ask the code of the present run to stop. Safe from any thread, at any time."""
        if self._stop_reason is None:
            self._stop_reason = reason
            with suppress(OSError):
                os.write(self._wake, b"s")

    def run(self, run: Run) -> Any:
        """Run code in the process and give its result.

        Raises
        ------
        NodeError: the code failed. NodeTimeoutError: it ran too long. CancelledRunError: it was stopped.
        WorkerLostError: the process ended on the way; this worker cannot be used again.
        """
        self.runs += 1
        self._output.begin(run.log)
        try:
            self._channel.send({"entry": run.entry, "payload": run.payload, "memory": run.memory})
            answer = self._answer(run)
        except (EOFError, FrameError, OSError) as error:
            raise self._lost(error, run) from None
        finally:
            self._output.finish()
        if answer.get("is_worn"):
            self.is_usable = False
        if self._stop_reason is not None:
            raise _stopped(self._stop_reason, run)
        return _result(answer)

    def begin(self) -> None:
        """Make ready for the next run: what was asked of the last one is forgotten."""
        self._stop_reason = None
        self._sleep_again()

    def close(self, *, kill: bool = True) -> None:
        """End the process, with whatever it started."""
        self.is_usable = False
        self._channel.close()
        if kill:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        if self._wake_read >= 0:
            os.close(self._wake_read)
            os.close(self._wake)
            self._wake_read = self._wake = -1

    def _answer(self, run: Run) -> dict[str, Any]:
        """Serve the code's calls and its output until its answer comes."""
        poll = select.poll()
        for descriptor in (self._channel.fileno(), self._output.descriptor, self._wake_read):
            poll.register(descriptor, select.POLLIN)
        clock = _Clock(run)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll(clock.wait())}
            if self._output.descriptor in ready and not self._output.read():
                poll.unregister(self._output.descriptor)
            if self._channel.fileno() in ready:
                message = self._channel.receive()
                if message["kind"] != "call":
                    answer: dict[str, Any] = message
                    return answer
                self._channel.send(_serve(message, run.calls))
            if self._wake_read in ready:
                self._sleep_again()
            if self._stop_reason is None and clock.is_over():
                self._stop_reason = "timeout"
            if self._stop_reason is not None:
                clock.stopping()
                if clock.is_over():
                    raise EOFError
                # Sent again and again: code that has not begun yet does not hear the first one.
                self._process.send_signal(STOP_SIGNAL)

    def _sleep_again(self) -> None:
        with suppress(BlockingIOError):
            while os.read(self._wake_read, 100):
                pass

    def _lost(self, error: Exception, run: Run) -> Exception:
        """The error for a process that is no longer there, or not fit to go on."""
        self.is_usable = False
        if isinstance(error, EOFError | ConnectionError) and self._stop_reason is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)  # it is on its way out: its own end tells more than ours
        status = self._process.poll()
        self._output.read()
        self.close()
        if self._stop_reason is not None:
            return _stopped(self._stop_reason, run)
        tail = self._output.tail
        if status == -signal.SIGABRT and (hungry := out_of_memory(tail)) is not None:
            return hungry
        return _lost_error(status, error, tail)


class _Clock:
    """Until when a run may go on: its timeout, then the grace it has after it was told to stop."""

    def __init__(self, run: Run) -> None:
        self._grace = run.grace
        self._is_stopping = False
        self._end = None if run.timeout is None else time.monotonic() + run.timeout

    def is_over(self) -> bool:
        return self._end is not None and time.monotonic() >= self._end

    def wait(self) -> float | None:
        """Milliseconds until something is to be done."""
        if self._end is None:
            return None
        left = max(0.0, self._end - time.monotonic())
        return 1000 * (min(left, SIGNAL_EVERY) if self._is_stopping else left)

    def stopping(self) -> None:
        """The grace begins, if it has not."""
        if not self._is_stopping:
            self._is_stopping, self._end = True, time.monotonic() + self._grace


def _serve(message: Mapping[str, Any], calls: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    try:
        call = calls[message["name"]]
        return {"kind": "done", "value": call(*message["arguments"])}
    except WorkflowError as error:
        return {"kind": "failed", "message": error.message, "code": error.code, "mend": error.mend}
    except Exception as error:  # told to the code that asked; it goes on or fails
        return {"kind": "failed", "message": f"{type(error).__name__}: {error}", "code": "WF334", "mend": ""}


def _result(answer: Mapping[str, Any]) -> Any:
    if answer["kind"] == "done":
        return answer["value"]
    if answer["kind"] == "stopped":
        raise CancelledRunError("The code interrupted itself.")
    if answer["kind"] == "exit":
        raise WorkerLostError(
            f"The code ended its process with exit({answer['code']}).",
            mend="Leave code with 'return', and tell a failure by raising an exception.",
        )
    raise error_of(answer)


def _stopped(reason: Reason, run: Run) -> Exception:
    if reason == "cancelled":
        return CancelledRunError("The run was cancelled.")
    return NodeTimeoutError(
        f"The code did not finish within {run.timeout:g} s.", mend="Give the node a longer timeout, or less to do."
    )


def _lost_error(status: int | None, error: Exception, tail: str) -> WorkerLostError:
    if status is None:
        how = str(error) or "it stopped answering"
    elif status < 0:
        how = f"killed by {signal.Signals(-status).name}"
    else:
        how = f"exit code {status}"
    hint = " Out of memory, perhaps." if status == -signal.SIGKILL else ""
    return WorkerLostError(
        f"The process that ran the code ended ({how}).{hint}{last_output(tail)}",
        mend="Look for a crash in a library the code uses, for os._exit, or for too much memory.",
    )
