"""Files that nodes may read and write, over HTTP: listed, searched, sent in parts, downloaded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from workflow_kernel.api.pages import Page, PageQuery
from workflow_kernel.api.routing import Answer, Request, route
from workflow_kernel.api.workflow_views import Model
from workflow_kernel.storage.files import Entry

TAG = "Files"
Path = Annotated[str, Field(min_length=1, max_length=1000, description="Below the files folder, with slashes.")]
Upload = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,64}$", description="A name for this sending, for all parts.")]


class FilesQuery(PageQuery):
    """Which files are wanted."""

    folder: str = Field("", max_length=1000, description="Below the files folder; itself if empty.")
    text: str = Field("", max_length=200, description="Words in the path of what is anywhere below the folder.")


class FileQuery(Model):
    """Which file is meant."""

    path: Path


class PartQuery(Model):
    """Which part of which file is sent."""

    path: Path
    upload: Upload
    total: int = Field(ge=0, le=1 << 45, description="Bytes of the whole file.")
    offset: int = Field(0, ge=0, le=1 << 45, description="Where the part begins in the file.")
    replace: bool = Field(False, description="Whether a file that is there gives way.")


class FolderNew(Model):
    """A folder to be made."""

    path: Path


class FileShown(Model):
    """A file or folder."""

    path: str = Field(description="As a node's parameter takes it.")
    name: str
    is_folder: bool = Field(description="Whether it has files in it and no bytes of its own.")
    size: int | None = Field(description="Bytes; null of a folder.")
    changed_at: datetime = Field(description="When its bytes, or what is in it, last changed.")


class PartTaken(Model):
    """What became of a part."""

    file: FileShown | None = Field(description="The file, once its last part has come.")


class FilesPage(Page[FileShown]):
    """Files and folders."""

    is_cut: bool = Field(description="Whether there is more than is looked at: search for less.")


@route("GET", "/files", tag=TAG, errors=(404, 422))
async def list_files(request: Request, query: FilesQuery) -> FilesPage:
    """List a folder of the files that nodes may use, folders first; or search below it."""
    found = await request.service.files.find(request.actor, query.folder, query.text)
    after = query.after(tuple[bool, str, str])
    rest = [entry for entry in found.entries if after is None or entry.key > after]
    page = Page[FileShown].of(rest[: query.limit + 1], query, _shown, lambda entry: entry.key)
    return FilesPage(items=page.items, next=page.next, is_cut=found.is_cut)


@route("GET", "/files/content", tag=TAG, errors=(404, 409, 422), answers=("application/octet-stream",))
async def download_file(request: Request, query: FileQuery) -> Answer[bytes]:
    """Download a file."""
    entry, pieces = await request.service.files.open(request.actor, query.path)
    return Answer(pieces, filename=entry.name)


@route(
    "PUT", "/files/content", tag=TAG, errors=(409, 422), content=("application/octet-stream",), limited=False
)  # fmt: skip
async def upload_file(request: Request, query: PartQuery, body: bytes) -> PartTaken:
    """Send a file, in one part or several, one after another.

    The file is there once its last part has come, whole; before that nobody sees it.
    """
    entry = await request.service.files.put(
        request.actor, query.path, body,
        upload=query.upload, offset=query.offset, total=query.total, replace=query.replace,
    )  # fmt: skip
    return PartTaken(file=None if entry is None else _shown(entry))


@route("POST", "/files/folders", tag=TAG, status=201, errors=(409, 422))
async def create_files_folder(request: Request, body: FolderNew) -> FileShown:
    """Make a folder for files."""
    return _shown(await request.service.files.make_folder(request.actor, body.path))


@route("DELETE", "/files", tag=TAG, errors=(404, 409, 422))
async def delete_file(request: Request, query: FileQuery) -> None:
    """Remove a file, or a folder that is empty."""
    await request.service.files.remove(request.actor, query.path)


ROUTES = (list_files, download_file, upload_file, create_files_folder, delete_file)


def _shown(entry: Entry) -> FileShown:
    changed = datetime.fromtimestamp(entry.changed, UTC)
    return FileShown(
        path=entry.path, name=entry.name, is_folder=entry.is_folder, size=entry.size, changed_at=changed
    )  # fmt: skip
