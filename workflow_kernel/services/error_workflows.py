"""Starts workflows that look after failures: when an execution failed that nobody started by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.runs.item import Items
from workflow_kernel.runs.outcome import ErrorInfo
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.sdk.triggers import Failures
from workflow_kernel.services.launch import Launch
from workflow_kernel.services.launcher import Launcher
from workflow_kernel.services.library import Library, Stored
from workflow_kernel.services.triggers import listeners_of
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.open_execution import NewExecution
from workflow_kernel.storage.tables import Workflow

_log = structlog.get_logger("workflow.errors")


class ErrorWorkflows:
    """Tells error workflows of failures.

    Parameters
    ----------
    library: finds workflows. launcher: starts them. registry: the node types. address: of the service, for links.
    """

    def __init__(
        self, database: Database, library: Library, launcher: Launcher, registry: Registry, address: str
    ) -> None:  # fmt: skip
        self._database = database
        self._library = library
        self._launcher = launcher
        self._registry = registry
        self._address = address

    async def on_execution_failed(self, row: NewExecution, stored: Stored, result: ExecutionResult) -> None:
        """Start the error workflow of a failed execution: the one its settings name, else its own error trigger.

        Not for runs by hand, and not for executions of error workflows: those could go on for ever. Never raises.
        """
        if row.mode in ("manual", "error"):
            return
        try:
            await self._start(row, stored, result)
        except WorkflowError as error:
            _log.error("error_workflow.failed", execution=str(row.id), code=error.code, error=error.message[:300])
        except Exception as error:  # the execution itself is over and kept; its end must not fail
            _log.error("error_workflow.failed", execution=str(row.id), error=f"{type(error).__name__}: {error}"[:300])

    async def _start(self, row: NewExecution, stored: Stored, result: ExecutionResult) -> None:
        named = stored.graph.settings.error_workflow
        if named:
            target = await self._published(named, row.project_id)
            if target is None:
                _log.warning("error_workflow.missing", execution=str(row.id), workflow=named[:100])
        else:
            target = stored if stored.id is not None and stored.version is not None else None
        start = None if target is None else self._trigger_of(target)
        if target is None or start is None:
            return
        payload = failure(row, stored, result, self._address)
        launch = Launch(
            workflow=target.id, project=target.project, mode="error", version=target.version, start=start,
            items=Items.of(payload), key=f"error:{row.id}",
        )  # fmt: skip
        launched = await self._launcher.launch(launch)
        _log.info("error_workflow.started", execution=str(launched.execution), failed=str(row.id))

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


def failure(row: NewExecution, stored: Stored, result: ExecutionResult, address: str) -> dict[str, Any]:
    """What an error workflow is told, with the names n8n's workflows look for as well."""
    workflow = {"id": str(row.workflow_id or ""), "name": stored.graph.name}
    error = _error(result.error)
    ran = result.runs[-1].node.name if result.runs else ""
    last = (result.error.node if result.error else "") or ran
    if not result.runs:
        return {"trigger": {"error": error, "mode": row.mode}, "workflow": workflow}
    execution: dict[str, Any] = {
        "id": str(row.id), "url": f"{address}/executions/{row.id}", "error": error, "last_node": last,
        "lastNodeExecuted": last, "mode": row.mode,
    }  # fmt: skip
    if row.retry_of is not None:
        execution |= {"retry_of": str(row.retry_of), "retryOf": str(row.retry_of)}
    return {"execution": execution, "workflow": workflow}


def _error(error: ErrorInfo | None) -> Mapping[str, Any]:
    if error is None:
        return {"message": "The execution failed."}
    found = {"message": error.message, "code": error.code, "kind": error.kind, "node": error.node}
    extra = {"description": error.description, "mend": error.mend, "item": error.item}
    return found | {name: value for name, value in extra.items() if value not in ("", None)}
