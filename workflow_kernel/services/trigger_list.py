"""Triggers and webhooks as people see them: what listens, where it is called, how often it was."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, select

from workflow_kernel.auth import links
from workflow_kernel.base.errors import InvalidRequestError, NotFoundError, WorkflowError
from workflow_kernel.sdk.listening import listening
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.sdk.triggers import Failures, Form, Polls, Ticks, Webhook
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.permission import needs
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Trigger, Workflow
from workflow_kernel.storage.tables import Webhook as WebhookRow
from workflow_kernel.storage.triggers import FORM

_KINDS: dict[type, str] = {
    Webhook: "webhook", Form: "form", Ticks: "schedule", Polls: "polling", Failures: "error",
}  # fmt: skip

Query = Select[*tuple[Any, ...]]


class OfTrigger(msgspec.Struct, frozen=True):
    """What listens for a trigger: its id, and the workflow and the node (id and name) it belongs to."""

    id: UUID
    workflow: UUID
    workflow_name: str
    project: UUID
    node: str
    name: str


class TriggerView(OfTrigger, frozen=True):
    """A trigger that listens. ``kind`` is what for; ``error`` why it failed the last time."""

    type: str
    kind: str
    error: str
    updated_at: datetime


class WebhookView(OfTrigger, frozen=True):
    """A path that is called.

    Parameters
    ----------
    kind: ``webhook`` or ``form``. path: below its beginning. method: it is called by. auth: how callers show who they
        are. respond: when they are answered. calls, called_at: how often and when last.
    """

    kind: str
    path: str
    method: str
    auth: str
    respond: str
    calls: int
    called_at: datetime | None

    @property
    def beginning(self) -> str:
        """What stands before the path."""
        return f"/{self.kind}/"


class SignedLink(msgspec.Struct, frozen=True):
    """The path and query of a webhook's URL that counts until a time."""

    path: str
    until: int


class Asked(msgspec.Struct, frozen=True):
    """Which ones are wanted: of a workflow, of a project, after an id; at most one more than ``limit``."""

    workflow: UUID | None = None
    project: UUID | None = None
    after: UUID | None = None
    limit: int = 50


class TriggerList:
    """What listens.

    Parameters
    ----------
    registry: the node types. link_key: signs URLs.
    """

    def __init__(self, database: Database, access: Access, registry: Registry, link_key: bytes) -> None:
        self._database = database
        self._access = access
        self._registry = registry
        self._link_key = link_key

    @needs("trigger.read")
    async def find(self, actor: Actor, asked: Asked) -> list[TriggerView]:
        """Triggers the actor may see, by id."""
        query = select(Trigger, Workflow).join(Workflow, Workflow.id == Trigger.workflow_id)
        query = await self._narrowed(actor, query, asked, Trigger.id)
        async with self._database.session() as session:
            rows = await session.execute(query)
            return [
                TriggerView(
                    trigger.id, workflow.id, workflow.name, workflow.project_id, trigger.node, trigger.name,
                    trigger.type, self._kind(trigger), trigger.error, trigger.updated_at,
                )
                for trigger, workflow in rows
            ]  # fmt: skip

    @needs("trigger.read")
    async def webhooks(self, actor: Actor, asked: Asked) -> list[WebhookView]:
        """Paths the actor may see, by id."""
        query = await self._narrowed(actor, _webhooks(), asked, WebhookRow.id)
        async with self._database.session() as session:
            return [self._view(*row) for row in await session.execute(query)]

    @needs("trigger.read")
    async def webhook(self, actor: Actor, webhook: UUID) -> WebhookView:
        """A path."""
        return await self._read(actor, webhook, "trigger.read")

    @needs("trigger.update")
    async def sign(self, actor: Actor, webhook: UUID, *, seconds: int, path: str = "") -> SignedLink:
        """A URL that lets its holder call a webhook until a time.

        Parameters
        ----------
        path: with the values of its parameters; as it is when it has none.
        """
        found = await self._read(actor, webhook, "trigger.update")
        if found.auth != "signed_url":
            raise InvalidRequestError(
                "The webhook is not one that signed URLs call.", code="WF751",
                mend="Choose signed URLs as the way callers show that they may call.",
            )  # fmt: skip
        chosen = (path or found.path).strip("/")
        if not _fits(found.path, chosen):
            raise InvalidRequestError(
                f"'{chosen[:100]}' is not a path of '{found.path}'.", code="WF751",
                mend="Put values where the parameters are.",
            )  # fmt: skip
        until = int(time.time()) + seconds
        called = f"{found.beginning}{chosen}"
        signature = links.webhook_signature(self._link_key, called, until)
        async with self._database.session() as session:
            record(session, actor, "webhook.sign", f"webhook:{webhook}", path=called, until=until)
        return SignedLink(f"{called}?expires={until}&signature={signature}", until)

    async def _read(self, actor: Actor, webhook: UUID, permission: str) -> WebhookView:
        async with self._database.session() as session:
            row = (await session.execute(_webhooks().where(WebhookRow.id == webhook))).first()
        if row is None:
            raise NotFoundError("There is no such webhook.", mend="Check the id; publishing may have replaced it.")
        await self._access.require(actor, row[2].project_id, permission, "webhook")
        return self._view(*row)

    async def _narrowed(self, actor: Actor, query: Query, asked: Asked, id: Any) -> Query:
        projects = await self._access.projects(actor, "trigger.read")
        if projects is not None:
            query = query.where(Workflow.project_id.in_(projects))
        if asked.workflow is not None:
            query = query.where(Workflow.id == asked.workflow)
        if asked.project is not None:
            query = query.where(Workflow.project_id == asked.project)
        if asked.after is not None:
            query = query.where(id > asked.after)
        return query.order_by(id).limit(asked.limit + 1)

    def _listeners(self, trigger: Trigger) -> Sequence[Any]:
        try:
            return listening(self._registry.find(trigger.type, trigger.version), trigger.parameters)
        except (WorkflowError, ValueError):
            return ()

    def _kind(self, trigger: Trigger) -> str:
        found = self._listeners(trigger)
        return _KINDS.get(type(found[0]), "") if found else ""

    def _view(self, row: WebhookRow, trigger: Trigger, workflow: Workflow) -> WebhookView:
        shown = str(row.settings.get("path", row.path))
        listener = next((one for one in self._listeners(trigger) if getattr(one, "path", None) == shown), None)
        return WebhookView(
            row.id, workflow.id, workflow.name, workflow.project_id, row.node, trigger.name,
            "form" if row.method == FORM else "webhook", shown, "GET, POST" if row.method == FORM else row.method,
            listener.auth.kind if listener is not None else "", listener.respond if listener is not None else "",
            row.calls, row.called_at,
        )  # fmt: skip


def _webhooks() -> Query:
    return (
        select(WebhookRow, Trigger, Workflow)
        .join(Workflow, Workflow.id == WebhookRow.workflow_id)
        .join(Trigger, (Trigger.workflow_id == WebhookRow.workflow_id) & (Trigger.node == WebhookRow.node))
        .where(WebhookRow.is_test.is_(False))
    )


def _fits(pattern: str, path: str) -> bool:
    wanted, given = pattern.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        (other != "" and not other.startswith(":")) if one.startswith(":") else one == other
        for one, other in zip(wanted, given, strict=True)
    )
