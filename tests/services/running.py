"""A service's core that runs executions of workflows drawn in a test, and questions about what is kept of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from tests.engine.drawn import Calls, kinds
from workflow_kernel.app.core import Core
from workflow_kernel.base.settings import Settings
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Workflow as Graph
from workflow_kernel.runs.item import Items
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import SYSTEM
from workflow_kernel.services.executions import Executions
from workflow_kernel.services.launch import Launch
from workflow_kernel.storage.tables import Execution, NodeRun, Project, Workflow, WorkflowVersion

PATIENCE = 30.0


class Running:
    """A core that runs, and a project of workflows."""

    def __init__(self, core: Core, calls: Calls, project: UUID) -> None:
        self.core = core
        self.calls = calls
        self.project = project
        self.executions = Executions(
            core.database, Access(core.database), core.store, core.signals, core.launcher, core.dispatcher, core.bus,
            core.blobs,
        )  # fmt: skip

    async def keep(self, graph: Graph) -> UUID:
        """Keep a workflow, published; gives its id."""
        async with self.core.database.session() as session:
            row = Workflow(project_id=self.project, name=graph.name, version=1, published_version=1)
            session.add(row)
            await session.flush()
            document = flow_format.to_document(graph)
            session.add(WorkflowVersion(workflow_id=row.id, number=1, document=document))
            return row.id

    async def launch(self, graph: Graph, *items: dict[str, Any], mode: str = "api", **more: Any) -> UUID:
        """Keep a workflow and queue an execution of it; gives the execution's id."""
        return await self.again(await self.keep(graph), *items, mode=mode, **more)

    async def again(self, workflow: UUID, *items: dict[str, Any], mode: str = "api", **more: Any) -> UUID:
        """Queue an execution of a workflow that is kept."""
        return (await self.core.launcher.launch(self.wish(workflow, *items, mode=mode, **more))).execution

    def wish(self, workflow: UUID, *items: dict[str, Any], mode: Any = "api", **more: Any) -> Launch:
        given = Items.of(*items) if items else None
        return Launch(workflow, self.project, mode, 1, items=given, **more)

    async def row(self, execution: UUID) -> Execution:
        found = await self.core.store.find(execution)
        assert found is not None
        return found

    async def state(self, execution: UUID) -> str:
        return (await self.row(execution)).state

    async def ends(self, execution: UUID, state: str = "succeeded") -> Execution:
        """The execution once it is in a state."""
        await eventually(lambda: self._is(execution, state), lambda: self.state(execution))
        return await self.row(execution)

    async def split_runs(self, execution: UUID) -> int:
        """How many rows of node runs an execution has."""
        async with self.core.database.session() as session:
            return int(
                await session.scalar(select(func.count()).select_from(NodeRun).where(NodeRun.execution_id == execution))
                or 0
            )

    async def output(self, execution: UUID, node: str) -> list[dict[str, Any]]:
        """What a node's last run sent through its first output."""
        runs = [run for run in await self.executions.node_runs(SYSTEM, execution) if run.node == node]
        page = await self.executions.data(SYSTEM, execution, node, runs[-1].index, 0, 0, 100)
        return [item.json for item in page.items]

    async def _is(self, execution: UUID, state: str) -> bool:
        return await self.state(execution) == state


async def eventually(is_so: Callable[[], Awaitable[bool]], instead: Callable[[], Awaitable[Any]] | None = None) -> None:
    """Return once something is so."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not await is_so():  # noqa: ASYNC110 - what is looked at tells nobody
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"it is {await instead() if instead else 'not so'}") from None


@contextlib.asynccontextmanager
async def running(settings: Settings, calls: Calls | None = None, **options: Any) -> AsyncIterator[Running]:
    """A core that takes executions from its queues."""
    calls = calls if calls is not None else Calls()
    quick = settings.model_copy(update={"lease": 2.0, "beat": 0.2, "park_after": 0.05, **options.pop("set", {})})
    async with Core(quick, registry=kinds(calls), **options) as core:
        async with core.database.session() as session:
            project = await session.scalar(select(Project.id))
            if project is None:
                row = Project(name="Tests")
                session.add(row)
                await session.flush()
                project = row.id
        yield Running(core, calls, project)


async def crash(core: Core) -> None:
    """End a core as kill -9 would: nothing is drained, given back or kept any more."""
    tasks = [task for task in (*core.dispatcher._tasks, core.sweeper._work, core.journal._work) if task is not None]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await core.queues.close()
    await core.dispatcher._claims.close()
    await core.journal._disconnect()
    await core.bus.close()
    await core.database.close()
    await core.redis.aclose()
    await core.redis_text.aclose()
