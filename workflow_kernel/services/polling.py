"""Runs polling triggers: the node itself, without input; what it gives starts an execution, with its cursor kept.

The cursor and the execution are one transaction, so nothing that a source gave is lost and nothing starts twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, update

from workflow_kernel.base.ids import new_id
from workflow_kernel.engine.engine import Engine
from workflow_kernel.expressions.scope import Facts
from workflow_kernel.graph.model import Node, Workflow
from workflow_kernel.runs.item import Batch, Item
from workflow_kernel.runs.outcome import Done, Failed, Outcome
from workflow_kernel.services.given_data import GivenScope
from workflow_kernel.services.launch import Launch, new_row
from workflow_kernel.services.launcher import Launcher
from workflow_kernel.services.library import Library
from workflow_kernel.services.work import Leases, Variables
from workflow_kernel.storage import schedules as queries
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.executions import Due
from workflow_kernel.storage.packing import pack_items
from workflow_kernel.storage.schedules import DueSchedule
from workflow_kernel.storage.tables import Trigger
from workflow_kernel.worker import call
from workflow_kernel.worker.parameters import Template
from workflow_kernel.worker.task import NodeTask

PATIENCE = 300.0
"""Seconds a poll may take whose node says nothing else."""

_log = structlog.get_logger("workflow.polling")


class Polling:
    """Polls.

    Parameters
    ----------
    engine: has the node types, and what nodes need. library: finds workflows. launcher: queues executions.
    leases, variables: what nodes may use.
    """

    def __init__(
        self,
        database: Database,
        engine: Engine,
        library: Library,
        launcher: Launcher,
        *,
        leases: Leases,
        variables: Variables,
    ) -> None:
        self._database = database
        self._engine = engine
        self._library = library
        self._launcher = launcher
        self._leases = leases
        self._variables = variables

    async def poll(self, due: DueSchedule) -> UUID | None:
        """Run a polling trigger once; gives the execution it started, if any."""
        stored = await self._library.version(due.workflow, due.project, due.version)
        node = stored.graph.nodes[due.node]
        async with self._database.session() as session:
            cursor = await session.scalar(select(Trigger.cursor).where(Trigger.id == due.trigger))
        if cursor is None:
            return None
        outcome = await self._run(stored.graph, node, due.project, cursor)
        if isinstance(outcome, Failed):
            _log.warning("poll.refused", trigger=str(due.trigger), node=node.name, error=outcome.error.message[:300])
            await self._note_error(due.trigger, outcome.error.message)
            return None
        if not isinstance(outcome, Done):
            return None
        return await self._keep(due, outcome, cursor)

    async def _run(self, graph: Workflow, node: Node, project: UUID, cursor: Mapping[str, Any]) -> Outcome:
        node_type = self._engine.registry.find(node.type, node.version)
        ids = frozenset(use.id for use in node.credentials.values())
        secrets = await self._leases.lease(new_id(), project, ids) if ids else {}
        variables = await self._variables.for_project(project)
        environment = self._engine.environment.for_execution(secrets, variables)
        facts = Facts(
            node=node.name, parameters=node.parameters, execution={"id": "", "mode": "production"},
            workflow={"id": graph.id, "name": graph.name, "active": True}, timezone=graph.settings.timezone,
            now=environment.clock(), variables=variables,
        )  # fmt: skip
        task = NodeTask(
            node=node,
            template=Template(node_type, node.parameters),
            ports=node_type.ports(node.parameters),
            inputs=[],
            scope=GivenScope([Item({})], {}, facts, key=str(new_id())),
            environment=environment,
            is_pure=node_type.spec.is_pure,
            language=graph.settings.language,
            timezone=graph.settings.timezone,
            state=cursor,
            execution=str(new_id()),
        )
        work = call.run(task) if node_type.spec.is_async else asyncio.to_thread(call.run_now, task)
        async with asyncio.timeout(node.timeout or PATIENCE):
            return await work

    async def _keep(self, due: DueSchedule, outcome: Done, cursor: Mapping[str, Any]) -> UUID | None:
        """Keep the cursor and start an execution with what came, unless another poll was quicker."""
        items: Sequence[Batch] = [batch for batch in outcome.outputs if len(batch)]
        row = None
        if items:
            batch = items[0].items()
            launch = Launch(
                workflow=due.workflow, project=due.project, mode="polling", version=due.version, start=due.name,
                items=batch, trigger=due.trigger,
            )  # fmt: skip
            row = new_row(launch, pack_items(batch, self._engine.environment.blobs))
        async with self._database.session() as session:
            known = await session.scalar(select(Trigger).where(Trigger.id == due.trigger).with_for_update())
            if known is None or known.cursor != cursor:
                return None
            known.cursor, known.error = dict(outcome.state or cursor), ""
            if row is not None:
                await queries.add_execution(session, row)
        if row is None:
            return None
        await self._launcher.enqueue([Due(row.id, row.mode, row.priority, 0)])
        return row.id

    async def _note_error(self, trigger: UUID, message: str) -> None:
        async with self._database.session() as session:
            await session.execute(update(Trigger).where(Trigger.id == trigger).values(error=message[:2000]))
