"""Triggers over HTTP: what listens, and test addresses of drafts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.routing import Page, PageQuery, Request, route
from workflow_kernel.api.workflow_views import Model
from workflow_kernel.services.trial_calls import Listening
from workflow_kernel.services.trigger_list import Asked, TriggerView

TAG = "Triggers"


class TriggerQuery(PageQuery):
    """Which ones."""

    workflow: UUID | None = Field(None, description="Of a workflow.")
    project: UUID | None = Field(None, description="Of a project.")

    def asked(self) -> Asked:
        """The same for the service."""
        return Asked(self.workflow, self.project, self.after(UUID), self.limit)


class OfTriggerShown(Model):
    """What listens for a trigger, and where it belongs."""

    id: UUID
    workflow: UUID
    workflow_name: str
    project: UUID
    node: str = Field(description="Id of the trigger's node.")
    name: str = Field(description="Name of the trigger's node.")


class TriggerShown(OfTriggerShown):
    """A trigger that listens."""

    type: str = Field(description="Its node type.")
    kind: Literal["webhook", "form", "schedule", "polling", "error", ""] = Field(description="What it listens for.")
    error: str = Field(description="Why it failed the last time; empty where it did not.")
    updated_at: datetime


class ListenWish(Model):
    """What is to be tried out."""

    document: dict[str, Any] | None = Field(None, description="A draft that was not saved.")
    node: str = Field("", max_length=200, description="Name of the trigger; all when empty.")
    to: str = Field("", max_length=200, description="Run to this node and no further.")


class TrialAddressShown(Model):
    """An address that waits for a call."""

    node: str = Field(description="Name of the trigger.")
    kind: Literal["webhook", "form"]
    url: str
    methods: list[str]


class ListeningShown(Model):
    """What waits for one call."""

    addresses: list[TrialAddressShown]
    until: datetime = Field(description="How long they wait.")
    channel: str = Field(description="Live channel that tells of the call: the event webhook.called.")


@route("GET", "/triggers", tag=TAG)
async def list_triggers(request: Request, query: TriggerQuery) -> Page[TriggerShown]:
    """What listens, in workflows you may see."""
    found = await request.service.trigger_list.find(request.actor, query.asked())
    return Page[TriggerShown].of(found, query, _shown, lambda view: view.id)


@route("POST", "/workflows/{workflow_id}/listen", tag=TAG, errors=(404, 409, 422))
async def listen_to_draft(request: Request, workflow_id: UUID, body: ListenWish) -> ListeningShown:
    """Wait two minutes for one call of a draft's webhook or form.

    The call runs the draft by hand. The live channel tells which execution it started.
    """
    found = await request.service.trial_calls.listen(
        request.actor, workflow_id, document=body.document, node=body.node, to=body.to
    )
    return listening_shown(request, found)


@route("DELETE", "/workflows/{workflow_id}/listen", tag=TAG, status=204, errors=(404,))
async def stop_listening(request: Request, workflow_id: UUID) -> None:
    """Wait no more."""
    await request.service.trial_calls.stop(request.actor, workflow_id)


ROUTES = (list_triggers, listen_to_draft, stop_listening)


def base_of(request: Request) -> str:
    """How the outside reaches this mount."""
    public = request.service.settings.public_url.rstrip("/")
    return public or f"{request.raw.protocol}://{request.raw.host}{request.prefix}"


def listening_shown(request: Request, found: Listening) -> ListeningShown:
    """The view of what waits."""
    base = base_of(request)
    addresses = [
        TrialAddressShown(
            node=one.node, kind="form" if one.kind == "form" else "webhook",
            url=f"{base}/{one.kind}-test/{one.path}", methods=list(one.methods) or ["GET", "POST"],
        )
        for one in found.addresses
    ]  # fmt: skip
    return ListeningShown(addresses=addresses, until=found.until, channel=found.channel)


def _shown(view: TriggerView) -> TriggerShown:
    return TriggerShown(**msgspec.structs.asdict(view))
