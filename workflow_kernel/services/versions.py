"""Versions of workflows: their history, their documents, what differs between two, going back to an earlier one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_

from workflow_kernel.base.errors import NotFoundError
from workflow_kernel.graph import diff as graph_diff
from workflow_kernel.graph.model import Edge, Node
from workflow_kernel.graph.plain import edge_to_plain, node_to_plain
from workflow_kernel.services import workflow_documents as documents
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.permission import needs
from workflow_kernel.services.workflow_rows import WorkflowRows, checked_name, checked_text
from workflow_kernel.services.workflows import Saved, Workflows
from workflow_kernel.storage import workflows as queries
from workflow_kernel.storage.tables import Workflow, WorkflowVersion

Which = int | Literal["draft", "published"]
"""A version by number, or the newest one, or the one production runs."""

LONGEST = 200
"""Characters of a version's name."""


class VersionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A version without its document.

    Parameters
    ----------
    number: counts the saves of the workflow. name, note: what somebody called it and said of it.
    published_at: when it was last published.
    """

    id: UUID
    workflow: UUID
    number: int
    name: str
    note: str
    created_by: UUID | None
    created_at: datetime
    published_at: datetime | None


class VersionDocument(msgspec.Struct, frozen=True):
    """A version with its document, in the file format; its id and tags are those the workflow has now."""

    record: VersionRecord
    document: dict[str, Any]


class Versions:
    """The versions of workflows.

    Parameters
    ----------
    rows: finds workflows for an actor. workflows: saves what is restored.
    """

    def __init__(self, rows: WorkflowRows, workflows: Workflows) -> None:
        self._rows = rows
        self._workflows = workflows

    @needs("workflow.read")
    async def find(
        self, actor: Actor, workflow: UUID, *, before: int | None = None, limit: int = 50
    ) -> list[VersionRecord]:
        """At most ``limit`` versions, the newest first; those before a number where one is given."""
        await self._rows.require(actor, workflow, "workflow.read")
        statement = _records().where(WorkflowVersion.workflow_id == workflow)
        if before is not None:
            statement = statement.where(WorkflowVersion.number < before)
        async with self._rows.database.session() as session:
            rows = await session.execute(statement.order_by(WorkflowVersion.number.desc()).limit(limit))
            return [VersionRecord(**row._mapping) for row in rows]

    @needs("workflow.read")
    async def get(self, actor: Actor, workflow: UUID, which: Which = "draft") -> VersionDocument:
        """A version. Raises ``NotFoundError`` when there is none of that number, or none is published."""
        await self._rows.require(actor, workflow, "workflow.read")
        return await self._get(workflow, which)

    @needs("workflow.update")
    async def describe(
        self, actor: Actor, workflow: UUID, number: int, *, name: str | None = None, note: str | None = None
    ) -> VersionRecord:
        """Give a version another name or note; the document stays as it is."""
        await self._rows.require(actor, workflow, "workflow.update")
        async with self._rows.database.session() as session:
            version = await self._rows.version(session, workflow, number)
            if name is not None:
                version.name = name.strip() and checked_name(name, limit=LONGEST)
            if note is not None:
                version.note = checked_text(note, "note")
            record(session, actor, "workflow.describe_version", f"workflow:{workflow}", version=number)
            return _to_record(version)

    @needs("workflow.update")
    async def restore(self, actor: Actor, workflow: UUID, number: int, *, made_from: int) -> Saved:
        """Make an earlier version the newest again, as a version of its own.

        Parameters
        ----------
        made_from: number of the version that is newest as the actor knows it; else it is refused as a stale save is.
        """
        await self._rows.require(actor, workflow, "workflow.update")
        found = await self._get(workflow, number)
        note = f"Back to version {number}."
        return await self._workflows.save(actor, workflow, found.document, made_from=made_from, note=note)

    @needs("workflow.read")
    async def compare(self, actor: Actor, workflow: UUID, before: Which, after: Which) -> dict[str, Any]:
        """What differs between two versions, as JSON; ``text`` says it in lines."""
        await self._rows.require(actor, workflow, "workflow.read")
        old, new = await self._get(workflow, before), await self._get(workflow, after)

        def work() -> dict[str, Any]:
            return to_json(graph_diff.diff(documents.read(old.document), documents.read(new.document)))

        return {"before": old.record.number, "after": new.record.number, **await asyncio.to_thread(work)}

    @needs("workflow.read")
    async def get_many(
        self, actor: Actor, wanted: Sequence[tuple[UUID, int]]
    ) -> dict[tuple[UUID, int], VersionDocument]:
        """Several versions of several workflows at once; those the actor may not see are left out."""
        visible = await self._rows.access.projects(actor, "workflow.read")
        pair = tuple_(WorkflowVersion.workflow_id, WorkflowVersion.number)
        statement = select(WorkflowVersion, Workflow.project_id).join(Workflow).where(pair.in_(list(wanted)))
        async with self._rows.database.session() as session:
            return {
                (version.workflow_id, version.number): VersionDocument(_to_record(version), version.document)
                for version, project in await session.execute(statement)
                if visible is None or project in visible
            }

    async def _get(self, workflow: UUID, which: Which) -> VersionDocument:
        async with self._rows.database.session() as session:
            row = await self._rows.row(session, workflow)
            number = which
            if which == "draft":
                number = row.version
            elif which == "published":
                if row.published_version is None:
                    raise NotFoundError("No version of the workflow is published.", mend="Publish one.")
                number = row.published_version
            version = await self._rows.version(session, workflow, int(number))
            tags = (await queries.tags_of(session, [workflow])).get(workflow, [])
        document = {key: value for key, value in version.document.items() if key not in ("nodes", "edges")}
        if tags:
            document["tags"] = tags
        rest = {key: value for key, value in version.document.items() if key not in document}
        return VersionDocument(_to_record(version), document | rest)


def to_json(difference: graph_diff.Difference) -> dict[str, Any]:
    """A difference as a JSON value."""
    return {
        "is_empty": difference.is_empty,
        "fields": [_field(change) for change in difference.fields],
        "added": [_node(node) for node in difference.added],
        "removed": [_node(node) for node in difference.removed],
        "changed": [
            {
                "id": change.after.id,
                "name": change.after.name,
                "was": change.before.name,
                "is_only_moved": change.is_only_moved,
                "fields": [_field(field) for field in change.fields],
            }
            for change in difference.changed
        ],
        "connected": [_edge(edge) for edge in difference.connected],
        "disconnected": [_edge(edge) for edge in difference.disconnected],
        "text": graph_diff.to_text(difference),
    }


def _field(change: graph_diff.FieldChange) -> dict[str, Any]:
    """A changed value; ``before`` or ``after`` is left out where there is none."""
    found: dict[str, Any] = {"path": change.path}
    if change.before is not graph_diff.ABSENT:
        found["before"] = change.before
    if change.after is not graph_diff.ABSENT:
        found["after"] = change.after
    return found


def _node(node: Node) -> dict[str, Any]:
    return {"id": node.id, **node_to_plain(node)}


def _edge(edge: Edge) -> dict[str, Any]:
    return edge_to_plain(edge)


def _records() -> Any:
    """Everything but the document, which may be large."""
    return select(
        WorkflowVersion.id,
        WorkflowVersion.workflow_id.label("workflow"),
        WorkflowVersion.number,
        WorkflowVersion.name,
        WorkflowVersion.note,
        WorkflowVersion.created_by,
        WorkflowVersion.created_at,
        WorkflowVersion.published_at,
    )


def _to_record(version: WorkflowVersion) -> VersionRecord:
    return VersionRecord(
        id=version.id,
        workflow=version.workflow_id,
        number=version.number,
        name=version.name,
        note=version.note,
        created_by=version.created_by,
        created_at=version.created_at,
        published_at=version.published_at,
    )
