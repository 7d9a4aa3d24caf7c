"""The service: every part of it plugged together, started and stopped. The server, Jupyter and Panel mount its routes.

    async with Service(settings) as service:
        rules = service.routes(prefix="/workflow")

Embedded Postgres and Redis are started where settings name no shared ones; tables are migrated.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import ModuleType
from typing import Literal, Self

import httpx
from pydantic import SecretStr

from workflow_kernel.api.kernel import Identify
from workflow_kernel.api.routes import Rule, routes
from workflow_kernel.app.backends import BackendChoice
from workflow_kernel.app.core import Core, files_folder, secret_places
from workflow_kernel.app.credentials import credential_services
from workflow_kernel.app.people import people_services
from workflow_kernel.app.triggers import TriggerServices
from workflow_kernel.app.watching import watch_services
from workflow_kernel.auth.local import local_token
from workflow_kernel.base.settings import Settings
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.services.execution_batches import ExecutionBatches
from workflow_kernel.services.executions import Executions
from workflow_kernel.services.expressions import Expressions
from workflow_kernel.services.files import Files
from workflow_kernel.services.folders import Folders
from workflow_kernel.services.local_identify import LocalIdentify
from workflow_kernel.services.mail import Delivery, QueuedMail
from workflow_kernel.services.node_types import NodeTypes
from workflow_kernel.services.pruning import Pruning
from workflow_kernel.services.queues import QueueRoom
from workflow_kernel.services.run_samples import RunSamples
from workflow_kernel.services.statistics import Statistics
from workflow_kernel.services.tags import Tags
from workflow_kernel.services.templates import Templates
from workflow_kernel.services.transfer import Transfer
from workflow_kernel.services.variables import Variables
from workflow_kernel.services.versions import Versions
from workflow_kernel.services.workflow_rows import WorkflowRows
from workflow_kernel.services.workflows import Workflows
from workflow_kernel.storage import keys
from workflow_kernel.storage.embedded.servers import servers
from workflow_kernel.storage.migrations import migrate
from workflow_kernel.storage.queue_bullmq import Attempt
from workflow_kernel.storage.rate_limit import RateLimit

MAIL_AT_ONCE = 4
"""Mails a process sends at once."""


class Service:
    """A whole service.

    Parameters
    ----------
    settings: of the service. works: whether this process takes executions from the queues. kind: what it is.
    registry: the node types; those installed when not given. backend: where nodes run; here when not given.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        works: bool = True,
        kind: Literal["server", "worker"] = "server",
        registry: Registry | None = None,
        backend: BackendChoice | None = None,
    ) -> None:
        self.settings = settings
        self._backend = backend
        self._works = works
        self._kind = kind
        self._registry = registry or Registry()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def routes(
        self,
        prefix: str = "",
        identify: Identify | None = None,
        modules: Sequence[ModuleType] | None = None,
        *,
        outer: str = "",
    ) -> list[Rule]:
        """Every door as Tornado rules.

        Parameters
        ----------
        prefix: path below which they are mounted.
        identify: tells who asks, for hosts that know (Jupyter); cookies, tokens and API keys do when not given.
        modules: the resources; all there are when not given.
        outer: path the host puts before every rule by itself, e.g. ``--prefix`` of Panel.
        """
        return routes(self, prefix, identify, modules, outer=outer)

    async def _start(self) -> None:
        addresses = await self._stack.enter_async_context(servers(self.settings))
        named = {
            "database_url": SecretStr(addresses.database_url),
            "redis_url": SecretStr(addresses.redis_url),
        }
        self.settings = self.settings.model_copy(update=named)
        await migrate(addresses.database_url)
        self.core = core = Core(
            self.settings, works=self._works, kind=self._kind, registry=self._registry, backend=self._backend
        )
        self.database, self.bus, self.registry = core.database, core.bus, core.registry
        self._add_people()
        self._add_credentials()
        self._add_workflows()
        self._add_watching()
        await self._stack.enter_async_context(core)
        await self._stack.enter_async_context(self.queues)
        self._stack.callback(self.expressions.close)
        if self._kind == "server":
            await self._stack.enter_async_context(self.listening)
            await self._stack.enter_async_context(self.pruning)

    def _add_people(self) -> None:
        core = self.core
        http = httpx.AsyncClient(timeout=10.0, follow_redirects=False)
        self._stack.push_async_callback(http.aclose)
        made = people_services(core.database, core.redis, self.settings, QueuedMail(core.queues), http)
        self.access, self.accounts, self.api_keys = made.access, made.accounts, made.api_keys
        self.factors, self.projects = made.factors, made.projects
        token = local_token(keys.signing_key(self.settings))
        self.identify = LocalIdentify(made.identify, core.database, token)
        self.roles, self.sessions, self.sign_in = made.roles, made.sessions, made.sign_in
        self.invitations, self.recovery, self.registration = made.invitations, made.recovery, made.registration
        self.passkeys, self.sign_on, self.jupyter = made.passkeys, made.sign_on, made.jupyter
        self.rate_limit = RateLimit(core.redis, self.settings.rate_limit)
        if self._works:
            delivery = Delivery(self.settings)

            async def deliver(attempt: Attempt) -> None:
                await delivery.work(attempt.data)

            core.queues.work("email-sending", deliver, MAIL_AT_ONCE)

    def _add_watching(self) -> None:
        made = watch_services(self.core, self.access)
        self.audit_trail, self.live, self.system = made.audit_trail, made.live, made.system

    def _add_credentials(self) -> None:
        made = credential_services(self.core, self.access, self.settings)
        self.leases, self.credentials, self.credential_trials = made.leases, made.credentials, made.credential_trials
        self.oauth_credentials, self.key_rotation = made.oauth_credentials, made.key_rotation
        self._stack.callback(self.leases.close)
        self.core.dispatcher.leases = self.leases

    def _add_workflows(self) -> None:
        core = self.core
        self.executions = Executions(
            core.database, self.access, core.store, core.signals, core.launcher, core.dispatcher, core.bus, core.blobs
        )
        rows = WorkflowRows(core.database, self.access, core.bus)
        self.variables = Variables(rows)
        self.listening = listening = TriggerServices(
            core, self.access, self.executions, leases=self.leases, variables=self.variables
        )
        self.triggers, self.webhooks, self.schedules = listening.triggers, listening.webhooks, listening.schedules
        self.trigger_list = listening.trigger_list
        self.forms, self.trial_calls, self.resumption = listening.forms, listening.trial_calls, listening.resumption
        self.workflows = Workflows(rows, RegistryCatalog(core.registry), self.triggers)
        self.versions = Versions(rows, self.workflows)
        self.tags = Tags(core.database, self.access, rows)
        self.folders = Folders(rows)
        self.templates = Templates(rows, self.workflows)
        self.files = Files(
            core.database, files_folder(self.settings), secret_places(self.settings), most=self.settings.max_file
        )
        self.node_types = NodeTypes(core.registry, self.workflows, self.credentials)
        self.expressions = Expressions(rows, self.variables, RunSamples(self.executions, core.registry))
        self.transfer = Transfer(rows, self.workflows, self.versions, core.registry)
        self.execution_batches = ExecutionBatches(core.database, self.access)
        self.statistics = Statistics(core.database, self.access, self.execution_batches)
        self.queues = QueueRoom(core.queues, core.database, core.bus)
        self.pruning = Pruning(core.database, core.blobs, self.settings)
        core.dispatcher.variables = self.variables
