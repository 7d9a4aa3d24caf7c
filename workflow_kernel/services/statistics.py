"""How executions went lately: over time, by workflow, by node. Dashboards ask; each sees the projects they may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.execution_batches import ExecutionBatches
from workflow_kernel.services.execution_views import NodeRunView
from workflow_kernel.services.permission import needs
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.statistics import Bucket, ExecutionStatistics, Sums, WorkflowSums

_FEW = timedelta(hours=48)


class Course(msgspec.Struct, frozen=True):
    """How executions went over a time.

    Parameters
    ----------
    since, step: the time, and the length of a bucket. buckets: in order; empty stretches are left out.
    """

    since: datetime
    step: timedelta
    sums: Sums
    buckets: Sequence[Bucket]
    workflows: Sequence[WorkflowSums]


class NodeSums(msgspec.Struct, frozen=True):
    """Runs of one node of a workflow, among the executions looked at."""

    workflow: UUID
    node: str
    count: int
    failed: int
    seconds: float
    """Of the median run."""


class Statistics:
    """Adds up executions.

    Parameters
    ----------
    database: has them. access: who may see which. batches: gives their node runs.
    """

    def __init__(self, database: Database, access: Access, batches: ExecutionBatches) -> None:
        self._store = ExecutionStatistics(database)
        self._access = access
        self._batches = batches

    @needs("execution.read")
    async def course(
        self, actor: Actor, *, hours: int = 24, project: UUID | None = None, workflow_limit: int = 10
    ) -> Course:
        """How executions went over the last hours: by the hour up to two days, else by the day."""
        projects = await self._projects(actor, project)
        step = timedelta(hours=1) if timedelta(hours=hours) <= _FEW else timedelta(days=1)
        seconds = step.total_seconds()
        end = (datetime.now(UTC).timestamp() // seconds + 1) * seconds
        since = datetime.fromtimestamp(end, UTC) - timedelta(hours=hours)
        return Course(
            since, step, await self._store.sums(projects, since), await self._store.buckets(projects, since, step),
            await self._store.workflows(projects, since, workflow_limit),
        )  # fmt: skip

    @needs("execution.read")
    async def nodes(self, actor: Actor, executions: Sequence[tuple[UUID, UUID]]) -> list[NodeSums]:
        """What the nodes of some executions add up to.

        Parameters
        ----------
        executions: ids, and the ids of their workflows.
        """
        runs = await self._batches.node_runs(actor, [execution for execution, _ in executions])
        by_node: dict[tuple[UUID, str], list[NodeRunView]] = {}
        for execution, workflow in executions:
            for run in runs.get(execution, ()):
                by_node.setdefault((workflow, run.node), []).append(run)
        return [_sums(workflow, node, found) for (workflow, node), found in by_node.items()]

    async def _projects(self, actor: Actor, project: UUID | None) -> frozenset[UUID] | None:
        if project is None:
            return await self._access.projects(actor, "execution.read")
        await self._access.require(actor, project, "execution.read")
        return frozenset({project})


def _sums(workflow: UUID, node: str, runs: Sequence[NodeRunView]) -> NodeSums:
    times = sorted(run.ended - run.started for run in runs if run.ended is not None)
    median = times[len(times) // 2] if times else 0.0
    return NodeSums(workflow, node, len(runs), sum(run.state == "failed" for run in runs), median)
