"""Executions as runners and sweepers see them: taking them on, taking them over, waking and reading them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from workflow_kernel.contracts import Blobs
from workflow_kernel.runs.entries import Entry
from workflow_kernel.runs.item import EMPTY
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.packing import PackedRun, decode_run, decode_runs, unpack_entry, unpack_items
from workflow_kernel.storage.tables import Execution, NodeRun, Runner

OPEN = ("queued", "running", "suspended")


class Due(NamedTuple):
    """An execution that should be in a queue."""

    id: UUID
    mode: str
    priority: int
    epoch: int


class Journalled(NamedTuple):
    """What is durable of an execution.

    Parameters
    ----------
    entries: its journal. own: the node runs its own row holds. is_split: whether others have rows of their own.
    """

    entries: list[Entry]
    own: list[PackedRun]
    is_split: bool


class ExecutionStore:
    """The executions of a service.

    Parameters
    ----------
    database: where they are. blobs: where large values are.
    """

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    async def beat(self, runner: UUID, host: str, pid: int, lease: float, place: str = "") -> None:
        """A runner lives: its lease, and so that of all its executions, is made longer."""
        until = func.now() + timedelta(seconds=lease)
        statement = insert(Runner).values(id=runner, host=host, pid=pid, lease_until=until, place=place)
        async with self._database.connection() as connection:
            await connection.execute(
                statement.on_conflict_do_update(index_elements=[Runner.id], set_={"lease_until": until})
            )

    async def silent_places(self) -> dict[UUID, str]:
        """Runners whose lease ended, with what they still hold of a cluster."""
        statement = text("select id, place from runner where place <> '' and lease_until < now()")
        async with self._database.connection() as connection:
            return {row.id: row.place for row in await connection.execute(statement)}

    async def vacate(self, runner: UUID) -> None:
        """A runner holds nothing of a cluster any more."""
        async with self._database.connection() as connection:
            await connection.execute(text("update runner set place = '' where id = :id"), {"id": runner})

    async def leave(self, runner: UUID) -> None:
        """A runner ends: what it still has waits for another one at once, which is no loss."""
        async with self._database.connection() as connection:
            await connection.execute(
                text(
                    "update execution set state = 'queued', owner = null where owner = :id and state = 'running'"
                    " and (parent_id is null or options ? 'detached')"
                ),
                {"id": runner},
            )
            await connection.execute(text("delete from runner where id = :id"), {"id": runner})

    async def give_back(self, runner: UUID, execution: UUID, epoch: int) -> None:
        """Let an execution wait again that this runner has taken on."""
        async with self._database.connection() as connection:
            await connection.execute(
                text(
                    "update execution set state = 'queued', owner = null"
                    " where id = :id and owner = :runner and epoch = :epoch and state = 'running'"
                ),
                {"id": execution, "runner": runner, "epoch": epoch},
            )

    async def running_at(self, runner: UUID) -> list[UUID]:
        """Executions that are a runner's, those called by others left out: they follow their parent."""
        statement = text("""
            select id from execution
            where state = 'running' and owner = :runner and (parent_id is null or options ? 'detached')""")
        async with self._database.connection() as connection:
            return list(await connection.scalars(statement, {"runner": runner}))

    async def let_go(self, runner: UUID, ids: list[UUID]) -> list[Due]:
        """Let executions of a runner wait again; gives them."""
        statement = text("""
            update execution set state = 'queued', owner = null
            where id = any(:ids) and owner = :runner and state = 'running'
            returning id, mode, priority, epoch""")
        async with self._database.connection() as connection:
            return [Due(*row) for row in await connection.execute(statement, {"ids": ids, "runner": runner})]

    async def give_up(self, execution: UUID, error: dict[str, Any]) -> None:
        """An execution that nobody drives has failed, for reasons of the system."""
        async with self._database.connection() as connection:
            await connection.execute(
                update(Execution)
                .where(Execution.id == execution, Execution.state.in_(OPEN))
                .values(state="failed", owner=None, ended_at=func.now(), error=error)
            )

    async def running_beside(self, execution: Execution) -> tuple[int, int]:
        """How many other executions of the same workflow, and of the same account, run."""
        statement = text("""
            select count(*) filter (where workflow_id = :workflow), count(*) filter (where created_by = :account)
            from execution where state = 'running' and id <> :id""")
        async with self._database.connection() as connection:
            rows = await connection.execute(
                statement,
                {"workflow": execution.workflow_id, "account": execution.created_by, "id": execution.id},
            )
            same_workflow, same_account = rows.one()
            return int(same_workflow), int(same_account)

    async def asked(self, runner: UUID) -> list[tuple[UUID, bool]]:
        """Executions of a runner that somebody asked to stop (True), or a wait of which was ended (False)."""
        async with self._database.connection() as connection:
            rows = await connection.execute(
                select(Execution.id, Execution.cancel_asked).where(
                    Execution.state == "running",
                    Execution.owner == runner,
                    or_(Execution.cancel_asked, Execution.resume_asked),
                )
            )
            return [(found, stops) for found, stops in rows]

    async def claim_child(self, runner: UUID, execution: UUID) -> Execution | None:
        """Take on an execution that another one called, whoever had it: its parent is ours."""
        statement = (
            update(Execution)
            .where(Execution.id == execution)
            .values(owner=runner, epoch=Execution.epoch + 1)
            .returning(Execution)
        )
        async with self._database.session() as session:
            found: Execution | None = await session.scalar(statement)
            return found

    async def find(self, execution: UUID) -> Execution | None:
        """An execution by its id."""
        async with self._database.session() as session:
            return await session.get(Execution, execution)

    async def journal(self, execution: Execution) -> Journalled:
        """What is durable of an execution."""
        items = EMPTY if execution.input is None else unpack_items(execution.input, self._blobs)
        own = decode_runs(execution.runs) if execution.runs else []
        async with self._database.connection() as connection:
            rows = await connection.execute(
                select(NodeRun.entry).where(NodeRun.execution_id == execution.id).order_by(NodeRun.sequence)
            )
            split = [decode_run(entry) for (entry,) in rows]
        return Journalled([unpack_entry(run, items, self._blobs) for run in [*own, *split]], own, bool(split))

    async def node_runs(self, execution: Execution) -> list[PackedRun]:
        """Every node run of an execution as it is kept, the newest entry of each kind."""
        own = decode_runs(execution.runs) if execution.runs else []
        async with self._database.connection() as connection:
            rows = await connection.execute(
                select(NodeRun.entry).where(NodeRun.execution_id == execution.id).order_by(NodeRun.sequence)
            )
            return [*own, *(decode_run(entry) for (entry,) in rows)]

    async def free_orphans(self, limit: int = 1000) -> list[Due]:
        """Executions whose runner went silent wait again; gives them. Those called by others follow their parent."""
        orphans = text("""
            update execution set
                losses = losses + 1, owner = null,
                state = case when losses < 3 then 'queued' else 'failed' end,
                ended_at = case when losses < 3 then null else now() end,
                error = case when losses < 3 then null else
                    jsonb_build_object('message', 'The execution ended its runner four times.', 'code', 'WF772',
                        'kind', 'lost', 'mend', 'Look for a node that uses up all memory, or ends its process.') end
            where id in (
                select id from execution as found
                where state = 'running' and (parent_id is null or options ? 'detached')
                  and not exists (select from runner where runner.id = found.owner and runner.lease_until > now())
                order by id limit :limit for update skip locked)
            returning id, mode, priority, epoch, state""")
        async with self._database.connection() as connection:
            rows = await connection.execute(orphans, {"limit": limit})
            return [Due(*row[:4]) for row in rows if row[4] == "queued"]

    async def wake(self, limit: int = 1000) -> list[Due]:
        """Suspended executions whose time has come wait again; gives them."""
        sleepers = text("""
            update execution set state = 'queued', wake_at = null where id in (
                select id from execution where state = 'suspended' and wake_at <= now()
                order by wake_at limit :limit for update skip locked)
            returning id, mode, priority, epoch""")
        return await self._due(sleepers, limit)

    async def forgotten(self, older_than: float, limit: int = 5000) -> list[Due]:
        """Executions that have waited longer than so many seconds: a queue may have lost them."""
        statement = text("""
            select id, mode, priority, epoch from execution
            where state = 'queued' and coalesce(started_at, created_at) < now() - :age
            order by priority, id limit :limit""")
        async with self._database.connection() as connection:
            rows = await connection.execute(statement, {"age": timedelta(seconds=older_than), "limit": limit})
            return [Due(*row) for row in rows]

    async def next_wake(self) -> datetime | None:
        """When the next suspended execution goes on by itself."""
        async with self._database.connection() as connection:
            found: datetime | None = await connection.scalar(
                select(func.min(Execution.wake_at)).where(Execution.wake_at.is_not(None))
            )
            return found

    async def forget_dead_runners(self, after: float) -> None:
        """Remove runners whose lease ended long ago."""
        async with self._database.connection() as connection:
            await connection.execute(
                text("delete from runner where lease_until < now() - :age"), {"age": timedelta(seconds=after)}
            )

    async def counts(self) -> dict[str, int]:
        """How many executions are open, by state."""
        async with self._database.connection() as connection:
            rows = await connection.execute(
                select(Execution.state, func.count()).where(Execution.state.in_(OPEN)).group_by(Execution.state)
            )
            return {state: int(count) for state, count in rows}

    async def _due(self, statement: Any, limit: int) -> list[Due]:
        async with self._database.connection() as connection:
            rows = await connection.execute(statement, {"limit": limit})
            return [Due(*row) for row in rows]
