"""Starts workflows that look after failures: when an execution failed that nobody started by hand.

The runner of an execution tells of its failure at once. Failures nobody could tell of (a runner that was killed, an
execution that was given up) are found a little later in Postgres; an error workflow is started once for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import func, select

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.runs.item import Items
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.sdk.triggers import Failures
from workflow_kernel.services.launch import Launch
from workflow_kernel.services.launcher import Launcher
from workflow_kernel.services.library import Library, Stored
from workflow_kernel.services.triggers import listeners_of
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.open_execution import NewExecution
from workflow_kernel.storage.tables import Execution, Workflow

_TOLD = ("message", "code", "kind", "node", "description", "mend", "item")

_log = structlog.get_logger("workflow.errors")


EVERY = 30.0
"""Seconds between looks for failures nobody told of."""

BACK = timedelta(minutes=15)
"""How far back a server looks when it starts."""

SETTLED = timedelta(seconds=5)
"""How old a failure is before it is looked for: its runner tells of it at once."""


class Failure(msgspec.Struct, frozen=True):
    """A failed execution. ``has_run``: whether any node of it ran. ``last_node``: the name of the last one that did."""

    id: UUID
    project: UUID
    mode: str
    error: Mapping[str, Any]
    last_node: str = ""
    retry_of: UUID | None = None
    has_run: bool = True


class ErrorWorkflows:
    """Tells error workflows of failures.

    Parameters
    ----------
    library: finds workflows. launcher: starts them. registry: the node types. address: of the service, for links.
    """

    def __init__(
        self, database: Database, library: Library, launcher: Launcher, registry: Registry, address: str
    ) -> None:
        self._database = database
        self._library = library
        self._launcher = launcher
        self._registry = registry
        self._address = address
        self._seen: datetime | None = None
        self._work: asyncio.Task[None] | None = None

    async def __aenter__(self) -> ErrorWorkflows:
        self._work = asyncio.create_task(self._look_for_ever(), name="error workflows")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def on_execution_failed(self, row: NewExecution, stored: Stored, result: ExecutionResult) -> None:
        """Start the error workflow of a failed execution: the one its settings name, else its own error trigger.

        Not for runs by hand, and not for executions of error workflows: those could go on for ever. Never raises.
        """
        ran = result.runs[-1].node.name if result.runs else ""
        last = (result.error.node if result.error else "") or ran
        error = msgspec.to_builtins(result.error) if result.error is not None else {}
        await self._tell(
            Failure(row.id, row.project_id, row.mode, error, last, row.retry_of, bool(result.runs)), stored
        )  # fmt: skip

    async def look(self) -> int:
        """Look for failures nobody told of since the last look; gives how many there were in all."""
        async with self._database.session() as session:
            now = (await session.execute(select(func.now()))).scalar_one()
            since, until = (self._seen or now - BACK) - SETTLED, now - SETTLED
            query = select(Execution).where(
                Execution.ended_at > since, Execution.ended_at <= until, Execution.state.in_(("failed", "timed_out")),
                Execution.mode.not_in(("manual", "error")), Execution.parent_id.is_(None),
                Execution.workflow_id.is_not(None), Execution.version.is_not(None),
            )  # fmt: skip
            rows = list(await session.scalars(query.limit(1000)))
        for row in rows:
            assert row.workflow_id is not None and row.version is not None
            error = row.error or {}
            last = str(error.get("node") or row.last_node)
            failed = Failure(row.id, row.project_id, row.mode, error, last, row.retry_of, bool(last))
            try:
                stored = await self._library.version(row.workflow_id, row.project_id, row.version)
            except WorkflowError:  # the version is gone, and with it what looks after it
                continue
            await self._tell(failed, stored)
        self._seen = until
        return len(rows)

    async def _tell(self, failed: Failure, stored: Stored) -> None:
        if failed.mode in ("manual", "error"):
            return
        try:
            await self._start(failed, stored)
        except WorkflowError as error:
            _log.error("error_workflow.failed", execution=str(failed.id), code=error.code, error=error.message[:300])
        except Exception as error:  # the execution itself is over and kept; its end must not fail
            _log.error(
                "error_workflow.failed", execution=str(failed.id), error=f"{type(error).__name__}: {error}"[:300]
            )

    async def _start(self, failed: Failure, stored: Stored) -> None:
        named = stored.graph.settings.error_workflow
        if named:
            target = await self._published(named, failed.project)
            if target is None:
                _log.warning("error_workflow.missing", execution=str(failed.id), workflow=named[:100])
        else:
            target = stored if stored.id is not None and stored.version is not None else None
        start = None if target is None else self._trigger_of(target)
        if target is None or start is None:
            return
        launch = Launch(
            workflow=target.id, project=target.project, mode="error", version=target.version, start=start,
            items=Items.of(payload(failed, stored, self._address)), key=f"error:{failed.id}",
        )  # fmt: skip
        launched = await self._launcher.launch(launch)
        if launched.is_new:
            _log.info("error_workflow.started", execution=str(launched.execution), failed=str(failed.id))

    async def _look_for_ever(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:  # Postgres may be away; the next look finds what there is
                _log.warning("error_workflows.unavailable", error=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(EVERY)

    async def _published(self, named: str, project: UUID) -> Stored | None:
        """The published version of a workflow, where its project is that of the failed one."""
        try:
            workflow = UUID(named)
        except ValueError:
            return None
        async with self._database.session() as session:
            found = (
                await session.execute(
                    select(Workflow.project_id, Workflow.published_version).where(
                        Workflow.id == workflow, Workflow.deleted_at.is_(None), Workflow.project_id == project
                    )
                )
            ).first()
        if found is None or found[1] is None:
            return None
        return await self._library.version(workflow, found[0], found[1])

    def _trigger_of(self, stored: Stored) -> str | None:
        """The name of a workflow's error trigger."""
        placed = listeners_of(stored.graph, self._registry)
        return next((one.node.name for one in placed if isinstance(one.listener, Failures)), None)


def payload(failed: Failure, stored: Stored, address: str) -> dict[str, Any]:
    """What an error workflow is told, with the names n8n's workflows look for as well."""
    workflow = {"id": str(stored.id or ""), "name": stored.graph.name}
    error = {name: failed.error[name] for name in _TOLD if failed.error.get(name) not in (None, "")}
    error = {"message": "The execution failed.", **error}
    if not failed.has_run:
        return {"trigger": {"error": error, "mode": failed.mode}, "workflow": workflow}
    execution: dict[str, Any] = {
        "id": str(failed.id), "url": f"{address}/executions/{failed.id}", "error": error,
        "last_node": failed.last_node, "lastNodeExecuted": failed.last_node, "mode": failed.mode,
    }  # fmt: skip
    if failed.retry_of is not None:
        execution |= {"retry_of": str(failed.retry_of), "retryOf": str(failed.retry_of)}
    return {"execution": execution, "workflow": workflow}
