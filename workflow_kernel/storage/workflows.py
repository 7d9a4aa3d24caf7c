"""Queries about workflows: listing with filters and cursor, and what belongs to those listed. Called by services."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Select, exists, func, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.storage.tables import Folder, Tag, Workflow, WorkflowTag

State = Literal["any", "draft", "published", "active", "inactive", "deleted"]


class WorkflowRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow without its document.

    Parameters
    ----------
    version: number of the newest version, the draft. published_version: what production runs; None for none.
    is_active: whether its triggers listen. node_types: of the draft.
    """

    id: UUID
    project: UUID
    folder: UUID | None
    name: str
    description: str
    version: int
    published_version: int | None
    is_active: bool
    node_types: tuple[str, ...]
    tags: tuple[str, ...]
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class WorkflowFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which workflows are listed.

    Parameters
    ----------
    projects: those that may be seen; None for all.
    text: in the name or the description, in any case. node_type: a type one of its nodes has.
    tags: names of tags it has, all of them. folder: where it is filed.
    state: ``draft`` was never published or no longer is; ``inactive`` is published and does not listen.
    after: moment and id of the last one listed.
    """

    projects: frozenset[UUID] | None = None
    project: UUID | None = None
    folder: UUID | None = None
    text: str = ""
    node_type: str = ""
    tags: tuple[str, ...] = ()
    state: State = "any"
    after: tuple[datetime, UUID] | None = None
    limit: int = 50


def to_record(workflow: Workflow, tags: Iterable[str]) -> WorkflowRecord:
    """The record of a row."""
    return WorkflowRecord(
        id=workflow.id,
        project=workflow.project_id,
        folder=workflow.folder_id,
        name=workflow.name,
        description=workflow.description,
        version=workflow.version,
        published_version=workflow.published_version,
        is_active=workflow.is_active,
        node_types=tuple(workflow.node_types),
        tags=tuple(tags),
        created_by=workflow.created_by,
        created_at=workflow.created_at,
        updated_at=workflow.updated_at,
        deleted_at=workflow.deleted_at,
    )


def listing(chosen: WorkflowFilter) -> Select[Workflow]:
    """The statement of a page."""
    statement = select(Workflow)
    moment = Workflow.updated_at
    if chosen.state == "deleted":
        statement = statement.where(Workflow.deleted_at.is_not(None))
    else:
        statement = statement.where(Workflow.deleted_at.is_(None))
    for condition in _conditions(chosen):
        statement = statement.where(condition)
    if chosen.after is not None:
        statement = statement.where(tuple_(moment, Workflow.id) < tuple_(*chosen.after))
    return statement.order_by(moment.desc(), Workflow.id.desc()).limit(chosen.limit)


async def find(session: AsyncSession, chosen: WorkflowFilter) -> list[WorkflowRecord]:
    """A page of workflows, the one changed last first."""
    if chosen.projects is not None and not chosen.projects:
        return []
    rows = list(await session.scalars(listing(chosen)))
    return await records(session, rows)


async def records(session: AsyncSession, rows: Sequence[Workflow]) -> list[WorkflowRecord]:
    """The records of rows, their tags fetched at once."""
    tags = await tags_of(session, [row.id for row in rows])
    return [to_record(row, tags.get(row.id, ())) for row in rows]


async def tags_of(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Names of the tags of workflows."""
    if not ids:
        return {}
    rows = await session.execute(
        select(WorkflowTag.workflow_id, Tag.name)
        .join(Tag, Tag.id == WorkflowTag.tag_id)
        .where(WorkflowTag.workflow_id.in_(ids))
        .order_by(func.lower(Tag.name))
    )
    found: dict[UUID, list[str]] = {}
    for workflow, name in rows:
        found.setdefault(workflow, []).append(name)
    return found


async def parents(session: AsyncSession, folder: UUID) -> list[UUID]:
    """A folder and those it lies in, innermost first."""
    statement = text("""
        with recursive above(id, parent_id, level) as (
            select id, parent_id, 0 from folder where id = :folder
            union all
            select folder.id, folder.parent_id, level + 1 from folder join above on folder.id = above.parent_id
            where level < 100)
        select id from above order by level""")
    return list(await session.scalars(statement, {"folder": folder}))


async def height(session: AsyncSession, folder: UUID) -> int:
    """How many levels of folders there are from a folder down, itself included."""
    statement = text("""
        with recursive below(id, level) as (
            select id, 1 from folder where id = :folder
            union all
            select folder.id, level + 1 from folder join below on folder.parent_id = below.id where level < 100)
        select max(level) from below""")
    return int(await session.scalar(statement, {"folder": folder}) or 0)


async def folder_in(session: AsyncSession, folder: UUID, project: UUID) -> bool:
    """Whether a folder is one of a project's."""
    found = await session.scalar(select(Folder.id).where(Folder.id == folder, Folder.project_id == project))
    return found is not None


def _conditions(chosen: WorkflowFilter) -> Iterable[Any]:
    if chosen.projects is not None:
        yield Workflow.project_id.in_(chosen.projects)
    if chosen.project is not None:
        yield Workflow.project_id == chosen.project
    if chosen.folder is not None:
        yield Workflow.folder_id == chosen.folder
    if chosen.text:
        pattern = f"%{_escaped(chosen.text)}%"
        yield or_(Workflow.name.ilike(pattern, escape="\\"), Workflow.description.ilike(pattern, escape="\\"))
    if chosen.node_type:
        yield Workflow.node_types.contains([chosen.node_type])
    for name in chosen.tags:
        yield exists(
            select(WorkflowTag.workflow_id)
            .join(Tag, Tag.id == WorkflowTag.tag_id)
            .where(WorkflowTag.workflow_id == Workflow.id, func.lower(Tag.name) == func.lower(name))
        )
    if chosen.state == "draft":
        yield Workflow.published_version.is_(None)
    elif chosen.state == "published":
        yield Workflow.published_version.is_not(None)
    elif chosen.state == "active":
        yield Workflow.is_active
    elif chosen.state == "inactive":
        yield Workflow.published_version.is_not(None) & ~Workflow.is_active


def _escaped(pattern: str) -> str:
    """A text for ``like`` in which nothing is a wildcard."""
    return pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
