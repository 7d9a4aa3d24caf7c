"""People, projects and the services of workflows around a fresh database, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.auth.roles import ROLES
from workflow_kernel.base.errors import ConflictError
from workflow_kernel.base.ids import new_id
from workflow_kernel.contracts import LiveMessage
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.expressions import Expressions
from workflow_kernel.services.folders import Folders
from workflow_kernel.services.node_types import NodeTypes
from workflow_kernel.services.tags import Tags
from workflow_kernel.services.templates import Templates
from workflow_kernel.services.transfer import Transfer
from workflow_kernel.services.variables import Variables
from workflow_kernel.services.versions import Versions
from workflow_kernel.services.workflow_rows import WorkflowRows
from workflow_kernel.services.workflows import Workflows
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Project, ProjectMember, User

REGISTRY = Registry()


class HeardBus:
    """A bus that remembers what was said on it."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Any]] = []

    def publish(self, channel: str, data: bytes) -> None:
        self.said.append((channel, msgspec.json.decode(data)))

    async def listen(self, channel: str, after: str | None = None) -> AsyncIterator[LiveMessage]:
        for message in ():
            yield message

    async def close(self) -> None:
        pass

    def of(self, workflow: UUID) -> list[str]:
        return [data["what"] for channel, data in self.said if channel == f"workflow:{workflow}"]


class KnownTriggers:
    """Remembers which documents shall listen; refuses those whose name says so."""

    def __init__(self) -> None:
        self.listening: dict[UUID, tuple[UUID, Mapping[str, Any]]] = {}

    async def sync(
        self, session: AsyncSession, workflow_id: UUID, project_id: UUID, document: Mapping[str, Any] | None
    ) -> None:
        assert session.in_transaction()
        self.listening.pop(workflow_id, None)
        if document is not None:
            if "taken" in document["name"]:
                raise ConflictError("The path is taken.")
            self.listening[workflow_id] = project_id, document


class World:
    """The services and who uses them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.access = Access(database)
        self.bus = HeardBus()
        self.triggers = KnownTriggers()
        self.rows = WorkflowRows(database, self.access, self.bus)
        self.catalog = RegistryCatalog(REGISTRY)
        self.workflows = Workflows(self.rows, self.catalog, self.triggers)
        self.versions = Versions(self.rows, self.workflows)
        self.tags = Tags(database, self.access, self.rows)
        self.folders = Folders(self.rows)
        self.templates = Templates(self.rows, self.workflows)
        self.variables = Variables(self.rows)
        self.node_types = NodeTypes(REGISTRY, self.workflows)
        self.expressions = Expressions(self.rows, self.variables)
        self.transfer = Transfer(self.rows, self.workflows, self.versions, REGISTRY)

    async def person(self, name: str = "ada", role: str = "editor") -> Actor:
        """A new account with a project of its own."""
        async with self.database.session() as session:
            user = User(email=f"{name}@example.com", name=name, role=role)
            session.add(user)
            await session.flush()
            project = Project(name=name, owner_id=user.id)
            session.add(project)
            await session.flush()
            session.add(ProjectMember(project_id=project.id, user_id=user.id, role="owner"))
        return Actor(user.id, user.email, role, ROLES[role], "session")

    async def project(self, *members: tuple[Actor, str]) -> UUID:
        """A team's project."""
        async with self.database.session() as session:
            project = Project(id=new_id(), name="Team")
            session.add(project)
            await session.flush()
            for actor, role in members:
                session.add(ProjectMember(project_id=project.id, user_id=actor.id, role=role))
        return project.id


def flow(name: str = "Orders", **parameters: Any) -> dict[str, Any]:
    """A small document: a trigger and a node that sets a field."""
    fields = parameters.pop("fields", [{"name": "a", "value": 1}])
    return {
        "format": "workflow/1",
        "name": name,
        "nodes": {
            "start": {"name": "Start", "type": "flow.manual_trigger"},
            "set": {"name": "Set", "type": "data.set", "parameters": {"fields": fields}, "position": [220, 0]},
        },
        "edges": [{"source": ["start", "main"], "target": ["set", "main"]}],
        **parameters,
    }
