"""Webhooks and forms over HTTP, as the API tells of them: addresses, calls, signed URLs. Calls go to ``webhooks``."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.routing import Page, Request, route
from workflow_kernel.api.triggers import ListeningShown, OfTriggerShown, TriggerQuery, base_of, listening_shown
from workflow_kernel.api.workflow_views import Model
from workflow_kernel.services.trigger_list import WebhookView

TAG = "Webhooks"


class WebhookShown(OfTriggerShown):
    """An address that starts a workflow."""

    kind: Literal["webhook", "form"]
    path: str
    method: str
    url: str
    auth: str = Field(description="How callers show that they may call.")
    respond: str = Field(description="When they are answered.")
    calls: int = Field(description="How often it was called, as of some seconds ago.")
    called_at: datetime | None = Field(description="When it was called last.")


class LinkWish(Model):
    """How long a URL is to count, and for which path."""

    seconds: int = Field(3600, ge=1, le=366 * 86_400)
    path: str = Field("", max_length=2000, description="With the values of its parameters.")


class LinkMade(Model):
    """A URL that lets its holder call."""

    url: str
    until: int = Field(description="Seconds since the epoch.")


@route("GET", "/webhooks", tag=TAG)
async def list_webhooks(request: Request, query: TriggerQuery) -> Page[WebhookShown]:
    """Addresses of published workflows you may see."""
    found = await request.service.trigger_list.webhooks(request.actor, query.asked())
    base = base_of(request)
    return Page[WebhookShown].of(found, query, lambda view: _shown(view, base), lambda view: view.id)


@route("GET", "/webhooks/{webhook_id}", tag=TAG, errors=(404,))
async def read_webhook(request: Request, webhook_id: UUID) -> WebhookShown:
    """An address."""
    return _shown(await request.service.trigger_list.webhook(request.actor, webhook_id), base_of(request))


@route("POST", "/webhooks/{webhook_id}/test", tag=TAG, errors=(404, 409, 422), permission="trigger.test")
async def test_webhook(request: Request, webhook_id: UUID) -> ListeningShown:
    """Wait two minutes for one call of the same trigger in the draft of its workflow."""
    found = await request.service.trigger_list.webhook(request.actor, webhook_id)
    waits = await request.service.trial_calls.listen(request.actor, found.workflow, node=found.name)
    return listening_shown(request, waits)


@route("POST", "/webhooks/{webhook_id}/links", tag=TAG, status=201, errors=(404, 422))
async def sign_webhook_url(request: Request, webhook_id: UUID, body: LinkWish) -> LinkMade:
    """Make a URL that lets its holder call until a time, for webhooks that ask for one."""
    made = await request.service.trigger_list.sign(request.actor, webhook_id, seconds=body.seconds, path=body.path)
    return LinkMade(url=f"{base_of(request)}{made.path}", until=made.until)


ROUTES = (list_webhooks, read_webhook, test_webhook, sign_webhook_url)


def _shown(view: WebhookView, base: str) -> WebhookShown:
    return WebhookShown(**msgspec.structs.asdict(view), url=f"{base}{view.beginning}{view.path}")
