"""A server program that outlives who started it: how it is started, found again and stopped.

It inherits a lock on a file, so whether it (or a child of it) lives is known without trusting process ids.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from workflow_kernel.storage.embedded.account import Account
from workflow_kernel.storage.embedded.errors import OwnServerError
from workflow_kernel.storage.locks import Lock

_PAUSE = 0.01
_MOST_LOG = 8 << 20
_LONGEST_START = 100.0
"""Seconds a start may take: after a crash, what was written last is gone through first."""
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}


class Program:
    """One server program.

    Parameters
    ----------
    name: for messages and files. folder: where its lock and its log are. data: the folder it works in.
    pid_file: where the program itself writes its process id, in the first line. account: who runs it.
    """

    def __init__(self, name: str, folder: Path, data: Path, pid_file: Path, account: Account) -> None:
        self.name = name
        self.data = data
        self.log = folder / f"{name}.log"
        self._lock = Lock(folder / f"{name}.lock")
        self._pid_file = pid_file
        self._account = account
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether the program lives; what only its children do does not count."""
        if self._child is not None:
            self._child.poll()  # Takes note of its end; until then the system keeps it as a zombie.
        return self._lock.is_held and self._process() is not None

    def start(self, command: Sequence[str | Path], is_ready: Callable[[], bool], *, stdin: bytes = b"") -> None:
        """Start it and wait until it is ready. Raises ``OwnServerError`` when it ends before."""
        self._end_leftovers()
        if not self._lock.wait(10):
            raise OwnServerError(f"What is left of an earlier {self.name} does not end.", mend=f"See {self.log}.")
        try:
            self._child = self._spawn(command, stdin)
        finally:
            self._lock.free()
        end = time.monotonic() + _LONGEST_START
        while not is_ready():
            if self._child.poll() is not None or time.monotonic() > end:
                raise OwnServerError(
                    f"{self.name.capitalize()} does not start: {self._last_words()}", mend=f"See {self.log}."
                )
            time.sleep(_PAUSE)

    def stop(self, number: signal.Signals, patience: float = 20.0) -> None:
        """Ask it to end, and make it when it does not."""
        process = self._process() if self._lock.is_held else None
        if process is not None:
            process.send_signal(number)
            if not self._wait_for_end(patience):
                process.kill()
        self._end_leftovers()

    def leave(self) -> None:
        """Let it go on without us."""
        if self._child is not None and self._child.poll() is None:
            self._child.returncode = 0  # Else Python warns of a forgotten child.
        self._child = None

    def _spawn(self, command: Sequence[str | Path], stdin: bytes) -> subprocess.Popen[bytes]:
        if self.log.exists() and self.log.stat().st_size > _MOST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            child = subprocess.Popen(  # noqa: S603 - a program of a package of ours
                [str(part) for part in command],
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data,
                env=_ENVIRONMENT,
                pass_fds=(self._lock.descriptor,),
                start_new_session=True,  # Ctrl-C in a terminal is for whoever started it.
                **self._account.popen_options,
            )
        if child.stdin is not None:
            child.stdin.write(stdin)
            child.stdin.close()
        return child

    def _process(self) -> psutil.Process | None:
        """The program, if its process id is known and lives."""
        try:
            found = psutil.Process(int(self._pid_file.read_text().split(maxsplit=1)[0]))
            return None if found.status() == psutil.STATUS_ZOMBIE else found
        except (OSError, ValueError, IndexError, psutil.Error):
            return None

    def _wait_for_end(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self._lock.is_held:
            if self._child is not None:
                self._child.poll()
            if time.monotonic() > end:
                return False
            time.sleep(_PAUSE)
        return True

    def _end_leftovers(self) -> None:
        """End children whose parent is gone: they hold on to files that a new one needs."""
        if self._wait_for_end(0.5):
            return
        for process in psutil.process_iter():
            try:
                if Path(process.cwd()) == self.data and process.pid != os.getpid():
                    process.kill()
            except (psutil.Error, OSError):
                continue
        self._wait_for_end(5)

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return " / ".join(line.strip() for line in lines[-3:])[-500:]
