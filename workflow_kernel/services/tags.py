"""Tags: words that workflows are found by, the same for all projects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Text, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.base.errors import ConflictError, InvalidRequestError, NotFoundError
from workflow_kernel.base.ids import new_id
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.permission import needs
from workflow_kernel.services.workflow_rows import WorkflowRows, checked_name
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Tag, Workflow, WorkflowTag
from workflow_kernel.storage.workflows import WorkflowRecord

MAX_LENGTH = 60
MAX_TAGS = 50
"""Tags a workflow may have."""


class TagRecord(msgspec.Struct, frozen=True):
    """A tag. ``count`` tells how many of the workflows the asker may see have it."""

    id: UUID
    name: str
    created_at: datetime
    count: int = 0


class Tags:
    """The tags of a service.

    Parameters
    ----------
    database, access: where rows and members are. rows: of workflows.
    """

    def __init__(self, database: Database, access: Access, rows: WorkflowRows) -> None:
        self._database = database
        self._access = access
        self._rows = rows

    @needs("tag.read")
    async def find(self, actor: Actor) -> list[TagRecord]:
        """Every tag, by name."""
        projects = await self._access.projects(actor, "workflow.read")
        join = (Workflow.id == WorkflowTag.workflow_id) & Workflow.deleted_at.is_(None)
        if projects is not None:
            join &= Workflow.project_id.in_(projects)
        statement = (
            select(Tag.id, Tag.name, Tag.created_at, func.count(Workflow.id))
            .outerjoin(WorkflowTag, WorkflowTag.tag_id == Tag.id)
            .outerjoin(Workflow, join)
            .group_by(Tag.id)
            .order_by(func.lower(Tag.name))
        )
        async with self._database.session() as session:
            return [TagRecord(*row) for row in await session.execute(statement)]

    @needs("tag.update")
    async def create(self, actor: Actor, name: str) -> TagRecord:
        """A new tag. Raises ``ConflictError`` WF765 when there is one of that name, in whatever case."""
        tag = Tag(name=checked_name(name, limit=MAX_LENGTH))
        try:
            async with self._database.session() as session:
                session.add(tag)
                await session.flush()
                record(session, actor, "tag.create", f"tag:{tag.id}", name=tag.name)
        except IntegrityError:
            raise _taken(name) from None
        return TagRecord(tag.id, tag.name, tag.created_at)

    @needs("tag.update")
    async def rename(self, actor: Actor, tag: UUID, name: str) -> TagRecord:
        """Give a tag another name, on every workflow."""
        statement = update(Tag).where(Tag.id == tag).values(name=checked_name(name, limit=MAX_LENGTH)).returning(Tag)
        try:
            async with self._database.session() as session:
                found = await session.scalar(statement)
                if found is None:
                    raise _no_tag()
                record(session, actor, "tag.update", f"tag:{tag}", name=found.name)
        except IntegrityError:
            raise _taken(name) from None
        return TagRecord(found.id, found.name, found.created_at)

    @needs("tag.update")
    async def delete(self, actor: Actor, tag: UUID) -> None:
        """Take a tag away, from every workflow too."""
        async with self._database.session() as session:
            name = await session.scalar(delete(Tag).where(Tag.id == tag).returning(Tag.name))
            if name is None:
                raise _no_tag()
            record(session, actor, "tag.delete", f"tag:{tag}", name=name)

    @needs("workflow.update")
    async def assign(self, actor: Actor, workflow: UUID, names: Sequence[str]) -> WorkflowRecord:
        """Let a workflow have exactly these tags; those not there yet are made."""
        project = await self._rows.require(actor, workflow, "workflow.update")
        async with self._database.session() as session:
            row = await self._rows.lock(session, workflow, project)
            await attach(session, workflow, names)
            record(session, actor, "workflow.tag", f"workflow:{workflow}", tags=list(names))
            return await self._rows.record(session, row)


async def attach(session: AsyncSession, workflow: UUID, names: Iterable[str]) -> None:
    """Let a workflow have exactly these tags, within a transaction."""
    wanted = {name.lower(): name for name in (checked_name(name, "tag", MAX_LENGTH) for name in names)}
    if len(wanted) > MAX_TAGS:
        raise InvalidRequestError(f"{len(wanted)} tags are too many; {MAX_TAGS} are allowed.", mend="Leave some out.")
    await session.execute(delete(WorkflowTag).where(WorkflowTag.workflow_id == workflow))
    if not wanted:
        return
    # In one order everywhere, so that two transactions that make the same tags do not wait for each other in a circle.
    made = [{"id": new_id(), "name": wanted[key]} for key in sorted(wanted)]
    await session.execute(insert(Tag).values(made).on_conflict_do_nothing())
    # The database says what the same name is, as its unique index does.
    names_wanted = select(func.lower(func.unnest(cast(list(wanted.values()), ARRAY(Text)))))
    ids = await session.scalars(select(Tag.id).where(func.lower(Tag.name).in_(names_wanted)))
    rows = [{"workflow_id": workflow, "tag_id": tag} for tag in ids]
    await session.execute(insert(WorkflowTag).values(rows))


def _taken(name: str) -> ConflictError:
    return ConflictError(
        f"There is a tag '{name.strip()}' already.", code="WF765", mend="Use it, or choose another name."
    )


def _no_tag() -> NotFoundError:
    return NotFoundError("There is no such tag.", mend="List the tags.")
