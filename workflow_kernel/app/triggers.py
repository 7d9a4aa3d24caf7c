"""Plugs together everything that starts executions by itself: webhooks, forms, schedules. Used by ``Service``."""

from __future__ import annotations

import hmac
from contextlib import AsyncExitStack
from typing import Self
from uuid import UUID

from workflow_kernel.app.core import Core
from workflow_kernel.services.deliveries import Deliveries
from workflow_kernel.services.executions import Executions
from workflow_kernel.services.triggers import CHANNEL, Triggers
from workflow_kernel.services.webhook_keys import Leases, WebhookKeys
from workflow_kernel.services.webhook_routes import WebhookRoutes
from workflow_kernel.services.webhooks import Webhooks
from workflow_kernel.storage import keys
from workflow_kernel.storage.notices import Notices
from workflow_kernel.storage.rate import Rates


class TriggerServices:
    """The services, by the names they have in ``Service``.

    Parameters
    ----------
    core: runs what they start. executions: starts it. leases: gives secrets that callers must know.
    """

    def __init__(self, core: Core, executions: Executions, leases: Leases) -> None:
        self._stack = AsyncExitStack()
        link_key = hmac.digest(keys.signing_key(core.settings), b"workflow links", "sha256")
        rates = Rates(core.redis)
        self.routes = WebhookRoutes(core.database, core.registry)
        self.triggers = Triggers(core.registry, self.routes)
        self.deliveries = Deliveries(core.database, core.store, core.launcher, core.dispatcher)
        self.webhook_keys = WebhookKeys(leases, rates, lambda: core.environment.http, link_key)
        self.webhooks = Webhooks(self.routes, executions, self.deliveries, self.webhook_keys, rates)
        self._notices = Notices(core.database.url, {CHANNEL: self._changed}, self._may_have_changed)

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.webhooks)
        await self._stack.enter_async_context(self.routes)
        await self._stack.enter_async_context(self._notices)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def _changed(self, workflow: str) -> None:
        self.routes.mark_stale(UUID(workflow))

    def _may_have_changed(self) -> None:
        self.routes.mark_stale(is_known=False)
