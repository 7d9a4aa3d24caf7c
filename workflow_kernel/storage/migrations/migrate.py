"""Brings a database to a revision, however many processes try at the same time."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, create_engine, pool

from workflow_kernel.base.errors import UnavailableError
from workflow_kernel.storage.database import plain_url, reason, sqlalchemy_url

FOLDER = Path(__file__).parent
_LOCK = 7_346_271_905_113
"""Key of the advisory lock, the same in every version."""
_PATIENCE = "120s"
_FILE = re.compile(r"((?:pre|post)_\d{4})_\w+")


class MigrationError(UnavailableError):
    """The database cannot be brought to the revision."""

    code = "WF794"


def revisions() -> list[str]:
    """The revisions this program knows, oldest first, told by the names of files: loading Alembic takes long."""
    found = [match[1] for path in (FOLDER / "versions").glob("*.py") if (match := _FILE.fullmatch(path.stem))]
    return sorted(found, key=_number)


def current(url: str) -> str:
    """The revision a database has; empty for a new one."""
    with psycopg.connect(plain_url(url), connect_timeout=5) as connection:
        if connection.execute("select to_regclass('alembic_version')").fetchone() == (None,):
            return ""
        row = connection.execute("select version_num from alembic_version").fetchone()
        return str(row[0]) if row else ""


def is_current(url: str) -> bool:
    """Whether a database has the newest revision."""
    return current(url) == revisions()[-1]


async def migrate(url: str, revision: str = "head") -> None:
    """Bring a database to a revision, up or down; each revision is a transaction.

    Parameters
    ----------
    url: of the database. revision: ``head`` for the newest, ``base`` for none, or its name.
    """
    await asyncio.to_thread(_migrate, url, revision)


def _migrate(url: str, revision: str) -> None:
    if revision == "head" and is_current(url):
        return
    engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"set lock_timeout = '{_PATIENCE}'")
            connection.exec_driver_sql(f"select pg_advisory_lock({_LOCK})")
            connection.commit()
            try:
                _run(connection, _check(current(url), revision))
            finally:
                connection.rollback()
                connection.exec_driver_sql(f"select pg_advisory_unlock({_LOCK})")
                connection.commit()
    finally:
        engine.dispose()


def _check(now: str, revision: str) -> tuple[str, bool]:
    """The revision to go to, and whether it lies above the one the database has."""
    known = revisions()
    if now and now not in known:
        raise MigrationError(
            f"The database has the revision '{now}', which this version of the program does not know.",
            mend="A newer version made it: update this one, or use another database.",
        )
    if revision == "base":
        return "base", False
    target = known[-1] if revision == "head" else revision
    if target not in known:
        raise MigrationError(f"There is no revision '{target}'.", mend=f"The revisions are: {', '.join(known)}.")
    return target, not now or known.index(target) >= known.index(now)


def _run(connection: Connection, goal: tuple[str, bool]) -> None:
    from alembic import command  # noqa: PLC0415 - takes long to load, and most starts find nothing to do
    from alembic.util import CommandError  # noqa: PLC0415

    revision, is_up = goal
    try:
        (command.upgrade if is_up else command.downgrade)(configuration(connection), revision)
    except CommandError as error:
        raise MigrationError(f"The database cannot be brought to '{revision}': {reason(error)}.") from None


def configuration(connection: Connection) -> Any:
    """Alembic's settings, for a connection."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _number(revision: str) -> int:
    return int(revision.rpartition("_")[2])
