"""Folders of projects over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.routing import Request, route
from workflow_kernel.api.workflow_views import Model
from workflow_kernel.services.folders import FolderRecord

TAG = "Folders"
FolderName = Annotated[str, Field(min_length=1, max_length=200)]


class FolderNew(Model):
    """A folder to be made."""

    name: FolderName
    parent: UUID | None = Field(None, description="The folder it lies in.")


class FolderNamed(Model):
    """What a folder is called."""

    name: FolderName


class FolderPlace(Model):
    """Where a folder shall lie."""

    parent: UUID | None = Field(description="In no other folder if null.")


class FolderShown(Model):
    """A folder."""

    id: UUID
    project: UUID
    parent: UUID | None
    name: str
    created_at: datetime
    workflows: int = Field(description="How many are filed in it.")


class FoldersShown(Model):
    """Every folder of a project."""

    items: list[FolderShown]


@route("GET", "/projects/{project_id}/folders", tag=TAG, errors=(404,))
async def list_folders(request: Request, project_id: UUID) -> FoldersShown:
    """List all folders of a project, by name."""
    found = await request.service.folders.find(request.actor, project_id)
    return FoldersShown(items=[_shown(folder) for folder in found])


@route("POST", "/projects/{project_id}/folders", tag=TAG, status=201, errors=(404, 409, 422))
async def create_folder(request: Request, project_id: UUID, body: FolderNew) -> FolderShown:
    """Make a folder."""
    return _shown(await request.service.folders.create(request.actor, project_id, body.name, parent=body.parent))


@route("PATCH", "/folders/{folder_id}", tag=TAG, errors=(404, 422))
async def rename_folder(request: Request, folder_id: UUID, body: FolderNamed) -> FolderShown:
    """Give a folder another name."""
    return _shown(await request.service.folders.rename(request.actor, folder_id, body.name))


@route("POST", "/folders/{folder_id}/move", tag=TAG, errors=(404, 409))
async def move_folder(request: Request, folder_id: UUID, body: FolderPlace) -> FolderShown:
    """Put a folder into another one."""
    return _shown(await request.service.folders.move(request.actor, folder_id, body.parent))


@route("DELETE", "/folders/{folder_id}", tag=TAG, errors=(404,))
async def delete_folder(request: Request, folder_id: UUID) -> None:
    """Take a folder away; what is in it goes to where the folder was."""
    await request.service.folders.delete(request.actor, folder_id)


ROUTES = (list_folders, create_folder, rename_folder, move_folder, delete_folder)


def _shown(record: FolderRecord) -> FolderShown:
    return FolderShown(**msgspec.structs.asdict(record))
