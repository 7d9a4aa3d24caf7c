"""A whole service with a server around it, workflows published in it, and a client that calls from outside."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from tests.api.harness import serve
from tests.engine.drawn import Calls, Drawn, draw, kinds
from tests.services.running import eventually
from workflow_kernel.app.service import Service
from workflow_kernel.auth.roles import ROLES
from workflow_kernel.base.settings import Settings
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import CredentialUse
from workflow_kernel.services.actor import Actor
from workflow_kernel.storage.tables import Execution, Project, ProjectMember, User


class World:
    """A service, the one who publishes in it, and a client."""

    def __init__(self, service: Service, client: httpx.AsyncClient, actor: Actor, project: UUID, calls: Calls) -> None:
        self.service = service
        self.client = client
        self.actor = actor
        self.project = project
        self.calls = calls

    async def publish(self, nodes: Mapping[str, Drawn], edges: str = "", name: str = "test", **settings: Any) -> UUID:
        """Keep a workflow and publish it; gives its id."""
        document = flow_format.to_document(draw(nodes, edges, name, **settings))
        saved = await self.service.workflows.create(self.actor, project=self.project, document=document)
        await self.service.workflows.publish(self.actor, saved.record.id)
        return saved.record.id

    async def hook(self, parameters: Mapping[str, Any], nodes: Mapping[str, Drawn], edges: str, **more: Any) -> UUID:
        """Publish a workflow whose node ``hook`` is a webhook."""
        fields = more.pop("fields", {})
        trigger: Drawn = ("flow.webhook", {"methods": ["GET", "POST"], **parameters}, fields)
        return await self.publish({"hook": trigger, **nodes}, edges, **more)

    async def credential(self, kind: str, values: Mapping[str, Any]) -> CredentialUse:
        """A credential of the project, as a node names it."""
        made = await self.service.credentials.create(self.actor, self.project, f"{kind} secret", kind, values)
        return CredentialUse(str(made.id), made.name)

    async def executions(self, workflow: UUID) -> list[Execution]:
        """The executions of a workflow, the first one first."""
        async with self.service.database.session() as session:
            query = select(Execution).where(Execution.workflow_id == workflow).order_by(Execution.id)
            return list(await session.scalars(query))

    async def ended(self, workflow: UUID, count: int = 1) -> list[Execution]:
        """The executions of a workflow once so many are over."""

        async def are_over() -> bool:
            return sum(1 for row in await self.executions(workflow) if row.ended_at is not None) >= count

        await eventually(are_over, lambda: self.executions(workflow))
        return await self.executions(workflow)


@contextlib.asynccontextmanager
async def world(settings: Settings, name: str = "ada", **changes: Any) -> AsyncIterator[World]:
    """A service that runs behind a real server."""
    calls = Calls()
    async with AsyncExitStack() as stack:
        used = settings.model_copy(update={"beat": 0.2, "lease": 2.0, "park_after": 0.05, **changes})
        service = await stack.enter_async_context(Service(used, registry=kinds(calls)))
        server = await serve(stack, service.settings, None, service=service)
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=server.url, timeout=20))
        actor, project = await person(service, name=name)
        yield World(service, client, actor, project, calls)


async def person(service: Service, role: str = "editor", name: str = "ada") -> tuple[Actor, UUID]:
    """Somebody with a project."""
    async with service.database.session() as session:
        user = User(email=f"{name}@example.com", role=role)
        session.add(user)
        await session.flush()
        project = Project(name=name, owner_id=user.id)
        session.add(project)
        await session.flush()
        session.add(ProjectMember(project_id=project.id, user_id=user.id, role="owner"))
    return Actor(id=user.id, email=user.email, role=role, permissions=ROLES[role], via="token"), project.id
