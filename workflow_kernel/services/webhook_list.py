"""The addresses that start workflows, as people see them: who may call what, when it was called last."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select

from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.permission import needs
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Webhook, Workflow

_FORM = "FORM"


class WebhookView(msgspec.Struct, frozen=True):
    """An address that starts a workflow.

    Parameters
    ----------
    node: id of the node. path: below where webhooks, or forms, are served. is_form: whether it is the page of a form.
    calls: how many there were.
    """

    id: UUID
    workflow: UUID
    workflow_name: str
    project: UUID
    node: str
    path: str
    method: str
    is_form: bool
    called_at: datetime | None
    calls: int


class WebhookList:
    """Lists webhooks and forms of published workflows.

    Parameters
    ----------
    database: has them. access: who may see which.
    """

    def __init__(self, database: Database, access: Access) -> None:
        self._database = database
        self._access = access

    @needs("trigger.read")
    async def find(self, actor: Actor, *, project: UUID | None = None, limit: int = 200) -> list[WebhookView]:
        """The addresses that may be called, those called last first."""
        projects = await self._access.projects(actor, "trigger.read")
        wanted = (
            select(Webhook, Workflow.name, Workflow.project_id)
            .join(Workflow, Workflow.id == Webhook.workflow_id)
            .where(Webhook.is_test.is_(False), Workflow.deleted_at.is_(None))
            .order_by(Webhook.called_at.desc().nulls_last(), Webhook.id)
            .limit(limit)
        )
        if projects is not None:
            wanted = wanted.where(Workflow.project_id.in_(projects))
        if project is not None:
            wanted = wanted.where(Workflow.project_id == project)
        async with self._database.session() as session:
            return [_view(row, name, owner) for row, name, owner in await session.execute(wanted)]


def _view(row: Webhook, name: str, project: UUID) -> WebhookView:
    shown = str(row.settings.get("path") or row.path)
    return WebhookView(
        row.id, row.workflow_id, name, project, row.node, shown, row.method, row.method == _FORM,
        row.called_at, row.calls,
    )  # fmt: skip
