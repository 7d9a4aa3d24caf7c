"""Executions for many asked at once: by ids, the latest of several workflows, their node runs. One query each.

GraphQL and dashboards call these, which would ask for every row apart otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, and_, cast, func, lateral, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.execution_views import ExecutionView, NodeRunView, execution_view, node_run_views
from workflow_kernel.services.permission import needs
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.packing import PackedRun, decode_run, decode_runs
from workflow_kernel.storage.tables import Execution, NodeRun

MOST = 200
"""Executions of one workflow, or whose node runs are asked for, at once."""


class ExecutionBatches:
    """Reads many executions at once; those the actor may not see are left out.

    Parameters
    ----------
    database, access: where they are, and who may see them.
    """

    def __init__(self, database: Database, access: Access) -> None:
        self._database = database
        self._access = access

    @needs("execution.read")
    async def get_many(self, actor: Actor, executions: Sequence[UUID]) -> dict[UUID, ExecutionView]:
        """Executions by id."""
        rows = await self._rows(actor, executions)
        return {row.id: execution_view(row) for row in rows}

    @needs("execution.read")
    async def latest(self, actor: Actor, workflows: Sequence[UUID], limit: int) -> dict[UUID, list[ExecutionView]]:
        """The newest executions of each of several workflows, the newest first."""
        projects = await self._access.projects(actor, "execution.read")
        wanted = select(func.unnest(cast(list(workflows), ARRAY(Uuid))).label("id")).subquery()
        inner = (
            select(Execution)
            .where(Execution.workflow_id == wanted.c.id)
            .order_by(Execution.created_at.desc(), Execution.id.desc())
            .limit(min(max(limit, 1), MOST))
        )
        if projects is not None:
            inner = inner.where(Execution.project_id.in_(projects))
        found = aliased(Execution, lateral(inner))
        statement = select(found).select_from(wanted.join(found, true()))
        latest: dict[UUID, list[ExecutionView]] = {workflow: [] for workflow in workflows}
        async with self._database.session() as session:
            for row in await session.scalars(statement):
                if row.workflow_id is not None:
                    latest[row.workflow_id].append(execution_view(row))
        return {
            workflow: sorted(views, key=lambda view: (view.created_at, view.id), reverse=True)
            for workflow, views in latest.items()
        }

    @needs("execution.read")
    async def node_runs(self, actor: Actor, executions: Sequence[UUID]) -> dict[UUID, list[NodeRunView]]:
        """What is kept of the node runs of several executions, in the order in which they started."""
        rows = await self._rows(actor, executions)
        packed: dict[UUID, list[PackedRun]] = {row.id: decode_runs(row.runs) if row.runs else [] for row in rows}
        statement = (
            select(NodeRun.execution_id, NodeRun.entry)
            .where(NodeRun.execution_id.in_(list(packed)))
            .order_by(NodeRun.sequence)
        )
        async with self._database.session() as session:
            for execution, entry in await session.execute(statement):
                packed[execution].append(decode_run(entry))
        return {execution: node_run_views(runs) for execution, runs in packed.items()}

    async def _rows(self, actor: Actor, executions: Sequence[UUID]) -> list[Execution]:
        projects = await self._access.projects(actor, "execution.read")
        among = Execution.id.in_(list(executions)[:MOST])
        statement = select(Execution).where(
            among if projects is None else and_(among, Execution.project_id.in_(projects))
        )
        async with self._database.session() as session:
            return list(await session.scalars(statement))
