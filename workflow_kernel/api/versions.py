"""Versions of workflows over HTTP: save, list, read, compare, go back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.etag import expected_version, version_tag
from workflow_kernel.api.pages import Page, PageQuery
from workflow_kernel.api.routing import Answer, Request, route
from workflow_kernel.api.workflow_views import (
    EXAMPLE,
    Document,
    Model,
    Number,
    Text,
    Which,
    WorkflowSaved,
    workflow_saved,
)
from workflow_kernel.services.versions import VersionRecord

TAG = "Versions"
VersionName = Annotated[str, Field(max_length=200)]


class VersionNew(Model):
    """A document to be kept as the newest version."""

    document: Document = Field(description="In the file format.")
    made_from: Number = Field(description="Number of the version it was made from.")
    name: VersionName = Field("", description="What the version is called.")
    note: Text = Field("", description="What is to be said of it.")


class VersionShown(Model):
    """A version without its document."""

    id: UUID
    workflow: UUID
    number: int
    name: str
    note: str
    created_by: UUID | None
    created_at: datetime
    published_at: datetime | None = Field(description="When it was last published.")


class VersionRead(Model):
    """A version with its document."""

    version: VersionShown
    document: Document


class VersionChange(Model):
    """What is to be different; what is null stays."""

    name: VersionName | None = None
    note: Text | None = None


class RestoreWish(Model):
    """From which version the actor goes back."""

    made_from: Number = Field(description="Number of the version that is newest as you know it.")


class CompareQuery(Model):
    """Which two versions are compared."""

    before: Which = Field(description="A number, `draft` or `published`.")
    after: Which = Field("draft", description="A number, `draft` or `published`.")


class FieldChanged(Model):
    """A value that differs; `before` or `after` is missing where there is none."""

    path: str = Field(description="Dotted, e.g. `parameters.url`.")
    before: Any = None
    after: Any = None


class NodeChanged(Model):
    """A node that is in both versions and differs."""

    id: str
    name: str
    was: str = Field(description="Its name before.")
    is_only_moved: bool
    fields: list[FieldChanged]


class Difference(Model):
    """What differs between two versions."""

    before: int
    after: int
    is_empty: bool
    fields: list[FieldChanged] = Field(description="Name, description, settings, notes and groups.")
    added: list[dict[str, Any]] = Field(description="Nodes, with their ids.")
    removed: list[dict[str, Any]]
    changed: list[NodeChanged]
    connected: list[dict[str, Any]] = Field(description="Edges that are new.")
    disconnected: list[dict[str, Any]]
    text: str = Field(description="The same as lines for people.")


class VersionQuery(PageQuery):
    """Which versions are wanted."""


@route(
    "POST", "/workflows/{workflow_id}/versions", tag=TAG, status=201, errors=(404, 409, 422),
    example={"document": EXAMPLE, "made_from": 1},
)  # fmt: skip
async def save_version(request: Request, workflow_id: UUID, body: VersionNew) -> Answer[WorkflowSaved]:
    """Save a workflow.

    A save made from a version that is no longer the newest is refused with 409: `details` holds theirs, yours and the
    base, and under `merge` what bringing them together gives. With `If-Match` and the ETag of a version that is no
    longer the newest it is refused with 412, with the same details.
    """
    seen = expected_version(request)
    made_from = body.made_from if seen is None else min(seen, body.made_from)
    saved = await request.service.workflows.save(
        request.actor, workflow_id, body.document, made_from=made_from, name=body.name, note=body.note
    )
    return Answer(workflow_saved(saved), etag=version_tag(saved.record.version))


@route("GET", "/workflows/{workflow_id}/versions", tag=TAG, errors=(404,))
async def list_versions(request: Request, workflow_id: UUID, query: VersionQuery) -> Page[VersionShown]:
    """List the versions of a workflow, the newest first."""
    found = await request.service.versions.find(
        request.actor, workflow_id, before=query.after(int), limit=query.limit + 1
    )  # fmt: skip
    return Page.of(found, query, _shown, lambda record: record.number)


@route("GET", "/workflows/{workflow_id}/versions/{version}", tag=TAG, errors=(404,))
async def read_version(request: Request, workflow_id: UUID, version: Which) -> Answer[VersionRead]:
    """Read a version with its document: a number, `draft` or `published`."""
    found = await request.service.versions.get(request.actor, workflow_id, version)
    view = VersionRead(version=_shown(found.record), document=found.document)
    return Answer(view, etag=version_tag(found.record.number))


@route("PATCH", "/workflows/{workflow_id}/versions/{version}", tag=TAG, errors=(404, 422))
async def change_version(request: Request, workflow_id: UUID, version: Number, body: VersionChange) -> VersionShown:
    """Name a version or note something on it."""
    found = await request.service.versions.describe(
        request.actor, workflow_id, version, name=body.name, note=body.note
    )  # fmt: skip
    return _shown(found)


@route("POST", "/workflows/{workflow_id}/versions/{version}/restore", tag=TAG, status=201, errors=(404, 409, 422))
async def restore_version(request: Request, workflow_id: UUID, version: Number, body: RestoreWish) -> WorkflowSaved:
    """Make an earlier version the newest again."""
    saved = await request.service.versions.restore(request.actor, workflow_id, version, made_from=body.made_from)
    return workflow_saved(saved)


@route("GET", "/workflows/{workflow_id}/compare", tag=TAG, errors=(404,))
async def compare_versions(request: Request, workflow_id: UUID, query: CompareQuery) -> Difference:
    """Tell what differs between two versions."""
    found = await request.service.versions.compare(request.actor, workflow_id, query.before, query.after)
    return Difference.model_validate(found)


ROUTES = (save_version, list_versions, read_version, change_version, restore_version, compare_versions)


def _shown(record: VersionRecord) -> VersionShown:
    return VersionShown(**msgspec.structs.asdict(record))
