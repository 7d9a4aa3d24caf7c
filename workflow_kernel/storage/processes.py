"""Which processes of the service run on a data folder: a file for each, which it keeps locked as long as it lives.

``server`` and the command line announce themselves; ``workflow down`` and clients of the local service look here.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from workflow_kernel.base.errors import ConflictError
from workflow_kernel.storage.locks import Lock

FOLDER = "run"
SERVER = "server"
WORKER = "worker"
_PAUSE = 0.05


class AlreadyRunningError(ConflictError):
    """A service runs on this data folder already."""

    code = "WF792"


class ServiceProcess(msgspec.Struct, frozen=True):
    """A process of the service that lives.

    Parameters
    ----------
    name: ``server``, or ``worker-`` and its process id. pid: its process id. url: where it serves; empty for workers.
    version: of the program. started_at: seconds since 1970.
    """

    name: str
    pid: int
    url: str
    version: str
    started_at: float


class Ready(msgspec.Struct, frozen=True):
    """What whoever started a server is told once it serves.

    Parameters
    ----------
    url: where. sign_in: the one-time link, as long as nobody ever signed in. seconds: how long the start took.
    """

    url: str
    sign_in: str = ""
    seconds: float = 0.0


@contextmanager
def announced(data_folder: Path, name: str, url: str, version: str) -> Iterator[ServiceProcess]:
    """Let others find this process. Raises ``AlreadyRunningError`` when one of this name runs."""
    folder = data_folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    lock = Lock(folder / f"{name}.json")
    if not lock.take():
        raise _already_running(data_folder, find(data_folder, name))
    try:
        process = ServiceProcess(name, os.getpid(), url, version, time.time())
        os.ftruncate(lock.descriptor, 0)
        os.write(lock.descriptor, msgspec.json.encode(process))
        yield process
    finally:
        if name != SERVER:  # Its file stays: two that start at once must try for the lock of the same file.
            lock.path.unlink(missing_ok=True)
        lock.free()


def refuse_second(data_folder: Path) -> None:
    """Raises ``AlreadyRunningError`` when a server runs on the data folder."""
    other = find(data_folder)
    if other is not None:
        raise _already_running(data_folder, other)


def find(data_folder: Path, name: str = SERVER) -> ServiceProcess | None:
    """The process of this name, if it lives."""
    path = data_folder / FOLDER / f"{name}.json"
    # The lock tells that whoever wrote the file lives: process ids come again.
    if not path.exists() or not Lock(path).is_held:
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=ServiceProcess)
    except (OSError, msgspec.DecodeError):
        return None


def workers(data_folder: Path) -> Sequence[ServiceProcess]:
    """The worker processes that live."""
    names = sorted(path.stem for path in (data_folder / FOLDER).glob(f"{WORKER}-*.json"))
    return [process for name in names if (process := find(data_folder, name)) is not None]


def end(data_folder: Path, process: ServiceProcess, patience: float) -> bool:
    """Ask a process to end and wait; tells whether it had to be killed."""
    _send(process, signal.SIGTERM)
    until = time.monotonic() + patience
    while find(data_folder, process.name) == process:
        if time.monotonic() > until:
            _send(process, signal.SIGKILL)
            return True
        time.sleep(_PAUSE)
    return False


def _already_running(data_folder: Path, other: ServiceProcess | None) -> AlreadyRunningError:
    where = f" at {other.url}, with the process id {other.pid}" if other else ""
    return AlreadyRunningError(
        f"A service runs on {data_folder} already{where}.",
        mend="Use it, stop it with 'workflow down', or set another WORKFLOW_DATA_FOLDER.",
    )


def _send(process: ServiceProcess, number: signal.Signals) -> None:
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return
