"""Templates over HTTP: workflows to begin with."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.routing import Request, route
from workflow_kernel.api.workflow_views import EXAMPLE, Document, Model, Name, Text, WorkflowSaved, workflow_saved
from workflow_kernel.services.templates import TemplateRecord

TAG = "Templates"
Category = Annotated[str, Field(min_length=1, max_length=60)]
TemplateId = Annotated[str, Field(min_length=1, max_length=100)]


class TemplateNew(Model):
    """A template to be made. Credentials and pinned data of the document are left out."""

    name: Name
    description: Text = ""
    categories: list[Category] = Field(default_factory=list, max_length=10)
    document: Document


class TemplateShown(Model):
    """A template without its document."""

    id: str = Field(description="A word for those that come with the product, else a UUID.")
    name: str
    description: str
    categories: list[str]
    node_types: list[str]
    is_built_in: bool = Field(description="Whether it comes with the product.")
    created_by: UUID | None


class TemplateRead(Model):
    """A template with its document."""

    template: TemplateShown
    document: Document


class TemplatesShown(Model):
    """Templates."""

    items: list[TemplateShown]


class TemplateQuery(Model):
    """Which templates are wanted."""

    text: str = Field("", max_length=200, description="In the name or the description.")
    category: str = Field("", max_length=60)


class TemplateUse(Model):
    """Where the workflow goes, and its name."""

    project: UUID | None = Field(None, description="Your own project if null.")
    folder: UUID | None = None
    name: Name | None = Field(None, description="The template's name if null.")


@route("GET", "/templates", tag=TAG)
async def list_templates(request: Request, query: TemplateQuery) -> TemplatesShown:
    """List templates: those of the product first, then those people made."""
    found = await request.service.templates.find(request.actor, query.text, query.category)
    return TemplatesShown(items=[_shown(template) for template in found])


@route(
    "POST", "/templates", tag=TAG, status=201, errors=(422,), example={"name": "Greet", "document": EXAMPLE}
)  # fmt: skip
async def create_template(request: Request, body: TemplateNew) -> TemplateShown:
    """Make a template for everybody."""
    found = await request.service.templates.create(
        request.actor, body.document, name=body.name, description=body.description, categories=body.categories
    )
    return _shown(found)


@route("GET", "/templates/{template_id}", tag=TAG, errors=(404,))
async def read_template(request: Request, template_id: TemplateId) -> TemplateRead:
    """Read a template with its document."""
    found = await request.service.templates.get(request.actor, template_id)
    return TemplateRead(template=_shown(found.record), document=found.document)


@route("DELETE", "/templates/{template_id}", tag=TAG, errors=(403, 404))
async def delete_template(request: Request, template_id: TemplateId) -> None:
    """Take a template away that people made."""
    await request.service.templates.delete(request.actor, template_id)


@route("POST", "/templates/{template_id}/workflows", tag=TAG, status=201, errors=(404, 422))
async def use_template(request: Request, template_id: TemplateId, body: TemplateUse) -> WorkflowSaved:
    """Make a workflow from a template."""
    saved = await request.service.templates.begin(
        request.actor, template_id, project=body.project, name=body.name, folder=body.folder
    )
    return workflow_saved(saved)


ROUTES = (list_templates, create_template, read_template, delete_template, use_template)


def _shown(record: TemplateRecord) -> TemplateShown:
    return TemplateShown(**msgspec.structs.asdict(record))
