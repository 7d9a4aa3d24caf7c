"""Workflows: made, found, saved, published and put away. Every door and every host calls these.

A save makes a version and names the one it was made from; where that is no longer the newest, it is refused with both
and a proposal that brings them together, so that nothing is lost. Versions by themselves are ``versions``; files in and
out are ``transfer``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.base.errors import ConflictError, NotFoundError, Problem
from workflow_kernel.graph.model import Workflow as Graph
from workflow_kernel.services import workflow_conflict
from workflow_kernel.services import workflow_documents as documents
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.permission import needs
from workflow_kernel.services.tags import attach
from workflow_kernel.services.workflow_documents import Checked, Document
from workflow_kernel.services.workflow_publishing import Publishing
from workflow_kernel.services.workflow_rows import checked_name, checked_text
from workflow_kernel.storage import workflows as queries
from workflow_kernel.storage.tables import Execution, Workflow, WorkflowVersion
from workflow_kernel.storage.tables.base import now
from workflow_kernel.storage.workflows import WorkflowFilter, WorkflowRecord

MAX_LISTED = 500


class Saved(msgspec.Struct, frozen=True):
    """A workflow that was made or saved. ``problems`` tells what keeps the draft from running."""

    record: WorkflowRecord
    problems: Sequence[Problem] = ()


class Workflows(Publishing):
    """The workflows of a service.

    Parameters
    ----------
    rows: finds them for an actor. catalog: the node types there are. triggers: told what shall listen.
    """

    @needs("workflow.create")
    async def create(
        self,
        actor: Actor,
        *,
        project: UUID | None = None,
        name: str | None = None,
        document: Document | str | bytes | None = None,
        folder: UUID | None = None,
        tags: Sequence[str] | None = None,
    ) -> Saved:
        """Make a workflow.

        Parameters
        ----------
        project: the actor's own when not given. name: that of the document when not given.
        document: in the file format; empty when not given. folder: of the project. tags: those of the document when
            not given.
        """
        place = project if project is not None else await self._rows.access.personal(actor)
        await self._rows.require_project(actor, place, "workflow.create")
        if document is None:
            checked = Checked(Graph(name=checked_name(name or "New workflow")))
        else:
            checked = await documents.check(document, self.catalog)
        title = checked_name(name if name is not None else checked.workflow.name)
        graph = msgspec.structs.replace(checked.workflow, name=title)
        async with self._rows.database.session() as session:
            row = await self._insert(session, actor, graph, place, folder)
            await attach(session, row.id, graph.tags if tags is None else tags)
            record(session, actor, "workflow.create", f"workflow:{row.id}", name=title, project=str(place))
            found = await self._rows.record(session, row)
        self._rows.announce(actor, "created", found)
        return Saved(found, checked.problems)

    @needs("workflow.read")
    async def find(self, actor: Actor, chosen: WorkflowFilter) -> list[WorkflowRecord]:
        """At most ``limit`` of the workflows the actor may see, the one changed last first."""
        visible = await self._rows.access.projects(actor, "workflow.read")
        limit = min(max(chosen.limit, 1), MAX_LISTED)
        for field in ("text", "node_type"):
            checked_text(getattr(chosen, field), field, 200)
        chosen = msgspec.structs.replace(chosen, projects=visible, limit=limit)
        async with self._rows.database.session() as session:
            return await queries.find(session, chosen)

    @needs("workflow.read")
    async def get(self, actor: Actor, workflow: UUID) -> WorkflowRecord:
        """A workflow without its document; ``versions`` gives those."""
        return (await self.get_many(actor, [workflow], must_exist=True))[0]

    @needs("workflow.read")
    async def get_many(
        self, actor: Actor, workflows: Sequence[UUID], *, must_exist: bool = False
    ) -> list[WorkflowRecord]:
        """Several workflows at once, deleted ones too; those the actor may not see are left out."""
        visible = await self._rows.access.projects(actor, "workflow.read")
        async with self._rows.database.session() as session:
            rows = await session.scalars(select(Workflow).where(Workflow.id.in_(workflows)))
            seen = [row for row in rows if visible is None or row.project_id in visible]
            found = await queries.records(session, seen)
        if must_exist and len(found) < len(set(workflows)):
            raise NotFoundError("There is no such workflow.", mend="Check the id, and that it is shared with you.")
        return found

    @needs("workflow.update")
    async def save(
        self,
        actor: Actor,
        workflow: UUID,
        document: Document | str | bytes,
        *,
        made_from: int,
        name: str = "",
        note: str = "",
    ) -> Saved:
        """Keep a document as the newest version.

        Parameters
        ----------
        made_from: number of the version it was made from. name, note: of the new version, for people.

        Raises ``ConflictError`` WF761 when that is not the newest any more: ``details`` holds all three versions and
        what bringing them together gives. A document equal to the newest version makes no other.
        """
        project = await self._rows.require(actor, workflow, "workflow.update")
        checked = await documents.check(document, self.catalog)
        name, note = name.strip() and checked_name(name), checked_text(note, "note")
        kept = await asyncio.to_thread(_kept, checked.workflow, workflow)
        async with self._rows.database.session() as session:
            row = await self._rows.lock(session, workflow, project)
            newest = await self._rows.version(session, workflow, row.version)
            is_same = not name and not note and await asyncio.to_thread(_is_equal, newest.document, kept)
            if not is_same:
                if made_from > row.version:
                    raise NotFoundError(f"The workflow has no version {made_from}.", mend="Name the one you changed.")
                if made_from != row.version:
                    raise await workflow_conflict.stale(session, self._rows, newest, kept, made_from)
                _add_version(session, actor, row, checked.workflow, kept, name, note)
                record(session, actor, "workflow.update", f"workflow:{workflow}", version=row.version)
            found = await self._rows.record(session, row)
        if not is_same:
            self._rows.announce(actor, "saved", found)
        return Saved(found, checked.problems)

    @needs("workflow.update")
    async def describe(
        self, actor: Actor, workflow: UUID, *, name: str | None = None, description: str | None = None
    ) -> WorkflowRecord:
        """Give a workflow another name or description, as a version of its own: both are part of the document."""
        project = await self._rows.require(actor, workflow, "workflow.update")
        changes: dict[str, str] = {}
        if name is not None:
            changes["name"] = checked_name(name)
        if description is not None:
            changes["description"] = checked_text(description, "description")
        async with self._rows.database.session() as session:
            row = await self._rows.lock(session, workflow, project)
            newest = await self._rows.version(session, workflow, row.version)
            graph = await asyncio.to_thread(documents.read, newest.document)
            graph = msgspec.structs.replace(graph, **changes)
            kept = await asyncio.to_thread(_kept, graph, workflow)
            is_changed = not await asyncio.to_thread(_is_equal, newest.document, kept)
            if is_changed:
                note = f"Renamed from '{row.name}'." if row.name != graph.name else "Description changed."
                _add_version(session, actor, row, graph, kept, "", note)
                record(session, actor, "workflow.update", f"workflow:{workflow}", version=row.version, note=note)
            found = await self._rows.record(session, row)
        if is_changed:
            self._rows.announce(actor, "saved", found)
        return found

    @needs("workflow.update")
    async def move(
        self, actor: Actor, workflow: UUID, *, project: UUID | None = None, folder: UUID | None = None
    ) -> WorkflowRecord:
        """File a workflow in a folder (none for None) of its project, or of another one that takes it over.

        Its executions go with it, so that who may see the workflow may see them.
        """
        old = await self._rows.require(actor, workflow, "workflow.update")
        place = project if project is not None else old
        if place != old:
            await self._rows.access.require(actor, old, "workflow.delete", "workflow")
            await self._rows.require_project(actor, place, "workflow.create")
        async with self._rows.database.session() as session:
            row = await self._rows.lock(session, workflow, old)
            if folder is not None and not await queries.folder_in(session, folder, place):
                raise NotFoundError("There is no such folder in the project.", mend="List the project's folders.")
            row.folder_id = folder
            if place != old:
                row.project_id = place
                moved = update(Execution).where(Execution.workflow_id == workflow).values(project_id=place)
                await session.execute(moved)
                await self._listen(session, row)
            record(
                session, actor, "workflow.move", f"workflow:{workflow}", project=str(place), folder=str(folder or "")
            )
            found = await self._rows.record(session, row)
        self._rows.announce(actor, "moved", found)
        return found

    @needs("workflow.create")
    async def duplicate(
        self, actor: Actor, workflow: UUID, *, project: UUID | None = None, name: str | None = None
    ) -> Saved:
        """A copy of the draft, in the same project or another."""
        place = await self._rows.require(actor, workflow, "workflow.read")
        async with self._rows.database.session() as session:
            row = await self._rows.row(session, workflow)
            newest = await self._rows.version(session, workflow, row.version)
            tags = (await queries.tags_of(session, [workflow])).get(workflow, [])
        is_here = project is None or project == place
        return await self.create(
            actor,
            project=project or place,
            name=name if name is not None else f"{row.name[:480]} (copy)",
            document=newest.document,
            folder=row.folder_id if is_here else None,
            tags=tags,
        )

    @needs("workflow.delete")
    async def delete(self, actor: Actor, workflow: UUID) -> None:
        """Put a workflow away: its triggers stop, nothing is lost, and it can be restored."""
        project = await self._rows.require(actor, workflow, "workflow.delete")
        async with self._rows.database.session() as session:
            row = await self._rows.lock(session, workflow, project)
            await self._triggers.sync(session, workflow, project, None)
            row.is_active = False
            row.deleted_at = now()
            record(session, actor, "workflow.delete", f"workflow:{workflow}", name=row.name)
            found = await self._rows.record(session, row)
        self._rows.announce(actor, "deleted", found)

    @needs("workflow.delete")
    async def restore(self, actor: Actor, workflow: UUID) -> WorkflowRecord:
        """Bring a deleted workflow back; its triggers do not listen until it is activated."""
        project = await self._rows.require(actor, workflow, "workflow.delete", is_deleted=True)
        async with self._rows.database.session() as session:
            row = await self._rows.lock(session, workflow, project)
            row.deleted_at = None
            record(session, actor, "workflow.restore", f"workflow:{workflow}", name=row.name)
            found = await self._rows.record(session, row)
        self._rows.announce(actor, "restored", found)
        return found

    @needs("workflow.delete")
    async def purge(self, actor: Actor, workflow: UUID) -> None:
        """Remove a deleted workflow for ever, with its versions and executions.

        Raises ``ConflictError`` WF767 while executions of it run.
        """
        project = await self._rows.require(actor, workflow, "workflow.delete", is_deleted=True)
        async with self._rows.database.session() as session:
            row = await self._rows.lock(session, workflow, project)
            found = await self._rows.record(session, row)
            is_open = (Execution.workflow_id == workflow) & Execution.state.in_(("queued", "running", "suspended"))
            if await session.scalar(select(exists().where(is_open))):
                raise ConflictError(
                    f"'{row.name}' has executions that are not over.",
                    code="WF767",
                    mend="Cancel them or wait for them.",
                )
            record(session, actor, "workflow.purge", f"workflow:{workflow}", name=row.name)
            await session.execute(delete(Workflow).where(Workflow.id == workflow))
        self._rows.announce(actor, "purged", found)

    async def _insert(
        self, session: AsyncSession, actor: Actor, graph: Graph, project: UUID, folder: UUID | None
    ) -> Workflow:
        """The row and the first version of a new workflow."""
        if folder is not None and not await queries.folder_in(session, folder, project):
            raise NotFoundError("There is no such folder in the project.", mend="List the project's folders.")
        row = Workflow(
            project_id=project, folder_id=folder, name=graph.name, description="", version=0, created_by=actor.id
        )
        session.add(row)
        await session.flush()
        _add_version(session, actor, row, graph, await asyncio.to_thread(_kept, graph, row.id), "", "")
        return row


def _kept(graph: Graph, workflow: UUID) -> dict[str, Any]:
    """The document as a version keeps it: with its id; tags are not part of a version."""
    return documents.to_document(graph, id=str(workflow), tags=())


def _is_equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two documents read the same; Python alone takes 1 and true for equal."""
    return json.dumps(one) == json.dumps(other)


def _add_version(
    session: AsyncSession, actor: Actor, row: Workflow, graph: Graph, kept: dict[str, Any], name: str, note: str
) -> None:
    """Make a document the newest version of a locked row."""
    row.version += 1
    row.name, row.description = graph.name, graph.description
    row.node_types = documents.node_types(graph)
    session.add(
        WorkflowVersion(
            workflow_id=row.id, number=row.version, document=kept, name=name, note=note, created_by=actor.id
        )
    )
