"""The connection pool to Postgres, and transactions. Stores take a ``Database``; nobody else opens connections."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from workflow_kernel.base.errors import UnavailableError


def sqlalchemy_url(url: str) -> URL:
    """The URL for our driver, from one as people write it (``postgres://`` or ``postgresql://``)."""
    return make_url(url.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+psycopg")


def plain_url(url: str) -> str:
    """The URL as libpq takes it."""
    return sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


IDLE = 60
"""Seconds a transaction may wait for its next statement: a process that froze in one would hold its locks for ever."""

LONGEST = 30
"""Seconds a transaction of such a connection may take in all."""

_TRANSACTION_TIMEOUT = 170000
"""The version of Postgres that has it."""

_LIMIT = "set idle_in_transaction_session_timeout = '{}s'"


class Database:
    """A pool of connections.

    Parameters
    ----------
    url: ``postgresql://user:password@host:port/name``. pool: connections at most.
    timeout: seconds to wait for a connection.
    """

    def __init__(self, url: str, *, pool: int = 20, timeout: float = 5.0) -> None:
        self.url = plain_url(url)
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool,
            max_overflow=0,
            pool_timeout=timeout,
            pool_pre_ping=False,
            pool_recycle=1800,
            connect_args={"connect_timeout": max(1, round(timeout)), "application_name": "workflow"},
        )
        event.listen(self.engine.sync_engine, "connect", _limit_waits)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed at the end, rolled back on an error."""
        async with self._sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A transaction without the object mapping, for statements that many rows go through."""
        async with self.engine.begin() as connection:
            yield connection

    async def ping(self) -> None:
        """Raises ``UnavailableError`` when the database does not answer."""
        try:
            async with self.engine.connect() as connection:
                await connection.execute(text("select 1"))
        except (OperationalError, DBAPIError, OSError, TimeoutError) as error:
            raise UnavailableError(
                f"Postgres does not answer: {reason(error)}.",
                mend="Check that it runs and that WORKFLOW_DATABASE_URL is right.",
            ) from None

    def pool_status(self) -> dict[str, int]:
        """How many connections are open, and in use."""
        pool: Any = self.engine.pool
        return {"size": int(pool.size()), "open": int(pool.checkedin() + pool.checkedout()), "used": pool.checkedout()}

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _limit_waits(connection: Any, _: object) -> None:
    with contextlib.closing(connection.cursor()) as cursor:
        cursor.execute(_LIMIT.format(IDLE))
    connection.commit()


async def limit_waits(connection: psycopg.AsyncConnection[Any], seconds: int) -> None:
    """Let a connection outside the pool, in autocommit, end when this process freezes in a transaction for so long.

    Amid a pipeline a connection is not idle for Postgres: there the whole transaction is limited, where it can be.
    """
    await connection.execute(_LIMIT.format(seconds).encode())
    if connection.info.server_version >= _TRANSACTION_TIMEOUT:
        await connection.execute(f"set transaction_timeout = '{LONGEST}s'".encode())


def reason(error: BaseException) -> str:
    """What went wrong, in one line without the statement."""
    found = getattr(error, "orig", None) or error
    lines = str(found).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(found).__name__
