"""GraphQL types of people, projects and what is in them besides workflows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from workflow_kernel.api.graphql.context import context_of
from workflow_kernel.api.graphql.fields import field
from workflow_kernel.services.credentials import CredentialRecord
from workflow_kernel.services.people import Account
from workflow_kernel.services.projects import ProjectTold
from workflow_kernel.services.tags import TagRecord
from workflow_kernel.storage.queue_bullmq import QueueCounts

Info = strawberry.Info


@strawberry.type
class Me:
    """Who asks."""

    id: UUID
    email: str
    name: str
    role: str
    permissions: list[str]
    preferences: JSON

    @classmethod
    def of(cls, account: Account, permissions: frozenset[str]) -> Me:
        """From an account."""
        return cls(
            id=account.id,
            email=account.email,
            name=account.name,
            role=account.role,
            permissions=sorted(permissions),
            preferences=JSON(account.preferences),
        )


@strawberry.type
class Member:
    """Somebody's part in a project."""

    account: UUID
    email: str
    name: str
    role: str


@strawberry.type
class Project:
    """What owns workflows and credentials."""

    id: UUID
    name: str
    owner: UUID | None = strawberry.field(description="Whose own it is; null for a team's.")
    role: str = strawberry.field(description="Yours in it.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, told: ProjectTold) -> Project:
        """From what the service tells."""
        return cls(
            id=told.id,
            name=told.name,
            owner=told.owner,
            role=told.role,
            created_at=told.created_at,
            updated_at=told.updated_at,
        )

    @field
    async def members(self, info: Info[Any, Any]) -> list[Member] | None:
        """Who may do what in it."""
        context = context_of(info)
        found = await context.service.projects.members(context.actor, self.id)
        return [
            Member(account=one.account, email=one.email, name=one.name, role=one.role) for one in found
        ]  # fmt: skip


@strawberry.type
class Tag:
    """A word workflows are found by."""

    id: UUID
    name: str
    count: int = strawberry.field(description="How many of the workflows you may see have it.")

    @classmethod
    def of(cls, record: TagRecord) -> Tag:
        """From its record."""
        return cls(id=record.id, name=record.name, count=record.count)


@strawberry.type
class Credential:
    """A secret that nodes may use and nobody can read back."""

    id: UUID
    project: UUID
    name: str
    type: str
    is_own: bool = strawberry.field(description="False for one that another project shares.")
    public: JSON = strawberry.field(description="The values that are no secret.")
    secrets: list[str] = strawberry.field(description="Names of the secret fields that are filled in.")
    is_connected: bool = strawberry.field(description="Whether an authorization server gave a token for it.")
    created_at: datetime
    updated_at: datetime
    used_at: datetime | None

    @classmethod
    def of(cls, record: CredentialRecord) -> Credential:
        """From its record, which has no secrets."""
        return cls(
            id=record.id,
            project=record.project,
            name=record.name,
            type=record.type,
            is_own=record.is_own,
            public=JSON(record.public),
            secrets=list(record.secrets),
            is_connected=record.is_connected,
            created_at=record.created_at,
            updated_at=record.updated_at,
            used_at=record.used_at,
        )


@strawberry.type
class QueueStats:
    """How full a queue is, and how fast."""

    queue: str
    waiting: int
    delayed: int
    active: int
    failed: int
    added_per_minute: int
    done_per_minute: int
    failed_per_minute: int

    @classmethod
    def of(cls, counts: QueueCounts) -> QueueStats:
        """From the counts of a queue."""
        return cls(
            queue=counts.queue,
            waiting=counts.waiting,
            delayed=counts.delayed,
            active=counts.active,
            failed=counts.failed,
            added_per_minute=counts.added_per_minute,
            done_per_minute=counts.done_per_minute,
            failed_per_minute=counts.failed_per_minute,
        )


@strawberry.type
class ProjectPage:
    """A part of a list of projects."""

    items: list[Project]
    next: str | None = strawberry.field(description="Cursor of the next page; null at the end.")


@strawberry.type
class CredentialPage:
    """A part of a list of credentials."""

    items: list[Credential]
    next: str | None = strawberry.field(description="Cursor of the next page; null at the end.")
