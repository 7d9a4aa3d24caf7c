"""Folders in which the workflows of a project are filed, one inside another."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.base.errors import ConflictError, NotFoundError
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.permission import needs
from workflow_kernel.services.workflow_rows import WorkflowRows, checked_name
from workflow_kernel.storage import workflows as queries
from workflow_kernel.storage.tables import Folder, Workflow

MAX_LEVELS = 10
MAX_FOLDERS = 1_000
"""Folders of a project."""


class FolderRecord(msgspec.Struct, frozen=True):
    """A folder. ``parent`` is None for one that lies in none; ``workflows`` counts what is filed in it."""

    id: UUID
    project: UUID
    parent: UUID | None
    name: str
    created_at: datetime
    workflows: int = 0


class Folders:
    """The folders of projects.

    Parameters
    ----------
    rows: of workflows; knows who may do what.
    """

    def __init__(self, rows: WorkflowRows) -> None:
        self._rows = rows

    @needs("workflow.read")
    async def find(self, actor: Actor, project: UUID) -> list[FolderRecord]:
        """Every folder of a project, by name."""
        await self._rows.require_project(actor, project, "workflow.read")
        held = (Workflow.folder_id == Folder.id) & Workflow.deleted_at.is_(None)
        statement = (
            select(Folder, func.count(Workflow.id))
            .outerjoin(Workflow, held)
            .where(Folder.project_id == project)
            .group_by(Folder.id)
            .order_by(func.lower(Folder.name), Folder.id)
        )
        async with self._rows.database.session() as session:
            return [_to_record(folder, count) for folder, count in await session.execute(statement)]

    @needs("workflow.update")
    async def create(self, actor: Actor, project: UUID, name: str, *, parent: UUID | None = None) -> FolderRecord:
        """A new folder, in another one where ``parent`` is given."""
        await self._rows.require_project(actor, project, "workflow.update")
        async with self._rows.database.session() as session:
            count = await session.scalar(select(func.count()).where(Folder.project_id == project))
            if (count or 0) >= MAX_FOLDERS:
                raise ConflictError(f"The project has {count} folders.", code="WF764", mend="Delete some first.")
            folder = Folder(project_id=project, name=checked_name(name, limit=200))
            await _put_into(session, folder, parent)
            session.add(folder)
            await session.flush()
            record(session, actor, "folder.create", f"folder:{folder.id}", name=folder.name, project=str(project))
            return _to_record(folder, 0)

    @needs("workflow.update")
    async def rename(self, actor: Actor, folder: UUID, name: str) -> FolderRecord:
        """Give a folder another name."""
        async with self._rows.database.session() as session:
            row = await self._locked(session, actor, folder)
            row.name = checked_name(name, limit=200)
            record(session, actor, "folder.update", f"folder:{folder}", name=row.name)
            return await self._record(session, row)

    @needs("workflow.update")
    async def move(self, actor: Actor, folder: UUID, parent: UUID | None) -> FolderRecord:
        """Put a folder into another one of its project, or into none.

        Raises ``ConflictError`` WF764 where it would lie in itself, or too many lie in one another.
        """
        async with self._rows.database.session() as session:
            row = await self._locked(session, actor, folder)
            await _put_into(session, row, parent)
            record(session, actor, "folder.update", f"folder:{folder}", parent=str(parent or ""))
            return await self._record(session, row)

    @needs("workflow.update")
    async def delete(self, actor: Actor, folder: UUID) -> None:
        """Take a folder away; what is in it goes to where the folder was."""
        async with self._rows.database.session() as session:
            row = await self._locked(session, actor, folder)
            await session.execute(update(Folder).where(Folder.parent_id == folder).values(parent_id=row.parent_id))
            # Filing is no change of a workflow, so the moment of its last change stays.
            moved = text("update workflow set folder_id = :parent where folder_id = :folder")
            await session.execute(moved, {"parent": row.parent_id, "folder": folder})
            record(session, actor, "folder.delete", f"folder:{folder}", name=row.name)
            await session.delete(row)

    async def _locked(self, session: AsyncSession, actor: Actor, folder: UUID) -> Folder:
        """The folder, if the actor may change it. Folders of the project are changed one at a time."""
        project = await session.scalar(select(Folder.project_id).where(Folder.id == folder))
        if project is None:
            raise _no_folder()
        await self._rows.access.require(actor, project, "workflow.update", "folder")
        await _lock(session, project)
        row: Folder | None = await session.get(Folder, folder, populate_existing=True)
        if row is None:
            raise _no_folder()
        return row

    async def _record(self, session: AsyncSession, row: Folder) -> FolderRecord:
        await session.flush()
        held = (Workflow.folder_id == row.id) & Workflow.deleted_at.is_(None)
        return _to_record(row, int(await session.scalar(select(func.count()).where(held)) or 0))


async def _put_into(session: AsyncSession, folder: Folder, parent: UUID | None) -> None:
    """Set where a folder lies, with the folders of the project locked."""
    await _lock(session, folder.project_id)
    if parent is not None:
        if not await queries.folder_in(session, parent, folder.project_id):
            raise NotFoundError("There is no such folder in the project.", mend="List the project's folders.")
        above = await queries.parents(session, parent)
        if folder.id in above:
            raise ConflictError(
                f"Folder '{folder.name}' cannot lie in itself.", code="WF764", mend="Choose another folder."
            )
        levels = len(above) + (await queries.height(session, folder.id) if folder.id else 1)
        if levels > MAX_LEVELS:
            raise ConflictError(
                f"Folders would lie {levels} deep in one another; {MAX_LEVELS} are allowed.",
                code="WF764",
                mend="Choose another folder.",
            )
    folder.parent_id = parent


async def _lock(session: AsyncSession, project: UUID) -> None:
    """Let nobody else change folders of a project until the transaction ends: two moves could make a circle."""
    await session.execute(
        text("select pg_advisory_xact_lock(hashtextextended('folders ' || :project, 0))"), {"project": str(project)}
    )


def _to_record(folder: Folder, count: int) -> FolderRecord:
    return FolderRecord(folder.id, folder.project_id, folder.parent_id, folder.name, folder.created_at, count)


def _no_folder() -> NotFoundError:
    return NotFoundError("There is no such folder.", mend="List the project's folders.")
