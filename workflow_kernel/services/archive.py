"""Zip archives of workflows: written in pieces, read with limits, so that none can fill memory or disk."""

from __future__ import annotations

import asyncio
import io
import re
import tempfile
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any
from uuid import UUID

from workflow_kernel.base.errors import InvalidRequestError
from workflow_kernel.services.workflow_documents import MAX_BYTES

MAX_FILES = 2_000
MAX_UNPACKED = 256 << 20
"""Bytes all files of an archive may have together."""

IN_MEMORY = 4 << 20
CHUNK = 1 << 18
SUFFIXES = (".flow", ".json")


class Writer:
    """Writes an archive; use it with ``with``."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed on exit
        self._archive = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)
        self._names: set[str] = set()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._archive.close()
        self._file.close()

    def add(
        self, folder: str, name: str, write: Callable[[Mapping[str, Any]], bytes], document: Mapping[str, Any]
    ) -> None:
        """Add a workflow; its file gets a name of its own."""
        stem = f"{folder}/{file_name(name)}" if folder else file_name(name)
        path, number = f"{stem}.flow", 2
        while path.lower() in self._names:
            path, number = f"{stem} {number}.flow", number + 1
        self._names.add(path.lower())
        self._archive.writestr(path, write(document))

    async def chunks(self) -> AsyncIterator[bytes]:
        """The finished archive, in pieces."""
        await asyncio.to_thread(self._archive.close)
        self._file.seek(0)
        while chunk := await asyncio.to_thread(self._file.read, CHUNK):
            yield chunk


def is_archive(data: bytes) -> bool:
    """Whether a file is a zip archive."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def read(data: bytes) -> list[tuple[str, bytes]]:
    """Name and content of every workflow file in an archive, in order. Others are left out.

    Raises ``InvalidRequestError`` WF766 for an archive that is broken or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            entries = [entry for entry in opened.infolist() if _is_workflow(entry)]
            if len(entries) > MAX_FILES:
                raise unreadable(f"It holds {len(entries):,} files; {MAX_FILES:,} are allowed.")
            left = MAX_UNPACKED
            found = []
            for entry in entries:
                content = _read(opened, entry, min(left, MAX_BYTES))
                left -= len(content)
                found.append((entry.filename, content))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise unreadable(f"It is no zip archive that can be read: {error}.") from None
    if not found:
        raise unreadable("It holds no .flow or .json file.")
    return found


def file_name(name: str) -> str:
    """A name that every system takes for a file."""
    found = re.sub(r"[^\w .()+-]+", "_", name).strip(" .")[:80].strip(" .")
    return found or "workflow"


def folder_paths(folders: Mapping[UUID, tuple[str, UUID | None]]) -> dict[UUID, str]:
    """The path of each folder in an archive, from its name and the folder it lies in."""

    def path(folder: UUID | None, depth: int = 0) -> str:
        if folder is None or folder not in folders or depth > 50:
            return ""
        name, parent = folders[folder]
        above = path(parent, depth + 1)
        return f"{above}/{file_name(name)}" if above else file_name(name)

    return {folder: path(folder) for folder in folders}


def unreadable(reason: str) -> InvalidRequestError:
    """The error for a file that cannot be taken in."""
    return InvalidRequestError(
        f"The file cannot be imported. {reason}", code="WF766", mend="Send a .flow file, n8n's JSON, or a zip of such."
    )


def _is_workflow(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    return not entry.is_dir() and path.suffix.lower() in SUFFIXES and "__MACOSX" not in path.parts


def _read(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    """The content of an entry. What the archive says of its size is not believed."""
    with opened.open(entry) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise unreadable(f"'{entry.filename[:100]}' unpacks to more than {limit:,} bytes.")
    return content
