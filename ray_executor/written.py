"""What a worker process writes, in a file that outlives it: killed, it still tells what came last.

The file begins with a head that says for whom: the bundle, the position of the run in it, and where the run's own
output begins. ``capture`` writes it, ``find`` reads it in another process of the same machine.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import mmap
import os
import shutil
import socket
import stat
import struct
import tempfile
import time
from pathlib import Path

import msgspec

HEAD = 1024
LOG = 64
"""Where the head names the log that Ray keeps of the process."""

NAME = 16
"""Bytes of a bundle's name."""

MOST = 1 << 18
"""Bytes that are told of a run: the last ones."""

ENOUGH = 1 << 30
"""Bytes memory must have free for the file to be kept there: code that cannot print fails."""

STALE = 600.0
"""Seconds after which nobody asks any more what a process wrote."""


class Found(msgspec.Struct, frozen=True):
    """What a process that ended had written.

    Parameters
    ----------
    host, pid: the machine and the process. position: of the run it was at, in its bundle.
    text: what the run wrote, its end where that was much. is_cut: whether there was more.
    log: path of the log Ray keeps of the process.
    """

    host: str
    pid: int
    position: int
    text: str
    is_cut: bool
    log: str


class Written:
    """The file of this process. ``descriptor`` reads it, ``writer`` appends to it.

    Parameters
    ----------
    is_kept: whether it outlives the process.
    """

    def __init__(self, *, is_kept: bool) -> None:
        self.descriptor = _make() if is_kept else os.memfd_create("output")
        os.write(self.descriptor, bytes(HEAD))
        self.writer = os.open(f"/proc/self/fd/{self.descriptor}", os.O_WRONLY | os.O_APPEND)
        self._head = mmap.mmap(self.descriptor, HEAD)
        self._numbers = memoryview(self._head).cast("Q")
        self._numbers[4] = os.getpid()
        log = raw_log().encode()[: HEAD - LOG]
        self._head[LOG : LOG + len(log)] = log

    def begin(self, name: bytes) -> None:
        """A bundle begins."""
        self._head[:NAME] = name
        self.empty()

    def run(self, position: int) -> None:
        """A run begins. Costs a quarter of a microsecond, as it comes before each."""
        self._numbers[2] = position
        self._numbers[3] = os.lseek(self.writer, 0, os.SEEK_END)

    def empty(self) -> None:
        """What was written is not needed any more."""
        os.ftruncate(self.descriptor, HEAD)
        os.lseek(self.descriptor, HEAD, os.SEEK_SET)


def find(name: bytes) -> Found | None:
    """What the process that did a bundle had written; None where no process of this machine did it."""
    with contextlib.suppress(OSError):
        for path in folder().iterdir():
            with contextlib.suppress(OSError), path.open("rb") as file:
                head = file.read(HEAD)
                if head[:NAME] != name or len(head) < HEAD:
                    continue
                position, start, pid = struct.unpack_from("=3Q", head, NAME)
                end = file.seek(0, os.SEEK_END)
                file.seek(max(start, end - MOST))
                text = file.read(MOST).decode("utf-8", "replace")
                if _is_left(file.fileno()):
                    path.unlink(missing_ok=True)
                log = head[LOG:].rstrip(b"\0").decode("utf-8", "replace")
                return Found(socket.gethostname(), pid, position, text, end - start > MOST, log)
    return None


@functools.cache
def raw_log() -> str:
    """The file Ray lets this process write to by itself; asked for the first time before output is caught."""
    with contextlib.suppress(OSError):
        path = os.readlink("/proc/self/fd/1")  # noqa: PTH115 - of no file that is there by this name
        if path.endswith(".out"):
            return path
    return ""


def folder() -> Path:
    """Where processes of this user keep these files: in memory, where there is enough. Others cannot look into it."""
    memory = Path("/dev/shm")  # noqa: S108 - in a folder of our own
    is_large = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).total >= ENOUGH
    found = (memory if is_large else Path(tempfile.gettempdir())) / f"workflow-output-{os.getuid()}"
    found.mkdir(mode=0o700, exist_ok=True)
    about = found.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
        raise PermissionError(f"{found} belongs to somebody else")
    return found


def _make() -> int:
    try:
        place = folder()
        _sweep(place)
        descriptor, name = tempfile.mkstemp(prefix=f"{os.getpid()}-", dir=place)
    except OSError:  # there is no place for it: what a process wrote is lost with it
        return os.memfd_create("output")
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    atexit.register(Path(name).unlink, missing_ok=True)
    return descriptor


def _sweep(place: Path) -> None:
    """Remove what processes that are gone left behind."""
    for path in place.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > STALE:
                with path.open("rb") as file:
                    if _is_left(file.fileno()):
                        path.unlink()


def _is_left(descriptor: int) -> bool:
    """Whether the process that wrote a file is gone: it held a lock on it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
