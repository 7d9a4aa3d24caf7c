"""The queries behind lists, filters, statistics and sweeps use the indexes on 100,000 executions."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import event, text

from workflow_kernel.base.ids import new_id
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import SYSTEM
from workflow_kernel.services.executions import ExecutionFilter, Executions
from workflow_kernel.storage import pruning
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.executions import ExecutionStore
from workflow_kernel.storage.statistics import ExecutionStatistics

FEW = 6_000.0
"""Cost of reading a part; reading everything costs more."""

PROJECTS = [new_id() for _ in range(20)]
WORKFLOWS = [new_id() for _ in range(200)]

FILL = """
insert into execution (id, workflow_id, project_id, version, mode, state, priority, epoch, start, last_node, key,
                       parent_id, wake_at, created_at, started_at, ended_at, runs)
select gen_random_uuid(), (:workflows ::uuid[])[1 + i % 200], (:projects ::uuid[])[1 + i % 20], 1,
       (array['webhook', 'schedule', 'manual'])[1 + i % 3],
       case when i % 500 = 0 then 'running' when i % 501 = 0 then 'queued' when i % 50 = 1 then 'failed'
            when i % 700 = 3 then 'suspended' else 'succeeded' end,
       3, 1, '', '', case when i % 10 = 0 then 'key' || i end, case when i % 1000 = 0 then gen_random_uuid() end,
       case when i % 700 = 3 then now() + i * interval '1 second' end,
       now() - i * interval '10 seconds', now() - i * interval '10 seconds',
       case when i % 500 = 0 or i % 501 = 0 or i % 700 = 3 then null else now() - i * interval '10 seconds' end,
       decode(repeat('ab', 200), 'hex')
from generate_series(1, 100000) i
"""


class Told:
    """What Postgres says of how it runs statements."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plans(self, act: Callable[[], Awaitable[Any]]) -> list[dict[str, Any]]:
        """The plans of every statement on executions that something runs."""
        with self._heard() as heard:
            await act()
        found = []
        async with self._database.connection() as connection:
            raw = await connection.get_raw_connection()
            driver = cast(Any, raw.driver_connection)
            for statement, parameters in heard:
                cursor = await driver.execute(f"explain (format json) {statement}", parameters)
                (value,) = await cursor.fetchone()
                found.append((json.loads(value) if isinstance(value, str) else value)[0]["Plan"])
        assert found
        return found

    @contextmanager
    def _heard(self) -> Iterator[list[tuple[str, Any]]]:
        heard: list[tuple[str, Any]] = []

        def hear(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
            if "execution" in statement and "project_member" not in statement:
                heard.append((statement, parameters))

        engine = self._database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", hear)
        try:
            yield heard
        finally:
            event.remove(engine, "before_cursor_execute", hear)


def names(plan: dict[str, Any]) -> Iterator[str]:
    """The indexes a plan uses, and the tables it reads whole."""
    if "Index Name" in plan:
        yield plan["Index Name"]
    elif plan["Node Type"] in ("Seq Scan", "Parallel Seq Scan"):
        yield f"whole {plan['Relation Name']}"
    for inner in plan.get("Plans", ()):
        yield from names(inner)


@pytest.fixture
async def filled(database: Database) -> Database:
    async with database.connection() as connection:
        await connection.execute(
            text("insert into project (id, name) select unnest(:ids ::uuid[]), 'Team'"), {"ids": PROJECTS}
        )
        await connection.execute(
            text("""insert into workflow (id, project_id, name, description, version)
                    select unnest(:ids ::uuid[]), :project, 'Flow', '', 1"""),
            {"ids": WORKFLOWS, "project": PROJECTS[0]},
        )
        await connection.execute(text("alter table execution set (autovacuum_enabled = false)"))
        await connection.execute(text(FILL), {"workflows": WORKFLOWS, "projects": PROJECTS})
        await connection.execute(
            text("set local default_statistics_target = 1000")
        )  # reads all rows: no sample, no luck
        await connection.execute(text("analyze execution"))
    return database


async def test_no_query_that_people_wait_for_reads_the_whole_table(filled: Database) -> None:
    told = Told(filled)
    nothing = cast(Any, None)
    executions = Executions(
        filled, Access(filled), nothing, nothing, nothing, nothing, nothing, MemoryBlobs()
    )  # fmt: skip
    store = ExecutionStore(filled, MemoryBlobs())
    now = datetime.now(UTC)
    after = (now - timedelta(days=3), new_id())
    used: set[str] = set()

    def find(**wanted: Any) -> Callable[[], Awaitable[Any]]:
        return lambda: executions.find(SYSTEM, ExecutionFilter(**wanted))

    def statistics(projects: Sequence[UUID] | None) -> Callable[[], Awaitable[Any]]:
        sums, since = ExecutionStatistics(filled), now - timedelta(hours=12)

        async def ask() -> None:
            await sums.sums(projects, since)
            await sums.buckets(projects, since, timedelta(hours=1))
            await sums.workflows(projects, since, 10)

        return ask

    async def by_key() -> None:
        async with filled.connection() as connection:
            statement = text("select id from execution where workflow_id = :workflow and key = :key")
            await connection.execute(statement, {"workflow": WORKFLOWS[0], "key": "key10"})

    cases: dict[str, tuple[str, Callable[[], Awaitable[Any]]]] = {
        "all": ("ix_execution_created", find()),
        "next page": ("ix_execution_created", find(after=after)),
        "project": ("ix_execution_project_created", find(project=PROJECTS[1])),
        "workflow": ("ix_execution_workflow_created", find(workflow=WORKFLOWS[1], after=after)),
        "failed": ("ix_execution_failed", find(project=PROJECTS[1], states=("failed",))),
        "children": ("ix_execution_parent", find(parent=new_id())),
        "since": ("ix_execution_project_created", find(project=PROJECTS[1], since=now - timedelta(hours=1))),
        "mode": ("ix_execution_created", find(modes=("manual",))),
        "statistics": ("ix_execution_created", statistics(None)),
        "statistics of a project": ("ix_execution_project_created", statistics(PROJECTS[:1])),
        "key": ("uq_execution_key", by_key),
        "open": ("ix_execution_open", store.counts),
        "sleepers": ("ix_execution_wake", store.wake),
        "next wake": ("ix_execution_wake", store.next_wake),
        "orphans": ("ix_execution_open", store.free_orphans),
        "forgotten": ("ix_execution_open", lambda: store.forgotten(5.0)),
        "prune by age": (
            "ix_execution_created",
            lambda: pruning.executions_before(filled, now - timedelta(days=11), 100),
        ),
        "prune by count": ("ix_execution_created", lambda: _prune_by_count(filled)),
        "prune a workflow": (
            "ix_execution_workflow_created",
            lambda: pruning.executions_of(filled, WORKFLOWS[5], 100),
        ),
    }
    for case, (index, act) in cases.items():
        for plan in await told.plans(act):
            found = set(names(plan))
            used |= found
            assert index in found, (case, found)
            assert "whole execution" not in found, (case, plan)
            assert plan["Total Cost"] < FEW or case == "prune by count", f"{case}: {plan}"
    async with filled.connection() as connection:
        whole = await connection.scalar(text("explain (format json) select id from execution where start = 'x'"))
        assert whole[0]["Plan"]["Total Cost"] > FEW
        known = set(await connection.scalars(text("select indexname from pg_indexes where tablename = 'execution'")))
    assert known - used == set(), "no query here needs these indexes"


async def _prune_by_count(database: Database) -> None:
    last = await pruning.last_kept(database, 90_000)
    assert last is not None
    assert await pruning.executions_beyond(database, last, 100) == 100
