"""The queries of GraphQL: each asks one service, which knows who may see what."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from workflow_kernel.api.graphql.context import context_of
from workflow_kernel.api.graphql.fields import field
from workflow_kernel.api.graphql.project_types import (
    Credential,
    CredentialPage,
    Me,
    Project,
    ProjectPage,
    QueueStats,
    Tag,
)
from workflow_kernel.api.graphql.trigger_types import Schedule, SchedulePage, Webhook
from workflow_kernel.api.graphql.workflow_types import (
    Execution,
    ExecutionPage,
    VersionPage,
    Workflow,
    WorkflowPage,
    WorkflowVersion,
    checked,
)
from workflow_kernel.api.pages import MOST_ITEMS, read_cursor, write_cursor
from workflow_kernel.base.errors import InvalidRequestError
from workflow_kernel.services.executions import ExecutionFilter
from workflow_kernel.services.trigger_list import Asked
from workflow_kernel.services.versions import Which
from workflow_kernel.storage.credentials import CredentialFilter
from workflow_kernel.storage.workflows import WorkflowFilter

Info = strawberry.Info


@strawberry.enum
class WorkflowState(enum.Enum):
    """Which workflows are wanted."""

    ANY = "any"
    DRAFT = "draft"
    PUBLISHED = "published"
    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"


@strawberry.enum
class ExecutionState(enum.Enum):
    """How far an execution is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUSPENDED = "suspended"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"


@strawberry.type
class Query:
    """What can be asked."""

    @field
    async def me(self, info: Info[Any, Any]) -> Me:
        """Who asks."""
        context = context_of(info)
        return Me.of(await context.service.accounts.me(context.actor), context.actor.permissions)

    @field
    async def workflow(self, info: Info[Any, Any], id: UUID) -> Workflow | None:
        """A workflow."""
        context = context_of(info)
        return Workflow.of(await context.service.workflows.get(context.actor, id))

    @field
    async def workflows(
        self,
        info: Info[Any, Any],
        first: int = 50,
        after: str | None = None,
        text: str = "",
        node_type: str = "",
        tags: list[str] | None = None,
        project: UUID | None = None,
        folder: UUID | None = None,
        state: WorkflowState = WorkflowState.ANY,
    ) -> WorkflowPage | None:
        """Workflows. The one changed last first."""
        context = context_of(info)
        chosen = WorkflowFilter(
            project=project, folder=folder, text=text, node_type=node_type, tags=tuple(tags or ()), state=state.value,
            after=None if after is None else read_cursor(after, tuple[datetime, UUID]), limit=length(first) + 1,
        )  # fmt: skip
        records = await context.service.workflows.find(context.actor, chosen)
        for record in records:
            context.workflows.prime(record.id, record)
        page, following = cut(records, first, lambda record: (record.updated_at, record.id))
        return WorkflowPage(items=[Workflow.of(record) for record in page], next=following)

    @field
    async def version(self, info: Info[Any, Any], workflow: UUID, version: str = "draft") -> WorkflowVersion | None:
        """A version of a workflow. A number, `draft` or `published`."""
        context = context_of(info)
        read = await context.service.versions.get(context.actor, workflow, which(version))
        return WorkflowVersion.of(read.record, read)

    @field
    async def versions(
        self, info: Info[Any, Any], workflow: UUID, first: int = 50, after: str | None = None
    ) -> VersionPage | None:
        """Versions of a workflow. The newest first."""
        context = context_of(info)
        before = None if after is None else read_cursor(after, int)
        found = await context.service.versions.find(context.actor, workflow, before=before, limit=length(first) + 1)
        page, following = cut(found, first, lambda record: record.number)
        return VersionPage(items=[WorkflowVersion.of(record) for record in page], next=following)

    @field
    async def compare(
        self, info: Info[Any, Any], workflow: UUID, before: str, after: str = "draft"
    ) -> JSON | None:  # fmt: skip
        """What differs between two versions, each a number, `draft` or `published`."""
        context = context_of(info)
        found = await context.service.versions.compare(context.actor, workflow, which(before), which(after))
        return JSON(found)

    @field
    async def execution(self, info: Info[Any, Any], id: UUID) -> Execution | None:
        """An execution."""
        context = context_of(info)
        return Execution.of(await context.service.executions.read(context.actor, id))

    @field
    async def executions(
        self,
        info: Info[Any, Any],
        first: int = 50,
        after: str | None = None,
        workflow: UUID | None = None,
        project: UUID | None = None,
        states: list[ExecutionState] | None = None,
        modes: list[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        parent: UUID | None = None,
    ) -> ExecutionPage | None:
        """Executions. The newest first."""
        context = context_of(info)
        wanted = ExecutionFilter(
            workflow=workflow, project=project, states=[state.value for state in states or ()], modes=modes or (),
            since=since, until=until, parent=parent,
            after=None if after is None else read_cursor(after, tuple[datetime, UUID]), limit=length(first),
        )  # fmt: skip
        views = await context.service.executions.find(context.actor, wanted)
        page, following = cut(views, first, lambda view: (view.created_at, view.id))
        return ExecutionPage(items=[Execution.of(view) for view in page], next=following)

    @field
    async def project(self, info: Info[Any, Any], id: UUID) -> Project | None:
        """A project."""
        context = context_of(info)
        return Project.of(await context.service.projects.read(context.actor, id))

    @field
    async def projects(self, info: Info[Any, Any], first: int = 50, after: str | None = None) -> ProjectPage | None:
        """Projects. In the order they were made."""
        context = context_of(info)
        cursor = None if after is None else read_cursor(after, UUID)
        found = await context.service.projects.find(context.actor, after=cursor, limit=length(first) + 1)
        page, following = cut(found, first, lambda told: told.id)
        return ProjectPage(items=[Project.of(told) for told in page], next=following)

    @field
    async def tags(self, info: Info[Any, Any]) -> list[Tag] | None:
        """Every tag. By name."""
        context = context_of(info)
        return [Tag.of(record) for record in await context.service.tags.find(context.actor)]

    @field
    async def credential(self, info: Info[Any, Any], id: UUID) -> Credential | None:
        """A credential, without its secrets."""
        context = context_of(info)
        return Credential.of(await context.service.credentials.read(context.actor, id))

    @field
    async def credentials(
        self,
        info: Info[Any, Any],
        first: int = 50,
        after: str | None = None,
        project: UUID | None = None,
        types: list[str] | None = None,
        text: str = "",
    ) -> CredentialPage | None:
        """Credentials, without their secrets. By name."""
        context = context_of(info)
        chosen = CredentialFilter(
            project=project, types=tuple(types or ()), text=text,
            after=None if after is None else read_cursor(after, tuple[str, UUID]), limit=length(first),
        )  # fmt: skip
        found = await context.service.credentials.find(context.actor, chosen)
        page, following = cut(found, first, lambda record: (record.name.lower(), record.id))
        return CredentialPage(items=[Credential.of(record) for record in page], next=following)

    @field
    async def schedules(
        self,
        info: Info[Any, Any],
        first: int = 50,
        after: str | None = None,
        workflow: UUID | None = None,
        project: UUID | None = None,
    ) -> SchedulePage | None:
        """Schedules of published workflows."""
        context = context_of(info)
        views = await context.service.schedules.find(
            context.actor, workflow=workflow, project=project,
            after=None if after is None else read_cursor(after, UUID), limit=length(first),
        )  # fmt: skip
        page, following = cut(views, first, lambda view: view.id)
        return SchedulePage(items=[Schedule.of(view) for view in page], next=following)

    @field
    async def webhooks(
        self, info: Info[Any, Any], first: int = 50, project: UUID | None = None
    ) -> list[Webhook] | None:  # fmt: skip
        """Addresses and forms of published workflows."""
        context = context_of(info)
        views = await context.service.trigger_list.webhooks(
            context.actor, Asked(project=project, limit=length(first))
        )  # fmt: skip
        return [Webhook.of(view) for view in views[: length(first)]]

    @field
    async def queues(self, info: Info[Any, Any]) -> list[QueueStats] | None:
        """How full each queue is."""
        context = context_of(info)
        return [QueueStats.of(counts) for counts in await context.service.queues.counts(context.actor)]


def length(first: int) -> int:
    """How long a page may be."""
    return checked(first, 1, MOST_ITEMS, "first")


def cut(found: Any, first: int, key: Any) -> tuple[list[Any], str | None]:
    """A page of what was found when one more was asked for, and the cursor of the next one."""
    page = list(found[:first])
    return page, write_cursor(key(page[-1])) if len(found) > first else None


def which(version: str) -> Which:
    """The version a text names. Raises ``InvalidRequestError`` for none."""
    if version == "draft":
        return "draft"
    if version == "published":
        return "published"
    if version.isascii() and version.isdigit() and 0 < len(version) < 10:
        return int(version)
    raise InvalidRequestError(
        f"'{version[:40]}' is no version.", code="WF768", mend="Say a number, draft or published."
    )
