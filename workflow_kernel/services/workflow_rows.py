"""Rows of workflows for those who may see or change them, and the message that goes out when one was changed."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.base.errors import InvalidRequestError, NotFoundError, Problem
from workflow_kernel.contracts import Bus
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.storage import workflows as queries
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Project, Workflow, WorkflowVersion
from workflow_kernel.storage.workflows import WorkflowRecord
from workflow_kernel.wire import WorkflowChange, WorkflowChanged

MAX_NAME = 500


class Triggers(Protocol):
    """What makes the triggers of a workflow listen."""

    async def sync(
        self, session: AsyncSession, workflow_id: UUID, project_id: UUID, document: Mapping[str, Any] | None
    ) -> None:
        """Let exactly the triggers of a document listen; none for None. Raises ``ServiceError`` where one cannot."""
        ...


class WorkflowRows:
    """Finds workflows for an actor.

    Parameters
    ----------
    database, access: where rows and members are. bus: told of changes.
    """

    def __init__(self, database: Database, access: Access, bus: Bus) -> None:
        self.database = database
        self.access = access
        self._bus = bus

    async def require(self, actor: Actor, workflow: UUID, permission: str, *, is_deleted: bool = False) -> UUID:
        """The project of a workflow in which the actor may do this.

        Raises ``NotFoundError`` where there is no such workflow, or the actor may not know of it.
        """
        async with self.database.session() as session:
            row = (
                await session.execute(select(Workflow.project_id, Workflow.deleted_at).where(Workflow.id == workflow))
            ).first()
        if row is None:
            raise no_workflow()
        await self.access.require(actor, row.project_id, permission, "workflow")
        if (row.deleted_at is not None) != is_deleted:
            raise no_workflow(deleted=not is_deleted)
        return row.project_id  # type: ignore[no-any-return]

    async def require_project(self, actor: Actor, project: UUID, permission: str) -> None:
        """Raise unless the actor may do this in the project, and it is there: administrators may do so in any."""
        await self.access.require(actor, project, permission)
        async with self.database.session() as session:
            if await session.scalar(select(Project.id).where(Project.id == project)) is None:
                raise NotFoundError("There is no such project.", mend="List the projects.")

    async def lock(self, session: AsyncSession, workflow: UUID, project: UUID) -> Workflow:
        """The row, locked until the transaction ends; its project is the one permission was asked for.

        Executions of it can be kept meanwhile: the lock leaves alone those who only refer to the row.
        """
        query = select(Workflow).where(Workflow.id == workflow, Workflow.project_id == project)
        found: Workflow | None = await session.scalar(query.with_for_update(key_share=True))
        if found is None:
            raise no_workflow()
        return found

    async def row(self, session: AsyncSession, workflow: UUID) -> Workflow:
        """The row as it is; permission was asked for."""
        found: Workflow | None = await session.get(Workflow, workflow)
        if found is None:
            raise no_workflow()
        return found

    async def record(self, session: AsyncSession, row: Workflow) -> WorkflowRecord:
        """The record of a row as it is in the transaction."""
        await session.flush()
        return (await queries.records(session, [row]))[0]

    async def version(self, session: AsyncSession, workflow: UUID, number: int) -> WorkflowVersion:
        """A version. Raises ``NotFoundError`` when there is none of that number."""
        found: WorkflowVersion | None = await session.scalar(
            select(WorkflowVersion).where(WorkflowVersion.workflow_id == workflow, WorkflowVersion.number == number)
        )
        if found is None:
            raise NotFoundError(f"The workflow has no version {number}.", mend="List its versions.")
        return found

    def announce(self, actor: Actor, what: WorkflowChange, *records: WorkflowRecord) -> None:
        """Tell those who listen. Called once the change is durable."""
        for record in records:
            message = WorkflowChanged(
                str(record.id), str(record.project), what, record.version, time.time(),
                None if actor.id is None else str(actor.id),
            )  # fmt: skip
            self._bus.publish(f"workflow:{record.id}", msgspec.json.encode(message))


def no_workflow(*, deleted: bool = False) -> NotFoundError:
    """There is no such workflow."""
    if deleted:
        return NotFoundError("The workflow is deleted.", mend="Restore it first.")
    return NotFoundError("There is no such workflow.", mend="Check the id, and that it is shared with you.")


def checked_name(name: str, field: str = "name", limit: int = MAX_NAME) -> str:
    """A name without space around it. Raises ``InvalidRequestError`` for one that is empty, too long or unprintable."""
    found = name.strip()
    wrong = ""
    if not found:
        wrong = f"The {field} is empty."
    elif len(found) > limit:
        wrong = f"The {field} has {len(found):,} characters; {limit} are allowed."
    elif any(unicodedata.category(sign) in ("Cc", "Cs") for sign in found):
        wrong = f"The {field} holds a character that cannot be shown."
    if wrong:
        mend = f"Give a {field} of 1 to {limit} characters on one line."
        raise InvalidRequestError(wrong, mend=mend, problems=[Problem("WF705", wrong, mend, field=field)])
    return found


def checked_text(value: str, field: str, limit: int = 10_000) -> str:
    """A text people wrote. Raises ``InvalidRequestError`` for one that is too long or holds what none can hold."""
    wrong = ""
    if len(value) > limit:
        wrong = f"The {field} has {len(value):,} characters; {limit:,} are allowed."
    elif "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        wrong = f"The {field} holds a character that cannot be kept."
    if wrong:
        raise InvalidRequestError(
            wrong,
            mend="Shorten or correct it.",
            problems=[Problem("WF705", wrong, "Shorten or correct it.", field=field)],
        )
    return value
