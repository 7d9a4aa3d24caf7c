"""The mutations of GraphQL: each calls one service, which knows who may do what."""

from __future__ import annotations

import enum
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from workflow_kernel.api.graphql.context import context_of
from workflow_kernel.api.graphql.fields import mutation
from workflow_kernel.api.graphql.project_types import Project, Tag
from workflow_kernel.api.graphql.trigger_types import Schedule
from workflow_kernel.api.graphql.workflow_types import (
    Execution,
    ExecutionStarted,
    Problem,
    Workflow,
    WorkflowSaved,
)
from workflow_kernel.base.errors import InvalidRequestError
from workflow_kernel.services.executions import StartOptions
from workflow_kernel.services.launch import Launched

Info = strawberry.Info


@strawberry.enum
class Beginning(enum.Enum):
    """Where an execution that is repeated begins."""

    FAILED = "failed"
    START = "start"


@strawberry.input
class StartInput:
    """How a workflow is to be run."""

    manual: bool = strawberry.field(default=False, description="Run the draft, with pinned data.")
    document: JSON | None = strawberry.field(default=None, description="A draft that was not saved, for manual runs.")
    version: int | None = None
    items: JSON | None = strawberry.field(default=None, description="What the first node gets: a list of objects.")
    start: str = strawberry.field(default="", description="Name of the node to start with.")
    to: str = strawberry.field(default="", description="Run to this node and no further.")
    priority: int = 3
    key: str | None = strawberry.field(default=None, description="The same key gives the same execution.")


@strawberry.type
class Mutation:
    """What can be done."""

    @mutation
    async def create_workflow(
        self,
        info: Info[Any, Any],
        name: str | None = None,
        document: JSON | None = None,
        project: UUID | None = None,
        folder: UUID | None = None,
        tags: list[str] | None = None,
    ) -> WorkflowSaved | None:
        """Make a workflow."""
        context = context_of(info)
        saved = await context.service.workflows.create(
            context.actor, name=name, document=_object(document), project=project, folder=folder, tags=tags
        )
        return WorkflowSaved.of(saved)

    @mutation
    async def save_workflow(
        self, info: Info[Any, Any], id: UUID, document: JSON, made_from: int, name: str = "", note: str = ""
    ) -> WorkflowSaved | None:
        """Save a workflow. Refused with the code WF761 where `madeFrom` is no longer the newest version."""
        context = context_of(info)
        saved = await context.service.workflows.save(
            context.actor, id, _object(document) or {}, made_from=made_from, name=name, note=note
        )
        return WorkflowSaved.of(saved)

    @mutation
    async def describe_workflow(
        self, info: Info[Any, Any], id: UUID, name: str | None = None, description: str | None = None
    ) -> Workflow | None:
        """Rename a workflow or describe it anew."""
        context = context_of(info)
        record = await context.service.workflows.describe(context.actor, id, name=name, description=description)
        return Workflow.of(record)

    @mutation
    async def tag_workflow(self, info: Info[Any, Any], id: UUID, tags: list[str]) -> Workflow | None:
        """Let a workflow have exactly these tags."""
        context = context_of(info)
        return Workflow.of(await context.service.tags.assign(context.actor, id, tags))

    @mutation
    async def move_workflow(
        self, info: Info[Any, Any], id: UUID, project: UUID | None = None, folder: UUID | None = None
    ) -> Workflow | None:
        """Move a workflow to a folder or project. In no folder where `folder` is null."""
        context = context_of(info)
        return Workflow.of(
            await context.service.workflows.move(context.actor, id, project=project, folder=folder)
        )  # fmt: skip

    @mutation
    async def duplicate_workflow(
        self, info: Info[Any, Any], id: UUID, project: UUID | None = None, name: str | None = None
    ) -> WorkflowSaved | None:
        """Copy the draft of a workflow."""
        context = context_of(info)
        saved = await context.service.workflows.duplicate(context.actor, id, project=project, name=name)
        return WorkflowSaved.of(saved)

    @mutation
    async def publish_workflow(
        self, info: Info[Any, Any], id: UUID, version: int | None = None, activate: bool = True
    ) -> WorkflowSaved | None:
        """Let production run a version, if it can run. The newest version where none is named."""
        context = context_of(info)
        published = await context.service.workflows.publish(context.actor, id, version, activate=activate)
        problems = [Problem.of(problem) for problem in published.warnings]
        return WorkflowSaved(workflow=Workflow.of(published.record), problems=problems)

    @mutation
    async def unpublish_workflow(self, info: Info[Any, Any], id: UUID) -> Workflow | None:
        """Let production run no version."""
        context = context_of(info)
        return Workflow.of(await context.service.workflows.unpublish(context.actor, id))

    @mutation
    async def activate_workflow(self, info: Info[Any, Any], id: UUID) -> Workflow | None:
        """Let the triggers of the published version listen."""
        context = context_of(info)
        return Workflow.of(await context.service.workflows.activate(context.actor, id))

    @mutation
    async def deactivate_workflow(self, info: Info[Any, Any], id: UUID) -> Workflow | None:
        """Stop the triggers."""
        context = context_of(info)
        return Workflow.of(await context.service.workflows.deactivate(context.actor, id))

    @mutation
    async def delete_workflow(self, info: Info[Any, Any], id: UUID) -> bool | None:
        """Put a workflow away. It can be restored."""
        context = context_of(info)
        await context.service.workflows.delete(context.actor, id)
        return True

    @mutation
    async def restore_workflow(self, info: Info[Any, Any], id: UUID) -> Workflow | None:
        """Bring a deleted workflow back."""
        context = context_of(info)
        return Workflow.of(await context.service.workflows.restore(context.actor, id))

    @mutation
    async def restore_version(
        self, info: Info[Any, Any], workflow: UUID, version: int, made_from: int
    ) -> WorkflowSaved | None:
        """Make an earlier version the newest again."""
        context = context_of(info)
        saved = await context.service.versions.restore(context.actor, workflow, version, made_from=made_from)
        return WorkflowSaved.of(saved)

    @mutation
    async def execute_workflow(
        self, info: Info[Any, Any], id: UUID, options: StartInput | None = None
    ) -> ExecutionStarted | None:
        """Run a workflow. The published version, where `manual` is not set."""
        context = context_of(info)
        launched = await context.service.executions.start(context.actor, id, _options(options or StartInput()))
        return _started(launched)

    @mutation
    async def cancel_execution(self, info: Info[Any, Any], id: UUID) -> Execution | None:
        """Ask an execution to stop."""
        context = context_of(info)
        return Execution.of(await context.service.executions.cancel(context.actor, id))

    @mutation
    async def retry_execution(
        self, info: Info[Any, Any], id: UUID, beginning: Beginning = Beginning.FAILED, latest: bool = False
    ) -> ExecutionStarted | None:
        """Run an execution again."""
        context = context_of(info)
        launched = await context.service.executions.retry(
            context.actor, id, beginning=beginning.value, latest=latest
        )  # fmt: skip
        return _started(launched)

    @mutation
    async def delete_execution(self, info: Info[Any, Any], id: UUID) -> bool | None:
        """Delete an execution that is over."""
        context = context_of(info)
        await context.service.executions.delete(context.actor, id)
        return True

    @mutation
    async def pause_schedule(self, info: Info[Any, Any], id: UUID) -> Schedule | None:
        """Let a schedule fire no more, until it is resumed."""
        context = context_of(info)
        return Schedule.of(await context.service.schedules.pause(context.actor, id))

    @mutation
    async def resume_schedule(self, info: Info[Any, Any], id: UUID) -> Schedule | None:
        """Let a schedule fire again, from now on."""
        context = context_of(info)
        return Schedule.of(await context.service.schedules.resume(context.actor, id))

    @mutation
    async def create_project(self, info: Info[Any, Any], name: str) -> Project | None:
        """Make a project for a team."""
        context = context_of(info)
        return Project.of(await context.service.projects.create(context.actor, name))

    @mutation
    async def create_tag(self, info: Info[Any, Any], name: str) -> Tag | None:
        """Make a tag."""
        context = context_of(info)
        return Tag.of(await context.service.tags.create(context.actor, name))

    @mutation
    async def delete_tag(self, info: Info[Any, Any], id: UUID) -> bool | None:
        """Take a tag away, from every workflow too."""
        context = context_of(info)
        await context.service.tags.delete(context.actor, id)
        return True


def _object(value: Any) -> dict[str, Any] | None:
    if value is None or isinstance(value, dict):
        return value
    raise InvalidRequestError("A document is an object.", code="WF768", mend="Send the workflow as JSON, not as text.")


def _options(wish: StartInput) -> StartOptions:
    items: Any = wish.items
    if items is not None and not (isinstance(items, list) and all(isinstance(item, dict) for item in items)):
        raise InvalidRequestError("'items' is a list of objects.", code="WF768", mend="Send [{...}, ...].")
    if not 1 <= wish.priority <= 5:
        raise InvalidRequestError(f"'priority' is {wish.priority}; it must be 1 to 5.", code="WF768")
    return StartOptions(
        is_manual=wish.manual, document=_object(wish.document), version=wish.version, items=items, start=wish.start,
        to=wish.to, priority=wish.priority, key=wish.key,
    )  # fmt: skip


def _started(launched: Launched) -> ExecutionStarted:
    return ExecutionStarted(id=launched.execution, is_new=launched.is_new)
