"""Our own Postgres: made on the first start, small in memory, reachable from this machine with a password."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg

from workflow_kernel.storage.embedded.account import Account, give
from workflow_kernel.storage.embedded.errors import OwnServerError
from workflow_kernel.storage.embedded.place import place_for
from workflow_kernel.storage.embedded.program import Program
from workflow_kernel.storage.embedded.programs import postgres_programs

NAME = "workflow"
"""Name of the database and of its owner."""

SETTINGS = {
    "shared_buffers": "48MB",
    "max_connections": "200",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "2",
    "autovacuum_vacuum_scale_factor": "0.05",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    # What statements and rows hold may be secret.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class Postgres:
    """A Postgres server in a folder.

    Parameters
    ----------
    folder: of all servers. password: of the database's owner. account: who runs it.
    """

    name = "postgres"

    def __init__(self, folder: Path, password: str, account: Account) -> None:
        self._folder = folder
        self._data = folder / "postgres"
        self._sockets = folder / "sockets"
        self._password = password
        self._account = account
        self._place = place_for(self._sockets / ".s.PGSQL.5432", folder / "postgres.port")
        self._program = Program(self.name, folder, self._data, self._data / "postmaster.pid", account)

    @property
    def url(self) -> str:
        """How clients reach it."""
        return self._url(NAME)

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self._program.is_running

    def start(self) -> None:
        """Start it, with a database in it."""
        programs = postgres_programs(self._account, self._folder / "programs")
        give(self._sockets, self._account, 0o700)
        if not self._data.exists():
            self._make(programs)
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        sockets = str(self._sockets) if self._place.socket else ""
        where = ["-k", sockets, "-h", self._place.host, "-p", str(self._place.port)]
        self._forget_crashed()
        self._program.start([programs / "postgres", "-D", self._data, *where, *options], self._is_ready)
        self._make_database()

    def stop(self) -> None:
        """Stop it; open transactions are rolled back."""
        self._program.stop(signal.SIGINT)

    def leave(self) -> None:
        """Let it go on without us."""
        self._program.leave()

    def _make(self, programs: Path) -> None:
        """Make a new data folder, whole or not at all."""
        part = self._data.with_name("postgres.part")
        shutil.rmtree(part, ignore_errors=True)
        give(part, self._account, 0o700)
        descriptor, name = tempfile.mkstemp(dir=part.parent)
        with os.fdopen(descriptor, "w") as file:
            file.write(self._password)
        if self._account.popen_options:
            os.chown(name, self._account.uid, self._account.gid)
        try:
            done = subprocess.run(  # noqa: S603 - a program of a package of ours
                [
                    programs / "initdb", "-D", part, "-U", NAME, f"--pwfile={name}", "-A", "scram-sha-256",
                    "-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                ],
                capture_output=True, text=True, cwd=part, env={"LC_ALL": "C"}, check=False,
                **self._account.popen_options,
            )  # fmt: skip
        finally:
            Path(name).unlink()
        if done.returncode != 0:
            raise OwnServerError(f"A folder for Postgres cannot be made: {done.stderr.strip()[-400:]}")
        part.rename(self._data)

    def _forget_crashed(self) -> None:
        """Remove process ids of a crashed Postgres: by now they may be another program's, and Postgres would give up.

        Safe here: whoever starts a server does so alone, and it does not run.
        """
        for path in (self._data / "postmaster.pid", self._sockets / ".s.PGSQL.5432.lock"):
            path.unlink(missing_ok=True)

    def _make_database(self) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True, connect_timeout=5) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [NAME]).fetchone():
                connection.execute(f"create database {NAME}")

    def _is_ready(self) -> bool:
        try:
            psycopg.connect(self._url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise OwnServerError(
                    "The password kept for our own Postgres is not the one it was made with.",
                    mend=f"Put back the file {self._folder / 'postgres.password'}, or restore a backup elsewhere.",
                ) from None
            return False
        return True

    def _url(self, database: str) -> str:
        user = f"{NAME}:{quote(self._password, safe='')}"
        if self._place.socket:
            return f"postgresql://{user}@/{database}?host={quote(str(self._sockets), safe='')}&port={self._place.port}"
        return f"postgresql://{user}@{self._place.host}:{self._place.port}/{database}"
