"""Plugs together everything that starts executions by itself: webhooks, forms, schedules. Used by ``Service``."""

from __future__ import annotations

import hmac
from contextlib import AsyncExitStack
from typing import Self
from uuid import UUID

from workflow_kernel.app.core import Core
from workflow_kernel.services.access import Access
from workflow_kernel.services.call_counts import CallCounts
from workflow_kernel.services.deliveries import Deliveries
from workflow_kernel.services.error_workflows import ErrorWorkflows
from workflow_kernel.services.executions import Executions
from workflow_kernel.services.forms import Forms
from workflow_kernel.services.mail import address
from workflow_kernel.services.polling import Polling
from workflow_kernel.services.resumption import Resumption
from workflow_kernel.services.schedules import Schedules
from workflow_kernel.services.ticker import Ticker
from workflow_kernel.services.trial_calls import TrialCalls
from workflow_kernel.services.trigger_list import TriggerList
from workflow_kernel.services.triggers import CHANNEL, Triggers
from workflow_kernel.services.webhook_keys import WebhookKeys
from workflow_kernel.services.webhook_routes import WebhookRoutes
from workflow_kernel.services.webhooks import Webhooks
from workflow_kernel.services.work import Leases, Variables
from workflow_kernel.storage import keys
from workflow_kernel.storage.notices import Notices
from workflow_kernel.storage.rate import Rates


class TriggerServices:
    """The services, by the names they have in ``Service``.

    Parameters
    ----------
    core: runs what they start. access: who may see and change them. executions: starts what they start.
    leases, variables: what callers must know, and what polls may use.
    """

    def __init__(
        self, core: Core, access: Access, executions: Executions, *, leases: Leases, variables: Variables
    ) -> None:
        self._stack = AsyncExitStack()
        link_key = hmac.digest(keys.signing_key(core.settings), b"workflow links", "sha256")
        rates = Rates(core.redis)
        self.routes = WebhookRoutes(core.database, core.registry)
        self.triggers = Triggers(core.registry, self.routes)
        self.deliveries = Deliveries(core.database, core.store, core.launcher, core.dispatcher)
        self.webhook_keys = WebhookKeys(leases, rates, lambda: core.environment.http, link_key)
        self.calls = CallCounts(core.database)
        self.webhooks = Webhooks(
            self.routes, executions, self.deliveries, keys=self.webhook_keys, rates=rates, counts=self.calls
        )
        self.forms = Forms(self.routes, executions, self.deliveries, link_key)
        self.trial_calls = TrialCalls(core.database, access, core.registry, core.bus)
        self.trigger_list = TriggerList(core.database, access, core.registry, link_key)
        self.resumption = Resumption(
            core.database, core.store, core.signals, core.library, executions,
            link_key=link_key, address=address(core.settings),
        )  # fmt: skip
        core.environment.resume_url = self.resumption.url
        self.schedules = Schedules(core.database, access, executions)
        polling = Polling(core.database, core.engine, core.library, core.launcher, leases=leases, variables=variables)
        self.ticker = Ticker(core.database, core.launcher, core.blobs, polling.poll)
        self.errors = ErrorWorkflows(core.database, core.library, core.launcher, core.registry, address(core.settings))
        core.dispatcher.on_failed.append(self.errors.on_execution_failed)
        self._notices = Notices(core.database.url, {CHANNEL: self._changed}, self._may_have_changed)

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.calls)
        await self._stack.enter_async_context(self.webhooks)
        await self._stack.enter_async_context(self.routes)
        await self._stack.enter_async_context(self.ticker)
        await self._stack.enter_async_context(self.errors)
        await self._stack.enter_async_context(self._notices)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def _changed(self, workflow: str) -> None:
        self.routes.mark_stale(UUID(workflow))
        self.ticker.wake()

    def _may_have_changed(self) -> None:
        self.routes.mark_stale(is_known=False)
        self.ticker.wake()
