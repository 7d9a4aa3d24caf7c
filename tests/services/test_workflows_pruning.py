"""Pruning: old executions, deleted workflows, unused blobs and expired keys go; what is in use stays."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from tests.services.workflow_world import World, flow
from workflow_kernel.base.errors import NotAllowedError
from workflow_kernel.base.ids import new_id
from workflow_kernel.base.settings import Settings
from workflow_kernel.runs.entries import AttemptFailed, RunDone
from workflow_kernel.runs.item import Binary, Item, Items
from workflow_kernel.runs.lineage import SAME
from workflow_kernel.runs.outcome import ErrorInfo, Headway
from workflow_kernel.services.actor import SYSTEM
from workflow_kernel.services.pruning import Pruned, Pruning
from workflow_kernel.storage import packing, pruning
from workflow_kernel.storage.blob_references import batches_in, digests
from workflow_kernel.storage.blobs import FolderBlobs
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import (
    AuditEvent,
    Delivery,
    Execution,
    NodeRun,
    Template,
    Tick,
    Webhook,
    Workflow,
)
from workflow_kernel.worker.output import SpilledItems

NOW = datetime.now(UTC)


@pytest.fixture
def world(workflow_database: Database) -> World:
    return World(workflow_database)


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs")


def pruner(world: World, blobs: FolderBlobs, **settings: Any) -> Pruning:
    return Pruning(world.database, blobs, Settings(**settings))


async def count(world: World, table: Any) -> int:
    async with world.database.session() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


async def workflow_with_executions(world: World, *ages: float, state: str = "succeeded") -> UUID:
    """A workflow with executions that ended so many days ago; those below zero go on."""
    ada = await world.person(f"p{new_id()}")
    record = (await world.workflows.create(ada, document=flow())).record
    async with world.database.session() as session:
        for age in ages:
            at = NOW - timedelta(days=abs(age))
            session.add(
                Execution(
                    workflow_id=record.id, project_id=record.project, mode="manual", created_at=at,
                    state="running" if age < 0 else state, ended_at=None if age < 0 else at,
                )
            )  # fmt: skip
    return record.id


def grow_old(blobs: FolderBlobs, digest: str) -> str:
    long_ago = time.time() - 10 * 24 * 3600
    os.utime(blobs._path(digest), (long_ago, long_ago))
    return digest


async def test_executions_go_by_age_and_by_count_and_running_ones_stay(world: World, blobs: FolderBlobs) -> None:
    await workflow_with_executions(world, 20, 15, 13, 3, 2, 1, -40)
    assert (await pruner(world, blobs, keep_days=14, keep_count=0).prune(SYSTEM)).executions == 2
    assert (await pruner(world, blobs, keep_days=0, keep_count=2).prune(SYSTEM)).executions == 2
    assert await pruner(world, blobs, keep_days=0, keep_count=0).prune(SYSTEM) == Pruned()
    async with world.database.session() as session:
        rows = await session.execute(select(Execution.state, Execution.created_at).order_by(Execution.created_at))
        left = [(state, (NOW - at).days) for state, at in rows]
    assert left == [("running", 40), ("succeeded", 2), ("succeeded", 1)]


async def test_many_executions_go_batch_by_batch_with_their_node_runs(world: World, blobs: FolderBlobs) -> None:
    workflow = await workflow_with_executions(world)
    async with world.database.connection() as connection:
        await connection.execute(
            text("""insert into execution (id, workflow_id, project_id, mode, state, priority, epoch, start, last_node,
                        created_at, ended_at)
                    select gen_random_uuid(), id, project_id, 'manual', 'succeeded', 3, 1, '', '',
                           now() - interval '30 days', now() - interval '30 days'
                    from workflow, generate_series(1, 1234) where id = :id"""),
            {"id": workflow},
        )
        await connection.execute(
            text("""insert into node_run (execution_id, node, run_index, kind, state, entry)
                    select id, 'a', 0, 'done', 'succeeded', '' from execution""")
        )
    assert (await pruner(world, blobs).prune(SYSTEM)).executions == 1234
    assert await count(world, NodeRun) == 0


async def test_deleted_workflows_go_after_their_time(world: World, blobs: FolderBlobs) -> None:
    old, busy, recent = [await workflow_with_executions(world, age) for age in (5, -1, 5)]
    async with world.database.connection() as connection:
        for identity, days in ((old, 31), (busy, 31), (recent, 29)):
            statement = text("update workflow set deleted_at = now() - :age where id = :id")
            await connection.execute(statement, {"id": identity, "age": timedelta(days=days)})
    assert (await pruner(world, blobs).prune(SYSTEM)).workflows == 1
    async with world.database.session() as session:
        assert set(await session.scalars(select(Workflow.id))) == {busy, recent}


async def test_expired_keys_ticks_and_test_webhooks_go(world: World, blobs: FolderBlobs) -> None:
    workflow = await workflow_with_executions(world)
    async with world.database.session() as session:
        for days in (-1, 1):
            session.add(Delivery(source="w", key=str(days), expires_at=NOW + timedelta(days=days)))
            session.add(
                Webhook(
                    workflow_id=workflow, node="n", path=f"p{days}", method="GET", is_test=True,
                    expires_at=NOW + timedelta(days=days),
                )
            )  # fmt: skip
        for days in (29, 31):
            session.add(Tick(trigger="t", at=NOW - timedelta(days=days)))
    assert (await pruner(world, blobs).prune(SYSTEM)).keys == 3
    assert [await count(world, table) for table in (Delivery, Webhook, Tick)] == [1, 1, 1]
    async with world.database.session() as session:
        event = await session.scalar(select(AuditEvent).where(AuditEvent.action == "settings.prune"))
    assert event is not None and event.details["keys"] == 3


async def test_one_server_at_a_time_prunes(world: World, blobs: FolderBlobs) -> None:
    await workflow_with_executions(world, 20)
    async with pruning.alone(world.database) as is_alone:
        assert is_alone
        assert await pruner(world, blobs).prune(SYSTEM) == Pruned(is_alone=False)
    assert (await pruner(world, blobs).prune(SYSTEM)).executions == 1
    with pytest.raises(NotAllowedError):
        await pruner(world, blobs).prune(await world.person())


def attachment(blobs: FolderBlobs, name: str) -> tuple[str, Items]:
    """A blob, and a batch with an item it is attached to."""
    digest = blobs.put(name.encode())
    return digest, Items([Item({"name": name}, {"data": Binary(digest)})], SAME)


def large(blobs: FolderBlobs, items: Items) -> tuple[str, packing.PackedBatch]:
    """A batch so large that it is a blob itself."""
    rows = [*items.rows, *(Item({"text": "x" * 1000}) for _ in range(100))]
    packed = packing.pack_batch(Items(rows, SAME), blobs)
    assert packed.blob
    return packed.blob, packed


async def test_blobs_in_use_stay_wherever_they_are_named(world: World, blobs: FolderBlobs) -> None:
    await workflow_with_executions(world, -1)
    own, split, given, inside, spilled, failed, pattern, unused = (
        attachment(blobs, name)
        for name in ("own", "split", "given", "inside", "spilled", "failed", "pattern", "unused")
    )
    batch, packed = large(blobs, inside[1])
    part, _ = large(blobs, spilled[1])
    run = packing.pack_entry(RunDone("n", 0, (own[1],), None, None, 0.0, 1.0), blobs)
    parts = packing.pack_entry(RunDone("n", 0, (SpilledItems(blobs, [(part, 51)], SAME),), None, None, 0.0, 1.0), blobs)
    error = AttemptFailed("n", 1, 1, 0, ErrorInfo("no"), None, 0.0, Headway((failed[1],), (1,)), (), 0.0)
    attempt = packing.pack_entry(error, blobs)
    assert run is not None and parts is not None and attempt is not None
    run.outputs.append(packed)
    async with world.database.session() as session:
        execution = await session.scalar(select(Execution))
        assert execution is not None
        execution.runs = packing.encode_runs([run])
        execution.input = packing.pack_items(given[1], blobs)
        done = packing.pack_entry(RunDone("m", 0, (split[1],), None, None, 0.0, 1.0), blobs)
        assert done is not None
        for index, entry in enumerate((done, parts, attempt)):
            session.add(
                NodeRun(
                    execution_id=execution.id, node="m", run_index=index, kind="done", state="succeeded",
                    entry=packing.encode_run(entry),
                )
            )  # fmt: skip
        session.add(Template(name="Begin", document={"file": {"blob": pattern[0]}}))
    kept = [own[0], split[0], given[0], inside[0], spilled[0], failed[0], pattern[0], batch, part]
    for digest in (*kept, unused[0]):
        grow_old(blobs, digest)
    assert (await pruner(world, blobs).prune(SYSTEM)).blobs == 1
    assert unused[0] not in blobs
    assert [digest in blobs for digest in kept] == [True] * len(kept)
    # Once the execution is gone, so is what it alone named, at the next look.
    async with world.database.connection() as connection:
        await connection.execute(text("delete from execution"))
    assert (await pruner(world, blobs).prune(SYSTEM)).blobs == len(kept) - 1
    assert pattern[0] in blobs


async def test_blobs_lately_put_stay_though_nobody_names_them(world: World, blobs: FolderBlobs) -> None:
    fresh = blobs.put(b"fresh")
    again = grow_old(blobs, blobs.put(b"again"))
    blobs.put(b"again")
    assert (await pruner(world, blobs).prune(SYSTEM)).blobs == 0
    assert fresh in blobs and again in blobs
    # Put again between the look and the taking.
    grow_old(blobs, again)
    before = time.time() - 3600
    assert list(blobs.old(before)) == [again]
    blobs.put(b"again")
    assert not blobs.discard(again, before) and again in blobs
    assert blobs.get(again) == b"again"


def test_digests_are_found_whatever_follows_them() -> None:
    one, two = "a" * 32 + "b" * 32, "0123456789abcdef" * 4
    packed = packing.PackedRun(
        "n", 0, "done", 1.0, outputs=[packing.PackedBatch("spilled", 9, parts=[(one, 50), (two, 48)])]
    )
    data = packing.encode_run(packed)
    assert {one, two} <= set(digests(data))
    assert batches_in(data) == {one, two} == batches_in(packing.encode_runs([packed]))


async def test_it_goes_on_by_itself(world: World, blobs: FolderBlobs) -> None:
    await workflow_with_executions(world, 20)
    async with Pruning(world.database, blobs, Settings(), pause=0.01):
        async with asyncio.timeout(20):
            while await count(world, Execution):
                pass
