"""What workflows look like over HTTP: the models that several resource modules share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from workflow_kernel.api.problem import ProblemItem
from workflow_kernel.base.errors import Problem
from workflow_kernel.services.workflows import Saved
from workflow_kernel.storage.workflows import WorkflowRecord

Name = Annotated[str, Field(min_length=1, max_length=500, description="What it is called.")]
Text = Annotated[str, Field(max_length=10_000)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
Which = Number | Literal["draft", "published"]
Document = dict[str, Any]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=50)]

EXAMPLE = {
    "format": "workflow/1",
    "name": "Greet",
    "nodes": {
        "start": {"name": "Start", "type": "flow.manual_trigger"},
        "greet": {
            "name": "Greet",
            "type": "data.set",
            "parameters": {"fields": [{"name": "greeting", "value": "Hello"}]},
            "position": [220, 0],
        },
    },
    "edges": [{"source": ["start", "main"], "target": ["greet", "main"]}],
}


class Model(BaseModel):
    """Base of the models here."""

    model_config = ConfigDict(extra="forbid")


class WorkflowShown(Model):
    """A workflow without its document."""

    id: UUID
    project: UUID
    folder: UUID | None
    name: str
    description: str
    version: int = Field(description="Number of the newest version, the draft.")
    published_version: int | None = Field(description="What production runs; null for nothing.")
    is_active: bool = Field(description="Whether its triggers listen.")
    node_types: list[str] = Field(description="Of the draft.")
    tags: list[str]
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class WorkflowSaved(Model):
    """A workflow that was made or saved."""

    workflow: WorkflowShown
    problems: list[ProblemItem] = Field(description="What keeps the draft from running; it is kept all the same.")


def workflow_shown(record: WorkflowRecord) -> WorkflowShown:
    """The view of a workflow."""
    return WorkflowShown.model_validate(msgspec.structs.asdict(record), from_attributes=False)


def workflow_saved(saved: Saved) -> WorkflowSaved:
    """The view of a workflow that was saved."""
    return WorkflowSaved(workflow=workflow_shown(saved.record), problems=problems_shown(saved.problems))


def problems_shown(problems: Sequence[Problem]) -> list[ProblemItem]:
    """The view of problems."""
    return [
        ProblemItem(
            code=problem.code,
            message=problem.message,
            mend=problem.mend,
            node=problem.node,
            field=problem.field,
            severity=problem.severity,
        )
        for problem in problems
    ]
