"""The services of credentials around a fresh database, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from tests.services.workflow_world import World
from workflow_kernel.auth.envelope import LocalKeys
from workflow_kernel.auth.sealing import Seal
from workflow_kernel.auth.vault import Vault
from workflow_kernel.sdk.credentials import CredentialTypes
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.credential_leases import CredentialLeases
from workflow_kernel.services.credential_trials import CredentialTrials
from workflow_kernel.services.credentials import CredentialRecord, Credentials
from workflow_kernel.services.key_rotation import KeyRotation
from workflow_kernel.services.oauth_credentials import OAuthCredentials
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.one_time import OneTimeTokens
from workflow_kernel.storage.redis import open_redis
from workflow_kernel.storage.tables import AuditEvent, Credential, Workflow, WorkflowVersion
from workflow_kernel.worker.fence import Fence

OLD, NEW = b"o" * 32, b"n" * 32
TYPES = CredentialTypes()
RUN = UUID(int=1)


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


class CredentialWorld(World):
    """The services, a clock, and who uses them."""

    def __init__(
        self, database: Database, keys: Mapping[str, bytes] | None = None, redis_url: str | None = None
    ) -> None:
        super().__init__(database)
        self.clock = Clock()
        self.http = httpx.AsyncClient()
        self.vault = Vault(LocalKeys(keys or {"old": OLD}))
        self.leases = CredentialLeases(database, self.vault, TYPES, lambda: self.http, self.clock)
        shared = (database, self.access, self.vault, TYPES, self.leases)
        self.credentials = Credentials(*shared)
        self.fence = Fence(is_open=True)
        self.trials = CredentialTrials(*shared, lambda: self.http, self.fence.check, self.clock)
        self.seal = Seal([*(keys or {"old": OLD}).values()], "workflow second factors")
        self.rotation = KeyRotation(database, self.vault, self.seal)
        self.redis = None if redis_url is None else open_redis(redis_url)
        if self.redis is not None:
            states = OneTimeTokens(self.redis)
            self.oauth = OAuthCredentials(*shared, lambda: self.http, states, self.clock)

    async def close(self) -> None:
        self.leases.close()
        await self.http.aclose()
        if self.redis is not None:
            await self.redis.aclose()

    async def home(self, actor: Actor) -> UUID:
        """The actor's own project."""
        return await self.access.personal(actor)

    async def basic(self, actor: Actor, name: str = "Shop", **values: Any) -> CredentialRecord:
        """A credential with user and password in the actor's own project."""
        given = {"user": "ann", "password": "open sesame", **values}
        return await self.credentials.create(actor, await self.home(actor), name, "http.basic", given)

    async def using(
        self, project: UUID, credential: UUID | str, name: str, *, draft: bool = True, published: bool = False
    ) -> None:
        """Keep a workflow with a node that uses a credential, in its draft or its published version or both."""
        plain = {"nodes": {"go": {"name": "Go", "type": "flow.manual_trigger"}}}
        use = {"auth": {"id": str(credential), "name": "Shop"}}
        uses = {"nodes": {**plain["nodes"], "call": {"name": "Call", "type": "web.http_request", "credentials": use}}}
        async with self.database.session() as session:
            workflow = Workflow(project_id=project, name=name, version=2, published_version=1 if published else None)
            session.add(workflow)
            await session.flush()
            for number, is_used in ((1, published), (2, draft)):
                document = uses if is_used else plain
                session.add(WorkflowVersion(workflow_id=workflow.id, number=number, document=document))

    async def row(self, credential: UUID) -> Credential:
        async with self.database.session() as session:
            return (await session.scalars(select(Credential).where(Credential.id == credential))).one()

    async def audited(self) -> list[AuditEvent]:
        async with self.database.session() as session:
            return list(await session.scalars(select(AuditEvent).order_by(AuditEvent.id)))
