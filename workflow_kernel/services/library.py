"""Workflows made ready to run, by id and version: read once, kept for the next execution."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from workflow_kernel.base.errors import NodeError, WorkflowError
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Workflow
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Workflow as WorkflowRow
from workflow_kernel.storage.tables import WorkflowVersion

MOST = 500
"""Versions that are kept."""


class Stored(msgspec.Struct, frozen=True):
    """A version of a workflow, ready to run.

    Parameters
    ----------
    graph: the workflow itself; the same object each time, so that the engine's plan of it is kept too.
    credentials: ids of the credentials its nodes name.
    """

    id: UUID | None
    project: UUID
    version: int | None
    graph: Workflow
    credentials: frozenset[str]


class Library:
    """Finds workflows to run.

    Parameters
    ----------
    database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[tuple[UUID, int], Stored] = OrderedDict()

    async def version(self, workflow: UUID, project: UUID, number: int) -> Stored:
        """A version of a workflow. Raises ``WorkflowError`` WF773 when it is gone."""
        found = self._kept.get((workflow, number))
        if found is not None:
            self._kept.move_to_end((workflow, number))
            return found
        async with self._database.session() as session:
            document = await session.scalar(
                select(WorkflowVersion.document).where(
                    WorkflowVersion.workflow_id == workflow, WorkflowVersion.number == number
                )
            )
        if document is None:
            raise WorkflowError(
                f"Version {number} of the workflow is no longer there.", code="WF773", mend="Run another version."
            )
        made = self.draft(document, workflow, project, number)
        self._kept[workflow, number] = made
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return made

    def draft(
        self, document: Mapping[str, Any], workflow: UUID | None, project: UUID, version: int | None = None
    ) -> Stored:
        """A document made ready. Raises ``InvalidWorkflowError`` with every problem of its shape."""
        graph = msgspec.structs.replace(flow_format.from_document(document), id=str(workflow or ""))
        uses = frozenset(use.id for node in graph.nodes.values() for use in node.credentials.values())
        return Stored(workflow, project, version, graph, uses)

    async def called(self, source: Any, caller: Stored) -> Stored:
        """The published workflow a node of another one calls, by id or as a document.

        Raises ``NodeError`` where there is none, or its settings do not let the caller call it.
        """
        if isinstance(source, Workflow):
            return Stored(None, caller.project, None, source, frozenset())
        if isinstance(source, Mapping):
            return self.draft(source, None, caller.project)
        async with self._database.session() as session:
            row = await session.scalar(
                select(WorkflowRow).where(WorkflowRow.id == _id(source), WorkflowRow.deleted_at.is_(None))
            )
        if row is None:
            raise NodeError(f"There is no workflow '{source}'.", code="WF342", mend="Choose another workflow.")
        number = row.published_version or row.version
        found = await self.version(row.id, row.project_id, number)
        if not _may_call(found, caller):
            raise NodeError(
                f"The workflow '{row.name}' may not be called from here.",
                code="WF774",
                mend="Allow it in that workflow's settings, under 'callers'.",
            )
        return found


def _may_call(called: Stored, caller: Stored) -> bool:
    rule = called.graph.settings.callers
    if rule == "any" or called.id == caller.id:
        return True
    if rule == "none":
        return False
    if rule == "same_owner":
        return called.project == caller.project
    return str(caller.id) in rule


def _id(source: Any) -> UUID:
    try:
        return UUID(str(source))
    except ValueError:
        raise NodeError(
            f"'{str(source)[:80]}' is no id of a workflow.", code="WF342", mend="Choose a workflow from the list."
        ) from None
