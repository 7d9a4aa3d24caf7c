"""Workflows over HTTP: make, find, publish, move, put away, files in and out. Saving is in ``versions``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from workflow_kernel.api.pages import Page, PageQuery
from workflow_kernel.api.problem import ProblemItem
from workflow_kernel.api.routing import Answer, Request, route
from workflow_kernel.api.workflow_views import (
    EXAMPLE,
    Document,
    Model,
    Name,
    Number,
    Tags,
    Text,
    Which,
    WorkflowSaved,
    WorkflowShown,
    problems_shown,
    workflow_saved,
    workflow_shown,
)
from workflow_kernel.services.transfer import Converted, ImportedFile
from workflow_kernel.storage.workflows import State, WorkflowFilter, WorkflowRecord

TAG = "Workflows"
FILES = ("application/json", "application/zip", "application/octet-stream")


class WorkflowNew(Model):
    """A workflow to be made."""

    project: UUID | None = Field(None, description="Where it belongs; your own project if null.")
    folder: UUID | None = Field(None, description="Where it is filed.")
    name: Name | None = Field(None, description="The document's name if null.")
    document: Document | None = Field(None, description="In the file format; empty if null.")
    tags: Tags | None = Field(None, description="The document's tags if null.")


class WorkflowChange(Model):
    """What is to be different; what is null stays. Both are part of the document, so this makes a version."""

    name: Name | None = None
    description: Text | None = None


class WorkflowTags(Model):
    """The tags a workflow shall have; those not there yet are made."""

    tags: Tags


class WorkflowQuery(PageQuery):
    """Which workflows are wanted."""

    text: str = Field("", max_length=200, description="In the name or the description, in any case.")
    node_type: str = Field("", max_length=200, description="One of its nodes has this type.")
    tag: list[str] = Field(default_factory=list, max_length=20, description="It has all these tags.")
    folder: UUID | None = Field(None, description="Filed in this folder.")
    project: UUID | None = Field(None, description="Of this project.")
    state: State = Field("any", description="`inactive` is published and does not listen; `deleted` can be restored.")


class WorkflowPlace(Model):
    """Where a workflow shall be."""

    project: UUID | None = Field(None, description="Stays where it is if null.")
    folder: UUID | None = Field(None, description="In no folder if null.")


class WorkflowCopy(Model):
    """Where the copy shall be, and its name."""

    project: UUID | None = Field(None, description="The same project if null.")
    name: Name | None = None


class PublishWish(Model):
    """What is to be published."""

    version: Number | None = Field(None, description="The newest if null.")
    activate: bool = Field(True, description="Let its triggers listen; else they stay as they are.")


class WorkflowPublished(Model):
    """A workflow that was published."""

    workflow: WorkflowShown
    warnings: list[ProblemItem] = Field(description="What may be wrong with it all the same.")


class ExportQuery(Model):
    """Which version, and as what."""

    version: Which = Field("draft", description="A number, `draft` or `published`.")
    kind: Literal["flow", "python"] = Field("flow", description="A .flow file, or a Python script that builds it.")


class ImportQuery(Model):
    """Where the workflows go."""

    project: UUID | None = Field(None, description="Your own project if null.")
    folder: UUID | None = None
    file: str = Field("workflow.flow", min_length=1, max_length=200, description="Name of the file, for messages.")


class NodeReport(Model):
    """How a node of another product fared."""

    name: str
    source: str = Field(description="Its type there.")
    type: str = Field(description="The type that stands for it here.")
    is_covered: bool = Field(description="False where nothing here stands for it; it cannot be run.")
    warnings: list[str]


class FileTaken(Model):
    """What became of a file."""

    file: str
    workflow: WorkflowShown | None = Field(description="Null where the problems keep it from being one.")
    problems: list[ProblemItem]
    warnings: list[str] = Field(description="What could not be carried over from another product.")
    nodes: list[NodeReport]


class FilesTaken(Model):
    """What became of everything that was sent."""

    items: list[FileTaken]


class ForeignWorkflow(Model):
    """A workflow of another product, as its JSON."""

    source: dict[str, Any]


class WorkflowConverted(Model):
    """A foreign workflow as one of ours; nothing is kept."""

    document: Document
    warnings: list[str]
    nodes: list[NodeReport]


class DocumentGiven(Model):
    """A document in the file format."""

    document: Document


class ProblemsFound(Model):
    """Everything that is wrong with a document."""

    problems: list[ProblemItem]


@route("GET", "/workflows", tag=TAG)
async def list_workflows(request: Request, query: WorkflowQuery) -> Page[WorkflowShown]:
    """List workflows, the one changed last first."""
    chosen = WorkflowFilter(
        project=query.project, folder=query.folder, text=query.text, node_type=query.node_type, tags=tuple(query.tag),
        state=query.state, after=query.after(tuple[datetime, UUID]), limit=query.limit + 1,
    )  # fmt: skip
    found = await request.service.workflows.find(request.actor, chosen)
    return Page.of(found, query, workflow_shown, lambda record: (record.updated_at, record.id))


@route("POST", "/workflows", tag=TAG, status=201, errors=(404, 422), example={"name": "Greet", "document": EXAMPLE})
async def create_workflow(request: Request, body: WorkflowNew) -> WorkflowSaved:
    """Make a workflow."""
    saved = await request.service.workflows.create(
        request.actor, project=body.project, name=body.name, document=body.document, folder=body.folder, tags=body.tags
    )
    return workflow_saved(saved)


@route("GET", "/workflows/{workflow_id}", tag=TAG, errors=(404,))
async def read_workflow(request: Request, workflow_id: UUID) -> WorkflowShown:
    """Read a workflow, without its document."""
    return workflow_shown(await request.service.workflows.get(request.actor, workflow_id))


@route("PATCH", "/workflows/{workflow_id}", tag=TAG, errors=(404, 422))
async def change_workflow(request: Request, workflow_id: UUID, body: WorkflowChange) -> WorkflowShown:
    """Rename a workflow or describe it anew."""
    record: WorkflowRecord = await request.service.workflows.describe(
        request.actor, workflow_id, name=body.name, description=body.description
    )
    return workflow_shown(record)


@route("PUT", "/workflows/{workflow_id}/tags", tag=TAG, errors=(404, 422))
async def tag_workflow(request: Request, workflow_id: UUID, body: WorkflowTags) -> WorkflowShown:
    """Let a workflow have exactly these tags."""
    return workflow_shown(await request.service.tags.assign(request.actor, workflow_id, body.tags))


@route("POST", "/workflows/{workflow_id}/move", tag=TAG, errors=(404,))
async def move_workflow(request: Request, workflow_id: UUID, body: WorkflowPlace) -> WorkflowShown:
    """File a workflow in a folder, or move it to another project with its executions."""
    record = await request.service.workflows.move(request.actor, workflow_id, project=body.project, folder=body.folder)
    return workflow_shown(record)


@route("POST", "/workflows/{workflow_id}/duplicate", tag=TAG, status=201, errors=(404,))
async def duplicate_workflow(request: Request, workflow_id: UUID, body: WorkflowCopy) -> WorkflowSaved:
    """Copy the draft of a workflow."""
    saved = await request.service.workflows.duplicate(
        request.actor, workflow_id, project=body.project, name=body.name
    )  # fmt: skip
    return workflow_saved(saved)


@route("POST", "/workflows/{workflow_id}/publish", tag=TAG, errors=(404, 409, 422))
async def publish_workflow(request: Request, workflow_id: UUID, body: PublishWish) -> WorkflowPublished:
    """Let production run a version, if it can run."""
    published = await request.service.workflows.publish(
        request.actor, workflow_id, body.version, activate=body.activate
    )  # fmt: skip
    return WorkflowPublished(workflow=workflow_shown(published.record), warnings=problems_shown(published.warnings))


@route("POST", "/workflows/{workflow_id}/unpublish", tag=TAG, errors=(404,))
async def unpublish_workflow(request: Request, workflow_id: UUID) -> WorkflowShown:
    """Let production run no version; triggers stop."""
    return workflow_shown(await request.service.workflows.unpublish(request.actor, workflow_id))


@route("POST", "/workflows/{workflow_id}/activate", tag=TAG, errors=(404, 409))
async def activate_workflow(request: Request, workflow_id: UUID) -> WorkflowShown:
    """Let the triggers of the published version listen."""
    return workflow_shown(await request.service.workflows.activate(request.actor, workflow_id))


@route("POST", "/workflows/{workflow_id}/deactivate", tag=TAG, errors=(404, 409))
async def deactivate_workflow(request: Request, workflow_id: UUID) -> WorkflowShown:
    """Stop the triggers; the published version can still be run."""
    return workflow_shown(await request.service.workflows.deactivate(request.actor, workflow_id))


@route("DELETE", "/workflows/{workflow_id}", tag=TAG, errors=(404,))
async def delete_workflow(request: Request, workflow_id: UUID) -> None:
    """Put a workflow away. It can be restored."""
    await request.service.workflows.delete(request.actor, workflow_id)


@route("POST", "/workflows/{workflow_id}/restore", tag=TAG, errors=(404,))
async def restore_workflow(request: Request, workflow_id: UUID) -> WorkflowShown:
    """Bring a deleted workflow back."""
    return workflow_shown(await request.service.workflows.restore(request.actor, workflow_id))


@route("POST", "/workflows/{workflow_id}/purge", tag=TAG, status=204, errors=(404, 409))
async def purge_workflow(request: Request, workflow_id: UUID) -> None:
    """Remove a deleted workflow for ever, with its versions and executions."""
    await request.service.workflows.purge(request.actor, workflow_id)


@route(
    "GET", "/workflows/{workflow_id}/export", tag=TAG, errors=(404, 422), answers=("application/json", "text/x-python")
)
async def export_workflow(request: Request, workflow_id: UUID, query: ExportQuery) -> Answer[bytes]:
    """Download a version of a workflow as a file."""
    file = await request.service.transfer.export(request.actor, workflow_id, query.version, query.kind)
    return Answer(file.data, content_type=file.content_type, filename=file.name)


@route("GET", "/projects/{project_id}/export", tag=TAG, errors=(404,), answers=("application/zip",))
async def export_project(request: Request, project_id: UUID) -> Answer[bytes]:
    """Download the drafts of all workflows of a project as a zip archive."""
    chunks: AsyncIterator[bytes] = await request.service.transfer.export_project(request.actor, project_id)
    return Answer(chunks, content_type="application/zip", filename="workflows.zip")


@route("POST", "/workflows/import", tag=TAG, status=201, errors=(404, 422), content=FILES)
async def import_workflows(request: Request, query: ImportQuery, body: bytes) -> FilesTaken:
    """Make workflows of a .flow file, of n8n's JSON, or of a zip archive of such."""
    taken = await request.service.transfer.take_in(
        request.actor, body, file=query.file, project=query.project, folder=query.folder
    )
    return FilesTaken(items=[_taken(file) for file in taken])


@route("POST", "/workflows/convert", tag=TAG, errors=(422,))
async def convert_workflow(request: Request, body: ForeignWorkflow) -> WorkflowConverted:
    """Convert a workflow of n8n to ours, without keeping it."""
    found: Converted = await request.service.transfer.convert(request.actor, body.source)
    return WorkflowConverted(document=found.document, warnings=list(found.warnings), nodes=_reports(found))


@route("POST", "/workflows/validate", tag=TAG, example={"document": EXAMPLE})
async def validate_workflow(request: Request, body: DocumentGiven) -> ProblemsFound:
    """Tell everything that keeps a document from running."""
    return ProblemsFound(
        problems=problems_shown(await request.service.node_types.validate(request.actor, body.document))
    )


ROUTES = (
    list_workflows, create_workflow, read_workflow, change_workflow, tag_workflow, move_workflow, duplicate_workflow,
    publish_workflow, unpublish_workflow, activate_workflow, deactivate_workflow, delete_workflow, restore_workflow,
    purge_workflow, export_workflow, export_project, import_workflows, convert_workflow, validate_workflow,
)  # fmt: skip


def _taken(file: ImportedFile) -> FileTaken:
    return FileTaken(
        file=file.file,
        workflow=None if file.record is None else workflow_shown(file.record),
        problems=problems_shown(file.problems),
        warnings=list(file.warnings),
        nodes=_reports(file),
    )


def _reports(found: ImportedFile | Converted) -> list[NodeReport]:
    return [
        NodeReport(
            name=node.name,
            source=node.source,
            type=node.type,
            is_covered=node.is_covered,
            warnings=list(node.warnings),
        )
        for node in found.nodes
    ]
