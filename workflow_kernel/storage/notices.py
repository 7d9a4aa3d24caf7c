"""Notices through Postgres (LISTEN and NOTIFY): sent exactly when a transaction commits, heard by every server.

A notice may be lost while the connection is away; whoever listens is told to look at everything again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping

import psycopg
import structlog
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

QUIET = 20.0
"""Seconds without a notice after which the connection is tried."""

PAUSE = 0.5
"""Seconds between attempts to connect."""

Hear = Callable[[str], None]

_log = structlog.get_logger("workflow.notices")


async def tell(session: AsyncSession, channel: str, payload: str = "") -> None:
    """Tell every server that listens, once the transaction commits."""
    await session.execute(text("select pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload})


class Notices:
    """Hears notices on a connection of its own.

    Parameters
    ----------
    url: of the database. channels: what is called with the payload of each notice, by channel.
    on_gap: called when notices may have been lost, and once at the beginning.
    """

    def __init__(self, url: str, channels: Mapping[str, Hear], on_gap: Callable[[], None]) -> None:
        self._url = url
        self._channels = channels
        self._on_gap = on_gap
        self._work: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Notices:
        self._work = asyncio.create_task(self._hear_for_ever(), name="notices")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def _hear_for_ever(self) -> None:
        while True:
            try:
                await self._hear()
            except (psycopg.Error, OSError) as error:
                _log.warning("notices.unavailable", error=str(error).splitlines()[0] if str(error) else "")
            await asyncio.sleep(PAUSE)

    async def _hear(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=5, application_name="workflow notices"
        )
        try:
            for channel in self._channels:
                await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
            self._on_gap()
            while True:
                async for notice in connection.notifies(timeout=QUIET):
                    self._channels[notice.channel](notice.payload)
                await connection.execute("select 1")
        finally:
            with contextlib.suppress(Exception):  # it may be gone already
                await connection.close()
