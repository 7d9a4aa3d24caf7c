"""Who freezes amid what he writes does not keep others from it."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from workflow_kernel.storage import database as module
from workflow_kernel.storage.database import Database, limit_waits


async def test_locks_of_who_freezes_amid_a_pipeline_are_given_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST", 1)
    connect = psycopg.AsyncConnection.connect
    frozen, other = [await connect(database.url, autocommit=True) for _ in range(2)]
    if other.info.server_version < 170000:
        pytest.skip("this Postgres cannot limit a transaction")
    await other.execute("create table thing (n int)")
    await other.execute("insert into thing values (1)")
    await limit_waits(frozen, 1)
    # The first statements are out, and nothing says that this is all: Postgres does not take that for idle.
    pipeline = frozen.pgconn
    pipeline.enter_pipeline_mode()
    for statement in (b"begin", b"update thing set n = 2"):
        pipeline.send_query_params(statement, None)
    pipeline.send_flush_request()
    pipeline.flush()
    async with asyncio.timeout(60):
        while await count(other, "update thing%") == 0:
            pass
        while not await (await other.execute("select n from thing for update skip locked")).fetchall():
            pass
    assert await (await other.execute("select n from thing")).fetchall() == [(1,)]
    for connection in (frozen, other):
        await connection.close()


async def count(connection: psycopg.AsyncConnection[tuple[object, ...]], statement: str) -> int:
    """How many connections are at a statement."""
    rows = await (
        await connection.execute("select pid from pg_stat_activity where query like %s", [statement])
    ).fetchall()
    return len(rows)
