"""Test addresses: an editor listens, the next call of a draft's webhook or form starts it by hand, and that was it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from workflow_kernel import wire
from workflow_kernel.base.errors import ConflictError, InvalidRequestError, NotFoundError
from workflow_kernel.base.ids import new_id
from workflow_kernel.contracts import Bus
from workflow_kernel.graph import format as flow_format
from workflow_kernel.runs.item import Items
from workflow_kernel.sdk.listening import listening
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.sdk.triggers import Form, Webhook
from workflow_kernel.services import workflow_documents as documents
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.launch import Launch
from workflow_kernel.services.permission import needs, open_to_all
from workflow_kernel.services.triggers import listeners_of, webhooks_of
from workflow_kernel.services.webhook_routes import Found, RouteTable, WebhookRoute
from workflow_kernel.storage import trial_calls as queries
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Workflow, WorkflowVersion
from workflow_kernel.storage.trial_calls import Waiting
from workflow_kernel.storage.triggers import FORM

SECONDS = 120.0
"""How long a test address waits for its call."""


class TrialAddress(msgspec.Struct, frozen=True):
    """An address that waits for a call. ``kind`` is ``webhook`` or ``form``; ``path`` below ``/webhook-test/`` etc."""

    node: str
    kind: str
    path: str
    methods: Sequence[str]


class Listening(msgspec.Struct, frozen=True):
    """What waits, and until when. ``channel`` tells of the call, see ``wire.TrialCalled``."""

    addresses: Sequence[TrialAddress]
    until: datetime
    channel: str


class TrialCalls:
    """Takes calls of test addresses.

    Parameters
    ----------
    registry: the node types. bus: tells editors.
    """

    def __init__(self, database: Database, access: Access, registry: Registry, bus: Bus) -> None:
        self._database = database
        self._access = access
        self._registry = registry
        self._bus = bus

    @needs("trigger.test")
    async def listen(
        self, actor: Actor, workflow: UUID, *, document: Mapping[str, Any] | None = None, node: str = "", to: str = ""
    ) -> Listening:
        """Wait for a call of a workflow's draft.

        Parameters
        ----------
        document: of the draft; as it was saved last when not given. node: name of the trigger; all when empty.
        to: name of the node to run to.

        Raises ``ConflictError`` WF740 where somebody else waits at a path.
        """
        async with self._database.session() as session:
            row = await session.get(Workflow, workflow)
        if row is None or row.deleted_at is not None:
            raise NotFoundError("There is no such workflow.", mend="Check the id, and that it is shared with you.")
        await self._access.require(actor, row.project_id, "workflow.execute", "workflow")
        if document is not None:
            await self._access.require(actor, row.project_id, "workflow.update", "workflow")
        graph = documents.read(document if document is not None else await self._draft(workflow, row.version))
        placed = [
            one
            for one in listeners_of(graph, self._registry)
            if isinstance(one.listener, Webhook | Form) and node in ("", one.node.name)
        ]
        if not placed:
            raise InvalidRequestError(
                f"The workflow has no webhook or form{f' called {node!r}' if node else ''} to listen at.",
                code="WF748", mend="Add one, or run the workflow by hand.",
            )  # fmt: skip
        kept = flow_format.to_document(graph)
        settings = {
            one.node.id: {
                "name": one.node.name, "type": one.node.type, "version": one.node.version,
                "parameters": dict(one.node.parameters), "document": kept, "to": to,
                "credential": use.id if (use := one.node.credentials.get("auth")) else "",
            }
            for one in placed
        }  # fmt: skip
        webhooks = [webhook for one in placed for webhook in webhooks_of(one)]
        async with self._database.session() as session:
            until = await queries.wait(session, workflow, actor.id, webhooks, settings, SECONDS)
            if isinstance(until, str):
                raise ConflictError(
                    f"Somebody waits for a call of '{until}' already.", code="WF740", mend="Try again in two minutes."
                )
        addresses = [
            TrialAddress(
                one.node.name, "form" if isinstance(one.listener, Form) else "webhook", one.listener.path,
                () if isinstance(one.listener, Form) else one.listener.methods,
            )
            for one in placed if isinstance(one.listener, Webhook | Form)
        ]  # fmt: skip
        return Listening(addresses, until, f"workflow:{workflow}")

    @needs("trigger.test")
    async def stop(self, actor: Actor, workflow: UUID) -> None:
        """Wait no more."""
        async with self._database.session() as session:
            project = await session.scalar(select(Workflow.project_id).where(Workflow.id == workflow))
            if project is None:
                raise NotFoundError("There is no such workflow.", mend="Check the id.")
            await self._access.require(actor, project, "workflow.read", "workflow")
            await queries.stop(session, workflow, actor.id)

    @open_to_all("anybody may call an address; what it asks of callers is checked by webhooks.admit")
    async def find(self, path: str, *, form: bool = False) -> tuple[Found, Mapping[UUID, Waiting]] | None:
        """What a test address names: its routes, and what each runs."""
        async with self._database.session() as session:
            rows = await queries.waiting(session)
        rows = [row for row in rows if (row.method == FORM) is form]
        found = RouteTable(map(self._route, rows)).find(path)
        return None if found is None else (found, {row.id: row for row in rows})

    @open_to_all("callers were admitted")
    async def take(self, waiting: Waiting, items: Items, method: str, path: str) -> tuple[Launch, UUID]:
        """What a call starts, with the id of its execution, which the editor is told. Raises where it was called."""
        async with self._database.session() as session:
            if not await queries.take(session, waiting):
                raise NotFoundError("Nobody waits for a call here any more.", code="WF747", mend="Listen again.")
        settings, execution = waiting.settings, new_id()
        launch = Launch(
            workflow=waiting.workflow, project=waiting.project, mode="manual", document=settings["document"],
            start=settings["name"], items=items, created_by=waiting.created_by,
            options={"to": settings["to"]} if settings.get("to") else {},
        )  # fmt: skip
        by = None if waiting.created_by is None else str(waiting.created_by)
        told = wire.TrialCalled(
            str(waiting.workflow), str(execution), settings["name"], method, path, time.time(), by
        )  # fmt: skip
        self._bus.publish(f"workflow:{waiting.workflow}", msgspec.json.encode(told))
        return launch, execution

    def _route(self, row: Waiting) -> WebhookRoute:
        settings = row.settings
        node_type = self._registry.find(settings["type"], settings["version"])
        listener = next(
            one
            for one in listening(node_type, settings["parameters"])
            if isinstance(one, Webhook | Form) and one.path == settings["path"]
        )
        return WebhookRoute(
            row.id, tuple(settings["path"].split("/")), row.method, row.workflow, row.workflow_name, row.project, 0,
            row.id, settings["name"], listener, settings["credential"],
        )  # fmt: skip

    async def _draft(self, workflow: UUID, number: int) -> Mapping[str, Any]:
        async with self._database.session() as session:
            found: Mapping[str, Any] | None = await session.scalar(
                select(WorkflowVersion.document).where(
                    WorkflowVersion.workflow_id == workflow, WorkflowVersion.number == number
                )
            )
        if found is None:
            raise NotFoundError("The draft is gone.", mend="Reload the workflow.")
        return found
