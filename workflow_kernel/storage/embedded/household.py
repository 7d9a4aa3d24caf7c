"""The servers of a data folder and the processes that use them: the first starts them, the last stops them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from workflow_kernel.storage import private_file
from workflow_kernel.storage.embedded.account import Account, account_for, blocked_by
from workflow_kernel.storage.embedded.errors import OwnServerError
from workflow_kernel.storage.embedded.postgres import Postgres
from workflow_kernel.storage.embedded.redis import Redis
from workflow_kernel.storage.locks import Lock

FOLDER = "servers"
_PASSWORD_BYTES = 24
_PATIENCE = 120.0
"""Seconds a start or stop by another process may take."""


class Server(Protocol):
    """What a household runs."""

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def is_running(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def leave(self) -> None: ...


KINDS: dict[str, Callable[[Path, str, Account], Server]] = {"postgres": Postgres, "redis": Redis}


class Household:
    """Our part in the servers of a data folder.

    Parameters
    ----------
    data_folder: of the service. names: of the servers we need, of ``KINDS``.
    """

    def __init__(self, data_folder: Path, names: Sequence[str]) -> None:
        folder = data_folder.resolve() / FOLDER
        account = _prepared(folder)
        self._door = folder / "lock"
        self._members = folder / "members.lock"
        self._membership = Lock(self._members)
        self._all = {name: make(folder, _password(folder, name), account) for name, make in KINDS.items()}
        self.servers = [self._all[name] for name in names]

    def join(self) -> None:
        """Use the servers; starts those that do not run."""
        with _alone(self._door):
            if not self._membership.wait(10, shared=True):
                raise OwnServerError("The servers are being stopped.", mend="Try again.")
            try:
                self._start()
            except BaseException:
                self._leave()
                raise

    def mend(self) -> Sequence[str]:
        """Start again what has crashed; gives the names."""
        if all(server.is_running for server in self.servers):
            return []
        with _alone(self._door):
            return self._start()

    def leave(self) -> None:
        """Use the servers no more; stops them when nobody else does."""
        with _alone(self._door):
            self._leave()

    def stop(self) -> bool:
        """Stop the servers if nobody uses them; tells whether nobody does."""
        with _alone(self._door):
            return self._stop_unused()

    def _start(self) -> Sequence[str]:
        missing = [server for server in self.servers if not server.is_running]
        for server in missing:
            server.start()
        return [server.name for server in missing]

    def _leave(self) -> None:
        self._membership.free()
        self._stop_unused()
        for server in self._all.values():
            server.leave()

    def _stop_unused(self) -> bool:
        alone = Lock(self._members)
        if not alone.take():
            return False
        try:
            for server in self._all.values():  # Others may have needed more than we do.
                server.stop()
        finally:
            alone.free()
        return True


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Do something that no other process does at the same time."""
    lock = Lock(path)
    if not lock.wait(_PATIENCE):
        raise OwnServerError(
            f"Another process has held {path} for {_PATIENCE:.0f} seconds.", mend="End it: workflow down --all."
        )
    try:
        yield
    finally:
        lock.free()


def _password(folder: Path, name: str) -> str:
    kept = private_file.kept(folder / f"{name}.password", lambda: secrets.token_urlsafe(_PASSWORD_BYTES).encode())
    return kept.decode().strip()


def _prepared(folder: Path) -> Account:
    """Make the folder; gives the account its servers run as."""
    account = account_for(folder / "postgres")
    is_root = bool(account.popen_options)
    for place in (folder.parent, folder):
        if not place.exists():
            place.mkdir(parents=True)
            place.chmod(0o711 if is_root else 0o700)
    if is_root and (blocked := blocked_by(folder, account)) is not None:
        raise OwnServerError(
            f"Postgres refuses to run as root, and as '{account.name}' it may not enter the folder {blocked}.",
            mend="Set WORKFLOW_DATA_FOLDER to a folder it can reach, such as /var/lib/workflow, or do not run as root.",
        )
    return account
