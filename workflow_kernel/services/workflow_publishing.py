"""Publishing: which version of a workflow production runs, and whether its triggers listen. Part of ``Workflows``."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.base.errors import ConflictError, InvalidRequestError, Problem
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.services import workflow_documents as documents
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.permission import needs
from workflow_kernel.services.workflow_rows import Triggers, WorkflowRows
from workflow_kernel.storage.tables import Workflow
from workflow_kernel.storage.tables.base import now
from workflow_kernel.storage.workflows import WorkflowRecord


class Published(msgspec.Struct, frozen=True):
    """A workflow that was published, with what may be wrong with it all the same."""

    record: WorkflowRecord
    warnings: Sequence[Problem] = ()


class Publishing:
    """Publishes versions and lets triggers listen.

    Parameters
    ----------
    rows: finds workflows for an actor. catalog: the node types there are. triggers: told what shall listen.
    """

    def __init__(self, rows: WorkflowRows, catalog: RegistryCatalog, triggers: Triggers) -> None:
        self._rows = rows
        self.catalog = catalog
        self._triggers = triggers

    @needs("workflow.publish")
    async def publish(
        self, actor: Actor, workflow: UUID, number: int | None = None, *, activate: bool = True
    ) -> Published:
        """Let production run a version.

        Parameters
        ----------
        number: of the version; the newest when not given.
        activate: whether its triggers listen from now on; with False they stay as they are.

        Raises ``InvalidRequestError`` WF762 with every problem when the version cannot run.
        """
        project = await self._rows.require(actor, workflow, "workflow.publish")
        async with self._rows.database.session() as session:
            chosen = number if number is not None else (await self._rows.row(session, workflow)).version
            document = (await self._rows.version(session, workflow, chosen)).document
        checked = await documents.check(document, self.catalog)
        if checked.errors:
            count = len(checked.errors)
            raise InvalidRequestError(
                f"Version {chosen} cannot be published: it has {count} {'error' if count == 1 else 'errors'}.",
                code="WF762",
                mend="Correct them and save, then publish.",
                problems=checked.problems,
            )
        async with self._rows.database.session() as session:
            row = await self._rows.lock(session, workflow, project)
            version = await self._rows.version(session, workflow, chosen)
            version.published_at = now()
            row.published_version = chosen
            row.is_active = row.is_active or activate
            await self._listen(session, row)
            record(session, actor, "workflow.publish", f"workflow:{workflow}", version=chosen, active=row.is_active)
            found = await self._rows.record(session, row)
        self._rows.announce(actor, "published", found)
        return Published(found, checked.problems)

    @needs("workflow.publish")
    async def unpublish(self, actor: Actor, workflow: UUID) -> WorkflowRecord:
        """Let production run no version; triggers stop listening."""
        project = await self._rows.require(actor, workflow, "workflow.publish")
        async with self._rows.database.session() as session:
            row = await self._rows.lock(session, workflow, project)
            row.published_version, row.is_active = None, False
            await self._listen(session, row)
            record(session, actor, "workflow.unpublish", f"workflow:{workflow}")
            found = await self._rows.record(session, row)
        self._rows.announce(actor, "unpublished", found)
        return found

    @needs("workflow.publish")
    async def activate(self, actor: Actor, workflow: UUID) -> WorkflowRecord:
        """Let the triggers of the published version listen. Raises ``ConflictError`` WF763 when there is none."""
        return await self._set_active(actor, workflow, is_active=True)

    @needs("workflow.publish")
    async def deactivate(self, actor: Actor, workflow: UUID) -> WorkflowRecord:
        """Stop the triggers; the published version can still be run and called."""
        return await self._set_active(actor, workflow, is_active=False)

    async def _set_active(self, actor: Actor, workflow: UUID, *, is_active: bool) -> WorkflowRecord:
        project = await self._rows.require(actor, workflow, "workflow.publish")
        what = "activate" if is_active else "deactivate"
        async with self._rows.database.session() as session:
            row = await self._rows.lock(session, workflow, project)
            if is_active and row.published_version is None:
                raise ConflictError(f"'{row.name}' is not published.", code="WF763", mend="Publish a version first.")
            row.is_active = is_active
            await self._listen(session, row)
            record(session, actor, f"workflow.{what}", f"workflow:{workflow}")
            found = await self._rows.record(session, row)
        self._rows.announce(actor, "activated" if is_active else "deactivated", found)
        return found

    async def _listen(self, session: AsyncSession, row: Workflow) -> None:
        """Let exactly those triggers listen that should, for a locked row."""
        document = None
        if row.is_active and row.published_version is not None and row.deleted_at is None:
            document = (await self._rows.version(session, row.id, row.published_version)).document
        await session.flush()
        await self._triggers.sync(session, row.id, row.project_id, document)
