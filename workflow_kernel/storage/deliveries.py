"""Calls and messages that carry a key: the first with a key starts an execution, in the same transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from workflow_kernel.storage.database import Database
from workflow_kernel.storage.open_execution import NewExecution
from workflow_kernel.storage.tables import Delivery, Execution


class Known(NamedTuple):
    """A delivery that came before: its execution, that execution's state, and what its sender was answered."""

    execution: UUID | None
    state: str
    answer: bytes | None


async def accept(
    database: Database, source: str, key: str, seconds: float, row: NewExecution, runner: UUID | None
) -> Known | None:
    """Keep an execution unless the key is known; None when it is kept, which is durable on return.

    Parameters
    ----------
    source: whose keys they are. seconds: the key is known for. runner: who runs it at once; None leaves it queued.
    """
    until = func.now() + timedelta(seconds=seconds)
    async with database.session() as session:
        claim = insert(Delivery).values(source=source, key=key, execution_id=row.id, expires_at=until)
        claimed = await session.scalar(
            claim.on_conflict_do_update(
                index_elements=["source", "key"],
                set_={"execution_id": row.id, "expires_at": until, "answer": None},
                where=Delivery.expires_at < func.now(),
            ).returning(Delivery.execution_id)
        )
        if claimed is not None:
            values = msgspec.structs.asdict(row)
            fence = {"state": "queued"} if runner is None else {"state": "running", "owner": runner, "epoch": 1}
            await session.execute(insert(Execution).values(**values, **fence))
            return None
        found = (
            await session.execute(
                select(Delivery.execution_id, func.coalesce(Execution.state, "gone"), Delivery.answer)
                .outerjoin(Execution, Execution.id == Delivery.execution_id)
                .where(Delivery.source == source, Delivery.key == key)
            )
        ).one()
        return Known._make(found)


async def keep_answer(database: Database, source: str, key: str, execution: UUID, answer: bytes) -> None:
    """Note what the sender of a delivery was answered."""
    async with database.session() as session:
        await session.execute(
            update(Delivery)
            .where(Delivery.source == source, Delivery.key == key, Delivery.execution_id == execution)
            .values(answer=answer)
        )


async def claim(database: Database, source: str, key: str, seconds: float) -> bool:
    """Take something that may be taken once; False when somebody has."""
    until = func.now() + timedelta(seconds=seconds)
    async with database.session() as session:
        made = await session.scalar(
            insert(Delivery)
            .values(source=source, key=key, expires_at=until)
            .on_conflict_do_nothing()
            .returning(Delivery.source)
        )
        return made is not None


async def is_claimed(database: Database, source: str, key: str) -> bool:
    """Whether something that may be taken once was taken."""
    async with database.session() as session:
        query = select(Delivery.source).where(Delivery.source == source, Delivery.key == key)
        return await session.scalar(query) is not None


async def forget_old(database: Database, limit: int = 10_000) -> int:
    """Drop deliveries whose keys are known no longer; gives how many."""
    old = select(Delivery.source, Delivery.key).where(Delivery.expires_at < func.now()).limit(limit).subquery()
    async with database.session() as session:
        found = await session.execute(
            delete(Delivery).where(Delivery.source == old.c.source, Delivery.key == old.c.key)
        )  # fmt: skip
        return int(getattr(found, "rowcount", 0))
