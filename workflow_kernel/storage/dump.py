"""Dumps of the database by Postgres's own programs, as streams: ``pg_dump`` and ``pg_restore``."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.storage.database import plain_url
from workflow_kernel.storage.embedded.programs import postgres_programs

_ENVIRONMENT = ("PATH", "HOME", "PGSSLMODE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY")

_ASIDE = "before_restore"


class DumpError(WorkflowError):
    """A dump cannot be made or restored."""

    code = "WF798"


@contextmanager
def dumped(url: str) -> Iterator[IO[bytes]]:
    """A dump of the whole database, to be read; one moment of it. Raises ``DumpError`` where it fails."""
    arguments = ["--format=custom", "--compress=gzip:6", "--no-owner", "--no-privileges"]
    with _program("pg_dump", url, arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.stdout


@contextmanager
def restored(url: str) -> Iterator[IO[bytes]]:
    """Takes a dump that is written to it, into an empty database: all of it, or on an error nothing."""
    arguments = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    with _program("pg_restore", url, arguments, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        try:
            yield process.stdin
        except BrokenPipeError:
            return  # It has ended: what it says is raised below.
        except BaseException:
            process.kill()  # Before its input ends: it would take that for the end of the dump.
            raise
        process.stdin.close()


def is_empty(url: str) -> bool:
    """Whether a database has no tables."""
    with psycopg.connect(plain_url(url), connect_timeout=5) as connection:
        row = connection.execute("select 1 from pg_tables where schemaname = current_schema() limit 1").fetchone()
    return row is None


@contextmanager
def set_aside(url: str) -> Iterator[None]:
    """Put what is in a database aside: dropped in the end, or put back on an error."""
    with psycopg.connect(plain_url(url), connect_timeout=5, autocommit=True) as connection:
        if connection.execute("select 1 from pg_namespace where nspname = %s", [_ASIDE]).fetchone():
            raise DumpError(
                "An earlier restore was broken off.",
                mend=f"What was in the database before is in its schema '{_ASIDE}': rename it to 'public', or drop it.",
            )
        connection.execute(f"begin; alter schema public rename to {_ASIDE}; create schema public; commit")
        try:
            yield
        except BaseException:
            connection.execute(f"begin; drop schema public cascade; alter schema {_ASIDE} rename to public; commit")
            raise
        connection.execute(f"drop schema {_ASIDE} cascade")


@contextmanager
def _program(name: str, url: str, arguments: list[str], **pipes: int) -> Iterator[subprocess.Popen[bytes]]:
    parts = conninfo_to_dict(plain_url(url))
    password = str(parts.pop("password", None) or "")
    environment = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ} | {"LC_ALL": "C"}
    if password:
        environment["PGPASSWORD"] = password  # Arguments can be read by everybody on the machine.
    command = [
        str(postgres_programs() / name),
        f"--dbname={make_conninfo(**{key: str(value) for key, value in parts.items()})}",
        *arguments,
    ]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stderr=said, env=environment, **pipes)  # type: ignore[call-overload]  # noqa: S603
        try:
            yield process
        finally:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            process.wait()
        if process.returncode != 0:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines() or ["it gave no reason"]
            raise DumpError(f"{name} failed: {lines[0].removeprefix(f'{name}: ')}", mend=_mend(lines[0]))


def _mend(line: str) -> str:
    if "server version mismatch" in line:
        return "Your Postgres is newer than this program's tools: use its own, as its manual says."
    return "Read the reason."
