"""GraphQL types of what starts executions by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from workflow_kernel.api.graphql.context import context_of
from workflow_kernel.api.graphql.fields import field
from workflow_kernel.api.graphql.workflow_types import Workflow
from workflow_kernel.services.schedules import ScheduleView
from workflow_kernel.services.trigger_list import WebhookView

Info = strawberry.Info


@strawberry.type
class Schedule:
    """A rule by which a workflow starts again and again."""

    id: UUID
    workflow_id: UUID
    node: str = strawberry.field(description="Id of the trigger node.")
    name: str = strawberry.field(description="Of the trigger node.")
    kind: str
    rule: JSON
    timezone: str
    missed: str = strawberry.field(description="`once` makes up for moments that passed, `skip` does not.")
    is_paused: bool
    last_at: datetime | None
    next: list[datetime] = strawberry.field(description="The moments it fires at; none while it is paused.")
    error: str = strawberry.field(description="Why a polling trigger failed the last time.")

    @classmethod
    def of(cls, view: ScheduleView) -> Schedule:
        """From what is shown of it."""
        return cls(
            id=view.id, workflow_id=view.workflow, node=view.node, name=view.name, kind=view.kind, rule=JSON(view.rule),
            timezone=view.timezone, missed=view.missed, is_paused=view.is_paused, last_at=view.last_at,
            next=list(view.next), error=view.error,
        )  # fmt: skip

    @field
    async def workflow(self, info: Info[Any, Any]) -> Workflow | None:
        """The workflow it starts."""
        record = await context_of(info).workflows.load(self.workflow_id)
        return None if record is None else Workflow.of(record)


@strawberry.type
class SchedulePage:
    """A part of a list of schedules."""

    items: list[Schedule]
    next: str | None = strawberry.field(description="Cursor of the next page; null at the end.")


@strawberry.type
class Webhook:
    """An address that starts a workflow when it is called, or the page of a form."""

    id: UUID
    workflow_id: UUID
    node: str = strawberry.field(description="Id of the trigger node.")
    path: str = strawberry.field(description="Below where webhooks, or forms, are served.")
    method: str
    is_form: bool
    called_at: datetime | None = strawberry.field(description="The last time.")
    calls: int

    @classmethod
    def of(cls, view: WebhookView) -> Webhook:
        """From what is shown of it."""
        return cls(
            id=view.id, workflow_id=view.workflow, node=view.node, path=view.path, method=view.method,
            is_form=view.kind == "form", called_at=view.called_at, calls=view.calls,
        )  # fmt: skip

    @field
    async def workflow(self, info: Info[Any, Any]) -> Workflow | None:
        """The workflow it starts."""
        record = await context_of(info).workflows.load(self.workflow_id)
        return None if record is None else Workflow.of(record)
