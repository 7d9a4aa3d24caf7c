"""Files that nodes may read and write, for people: the editor's file picker, the command line and scripts use it.

The folder is one for the whole service, as it is for nodes: who may run workflows with their own paths may see it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from workflow_kernel.base.errors import InvalidRequestError
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.permission import needs
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.files import Entry, FilesFolder, Found


class Files:
    """The files folder.

    Parameters
    ----------
    database: has the audit trail. root: the folder. hidden: places nobody may see. most: bytes a file may have.
    """

    def __init__(self, database: Database, root: Path, hidden: tuple[Path, ...], *, most: int) -> None:
        self._database = database
        self._folder = FilesFolder(root, hidden)
        self._most = most

    @needs("file.read")
    async def find(self, actor: Actor, folder: str = "", text: str = "") -> Found:
        """What is in a folder; with ``text`` what is anywhere below it and has these words in its path."""
        if text.strip():
            return await asyncio.to_thread(self._folder.search, folder, text)
        return await asyncio.to_thread(self._folder.list, folder)

    @needs("file.read")
    async def open(self, actor: Actor, path: str) -> tuple[Entry, AsyncIterator[bytes]]:
        """A file, and its bytes piece by piece."""
        entry, pieces = await asyncio.to_thread(self._folder.open, path)
        return entry, _in_threads(pieces)

    @needs("file.update")
    async def put(
        self, actor: Actor, path: str, data: bytes, *, upload: str, offset: int = 0, total: int, replace: bool = False
    ) -> Entry | None:
        """Keep a part of a file; None as long as more is to come.

        Parameters
        ----------
        upload: a name for this sending, the same for all its parts. offset, total: where the part begins in the file,
            and how many bytes the file has. replace: whether a file that is there gives way.
        """
        if total > self._most:
            message = f"The file has {total} bytes, and {self._most} are allowed."
            raise InvalidRequestError(message, code="WF810", mend="Send a smaller one, or raise WORKFLOW_MAX_FILE.")
        entry = await asyncio.to_thread(
            self._folder.put, path, data, upload=upload, offset=offset, total=total, replace=replace
        )
        if entry is not None:
            await self._note(actor, "file.upload", entry.path, size=total)
        return entry

    @needs("file.update")
    async def make_folder(self, actor: Actor, path: str) -> Entry:
        """Make a folder."""
        entry = await asyncio.to_thread(self._folder.make_folder, path)
        await self._note(actor, "file.make_folder", entry.path)
        return entry

    @needs("file.update")
    async def remove(self, actor: Actor, path: str) -> None:
        """Remove a file, or a folder that is empty."""
        await asyncio.to_thread(self._folder.remove, path)
        await self._note(actor, "file.delete", path)

    async def _note(self, actor: Actor, action: str, path: str, **details: int) -> None:
        async with self._database.session() as session:
            record(session, actor, action, f"file:{path}", **details)


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
