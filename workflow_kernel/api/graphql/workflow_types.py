"""GraphQL types of workflows and their versions, executions and node runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import strawberry
from strawberry.scalars import JSON

from workflow_kernel.api.graphql.context import Latest, context_of, found
from workflow_kernel.api.graphql.fields import field
from workflow_kernel.api.graphql.project_types import Project
from workflow_kernel.base.errors import InvalidRequestError
from workflow_kernel.base.errors import Problem as ProblemFound
from workflow_kernel.runs.outcome import ErrorInfo
from workflow_kernel.services.execution_views import ExecutionView, NodeRunView
from workflow_kernel.services.versions import VersionDocument, VersionRecord
from workflow_kernel.services.workflows import Saved
from workflow_kernel.storage.workflows import WorkflowRecord

Info = strawberry.Info

MOST_LATEST = 20


@strawberry.type
class Problem:
    """One thing that is wrong."""

    code: str
    message: str
    mend: str
    node: str
    field: str
    severity: str

    @classmethod
    def of(cls, problem: ProblemFound) -> Problem:
        """From a problem."""
        return cls(
            code=problem.code,
            message=problem.message,
            mend=problem.mend,
            node=problem.node,
            field=problem.field,
            severity=problem.severity,
        )


@strawberry.type
class WorkflowVersion:
    """One save of a workflow."""

    number: int
    name: str
    note: str
    created_by: UUID | None
    created_at: datetime
    published_at: datetime | None = strawberry.field(description="When it was last published.")
    workflow_id: UUID
    read: strawberry.Private[VersionDocument | None] = None

    @classmethod
    def of(cls, record: VersionRecord, read: VersionDocument | None = None) -> WorkflowVersion:
        """From its record, and its document where that was read already."""
        return cls(
            number=record.number,
            name=record.name,
            note=record.note,
            created_by=record.created_by,
            created_at=record.created_at,
            published_at=record.published_at,
            workflow_id=record.workflow,
            read=read,
        )

    @field
    async def document(self, info: Info[Any, Any]) -> JSON:
        """The workflow in the file format."""
        read = self.read or await context_of(info).versions.load((self.workflow_id, self.number))
        return JSON(found(read, "version").document)


@strawberry.type
class ExecutionError:
    """Why something failed."""

    message: str
    code: str
    kind: str
    node: str
    description: str
    mend: str
    item: int | None

    @classmethod
    def of(cls, error: ErrorInfo | None) -> ExecutionError | None:
        """From what is known of an error."""
        if error is None:
            return None
        return cls(
            message=error.message,
            code=error.code,
            kind=error.kind,
            node=error.node,
            description=error.description,
            mend=error.mend,
            item=error.item,
        )


@strawberry.type
class LogLine:
    """A line a node wrote."""

    at: datetime
    level: str
    text: str


@strawberry.type
class DataPage:
    """Part of what a node run sent through an output."""

    kind: str = strawberry.field(description="items, table or object")
    count: int = strawberry.field(description="Of all items.")
    start: int
    items: JSON = strawberry.field(description="A list of `{json, binary?}`.")


@strawberry.type
class NodeRun:
    """A node at one loop position in an execution, over all its attempts."""

    node: str = strawberry.field(description="Id of the node.")
    index: int = strawberry.field(description="How often the node ran before.")
    state: str
    attempt: int
    started_at: datetime
    ended_at: datetime | None
    items: list[int] = strawberry.field(description="Items sent, by output.")
    error: ExecutionError | None
    logs: list[LogLine]
    execution_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, view: NodeRunView, execution: UUID) -> NodeRun:
        """From what is shown of it."""
        return cls(
            node=view.node,
            index=view.index,
            state=view.state,
            attempt=view.attempt,
            started_at=_moment(view.started),
            ended_at=None if view.ended is None else _moment(view.ended),
            items=view.items,
            error=ExecutionError.of(view.error),
            logs=[LogLine(at=_moment(line.at), level=line.level, text=line.text) for line in view.logs],
            execution_id=execution,
        )

    @field
    async def data(self, info: Info[Any, Any], output: int = 0, start: int = 0, first: int = 50) -> DataPage | None:
        """Part of what it sent through an output."""
        context = context_of(info)
        limit = checked(first, 1, 1000, "first")
        page = await context.service.executions.data(
            context.actor, self.execution_id, self.node, self.index,
            checked(output, 0, 1000, "output"), checked(start, 0, 2**31 - 1, "start"), limit,
        )  # fmt: skip
        items = JSON(msgspec.to_builtins(page.items, enc_hook=str))
        return DataPage(kind=page.kind, count=page.count, start=page.start, items=items)


@strawberry.type
class Execution:
    """One run of a workflow version."""

    id: UUID
    workflow_id: UUID | None
    project_id: UUID
    version: int | None
    is_draft: bool = strawberry.field(description="Whether it ran a draft that was not saved.")
    mode: str = strawberry.field(description="What started it.")
    state: str
    priority: int
    error: ExecutionError | None
    last_node: str
    annotations: JSON
    parent_id: UUID | None
    retry_of: UUID | None
    fork_of: UUID | None
    created_by: UUID | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    wake_at: datetime | None
    seconds: float | None = strawberry.field(description="How long it took.")

    @classmethod
    def of(cls, view: ExecutionView) -> Execution:
        """From what is shown of it."""
        return cls(
            id=view.id, workflow_id=view.workflow, project_id=view.project, version=view.version,
            is_draft=view.is_draft, mode=view.mode, state=view.state, priority=view.priority,
            error=ExecutionError.of(view.error), last_node=view.last_node, annotations=JSON(view.annotations),
            parent_id=view.parent, retry_of=view.retry_of, fork_of=view.fork_of, created_by=view.created_by,
            created_at=view.created_at, started_at=view.started_at, ended_at=view.ended_at, wake_at=view.wake_at,
            seconds=view.seconds,
        )  # fmt: skip

    @field
    async def workflow(self, info: Info[Any, Any]) -> Workflow | None:
        """The workflow it ran. Null where it ran a document that is no workflow, or you may not see it."""
        if self.workflow_id is None:
            return None
        record = await context_of(info).workflows.load(self.workflow_id)
        return None if record is None else Workflow.of(record)

    @field
    async def project(self, info: Info[Any, Any]) -> Project | None:
        """The project it belongs to."""
        told = await context_of(info).projects.load(self.project_id)
        return None if told is None else Project.of(told)

    @field
    async def parent(self, info: Info[Any, Any]) -> Execution | None:
        """The execution that called it."""
        view = None if self.parent_id is None else await context_of(info).executions.load(self.parent_id)
        return None if view is None else Execution.of(view)

    @field
    async def node_runs(self, info: Info[Any, Any]) -> list[NodeRun]:
        """Its node runs. In the order in which they started."""
        views = await context_of(info).node_runs.load(self.id)
        return [NodeRun.of(view, self.id) for view in views or ()]


@strawberry.type
class Workflow:
    """A named, versioned graph of nodes."""

    id: UUID
    project_id: UUID
    folder_id: UUID | None
    name: str
    description: str
    version: int = strawberry.field(description="Number of the newest version, the draft.")
    published_version: int | None = strawberry.field(description="What production runs; null for nothing.")
    is_active: bool = strawberry.field(description="Whether its triggers listen.")
    node_types: list[str]
    tags: list[str]
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None

    @classmethod
    def of(cls, record: WorkflowRecord) -> Workflow:
        """From its record."""
        return cls(
            id=record.id, project_id=record.project, folder_id=record.folder, name=record.name,
            description=record.description, version=record.version, published_version=record.published_version,
            is_active=record.is_active, node_types=list(record.node_types), tags=list(record.tags),
            created_by=record.created_by, created_at=record.created_at, updated_at=record.updated_at,
            deleted_at=record.deleted_at,
        )  # fmt: skip

    @field
    async def project(self, info: Info[Any, Any]) -> Project | None:
        """The project it belongs to."""
        told = await context_of(info).projects.load(self.project_id)
        return None if told is None else Project.of(told)

    @field
    async def draft(self, info: Info[Any, Any]) -> WorkflowVersion:
        """The newest version."""
        read = found(await context_of(info).versions.load((self.id, self.version)), "version")
        return WorkflowVersion.of(read.record, read)

    @field
    async def published(self, info: Info[Any, Any]) -> WorkflowVersion | None:
        """The version production runs."""
        if self.published_version is None:
            return None
        read = found(await context_of(info).versions.load((self.id, self.published_version)), "version")
        return WorkflowVersion.of(read.record, read)

    @field
    async def latest_executions(self, info: Info[Any, Any], first: int = 1) -> list[Execution]:
        """Its newest executions, at most 20."""
        count = checked(first, 1, MOST_LATEST, "first")
        views = await context_of(info).latest.load(Latest(self.id, count))
        return [Execution.of(view) for view in views or ()]


@strawberry.type
class WorkflowPage:
    """A part of a list of workflows."""

    items: list[Workflow]
    next: str | None = strawberry.field(description="Cursor of the next page; null at the end.")


@strawberry.type
class ExecutionPage:
    """A part of a list of executions."""

    items: list[Execution]
    next: str | None = strawberry.field(description="Cursor of the next page; null at the end.")


@strawberry.type
class VersionPage:
    """A part of a list of versions."""

    items: list[WorkflowVersion]
    next: str | None = strawberry.field(description="Cursor of the next page; null at the end.")


@strawberry.type
class WorkflowSaved:
    """A workflow that was made, saved or published."""

    workflow: Workflow
    problems: list[Problem] = strawberry.field(description="What keeps the draft from running, or may be wrong.")

    @classmethod
    def of(cls, saved: Saved) -> WorkflowSaved:
        """From what the service tells."""
        return cls(workflow=Workflow.of(saved.record), problems=[Problem.of(problem) for problem in saved.problems])


@strawberry.type
class ExecutionStarted:
    """An accepted execution: whatever is lost, it will run."""

    id: UUID
    is_new: bool = strawberry.field(description="False where its key was known.")


def checked(value: int, least: int, most: int, name: str) -> int:
    """A number within bounds. Raises ``InvalidRequestError`` for another one."""
    if not least <= value <= most:
        raise InvalidRequestError(f"'{name}' is {value}; it must be {least} to {most}.", code="WF768")
    return value


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
