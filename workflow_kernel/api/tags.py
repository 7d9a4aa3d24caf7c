"""Tags over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.routing import Request, route
from workflow_kernel.api.workflow_views import Model

TAG = "Tags"


class TagNamed(Model):
    """What a tag is called."""

    name: Annotated[str, Field(min_length=1, max_length=60)]


class TagShown(Model):
    """A tag."""

    id: UUID
    name: str
    created_at: datetime
    count: int = Field(description="How many of the workflows you may see have it.")


class TagsShown(Model):
    """Every tag."""

    items: list[TagShown]


@route("GET", "/tags", tag=TAG)
async def list_tags(request: Request) -> TagsShown:
    """List all tags, by name."""
    found = await request.service.tags.find(request.actor)
    return TagsShown(items=[TagShown(**msgspec.structs.asdict(tag)) for tag in found])


@route("POST", "/tags", tag=TAG, status=201, errors=(409, 422))
async def create_tag(request: Request, body: TagNamed) -> TagShown:
    """Make a tag."""
    return TagShown(**msgspec.structs.asdict(await request.service.tags.create(request.actor, body.name)))


@route("PATCH", "/tags/{tag_id}", tag=TAG, errors=(404, 409, 422))
async def rename_tag(request: Request, tag_id: UUID, body: TagNamed) -> TagShown:
    """Give a tag another name, on every workflow."""
    return TagShown(**msgspec.structs.asdict(await request.service.tags.rename(request.actor, tag_id, body.name)))


@route("DELETE", "/tags/{tag_id}", tag=TAG, errors=(404,))
async def delete_tag(request: Request, tag_id: UUID) -> None:
    """Take a tag away, from every workflow too."""
    await request.service.tags.delete(request.actor, tag_id)


ROUTES = (list_tags, create_tag, rename_tag, delete_tag)
