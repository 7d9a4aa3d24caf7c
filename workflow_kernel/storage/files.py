"""The folder whose files nodes may read and write, as people see it: listed, searched, sent, taken, removed.

Nothing here leaves the folder: links are followed before a path is compared with it, and what begins with a dot, or
lies in a hidden place, does not exist. All of it blocks; ``services.files`` calls it in threads.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

from workflow_kernel.base.errors import ConflictError, InvalidRequestError, NotFoundError, UnavailableError

MOST_LOOKED_AT = 50_000
"""Entries a search or a listing looks at; beyond them it says that there is more."""

PIECE = 1 << 20
_PART = ".upload-"
_FORGOTTEN = 24 * 3600.0
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Entry(msgspec.Struct, frozen=True):
    """A file or folder.

    Parameters
    ----------
    path: from the folder, with slashes; what a node's parameter takes. size: bytes; None of a folder.
    changed: seconds since the epoch.
    """

    path: str
    name: str
    is_folder: bool
    size: int | None
    changed: float

    @property
    def key(self) -> tuple[bool, str, str]:
        """Folders first, then as people sort names."""
        return not self.is_folder, self.path.casefold(), self.path


class Found(msgspec.Struct, frozen=True):
    """Entries in order; ``is_cut`` where more were there than are looked at."""

    entries: tuple[Entry, ...]
    is_cut: bool = False


class FilesFolder:
    """The files of a folder.

    Parameters
    ----------
    root: the folder. hidden: places nobody gets to see, even where they lie below it.
    """

    def __init__(self, root: Path, hidden: tuple[Path, ...] = ()) -> None:
        self.root = root.resolve()
        places = (place.resolve() for place in hidden)
        self._hidden = tuple(place for place in places if not self.root.is_relative_to(place))

    def list(self, folder: str) -> Found:
        """What is in a folder. Raises ``NotFoundError`` where there is none."""
        place = self._at(folder)
        if not place.is_dir():
            raise _missing("folder", folder)
        entries: list[Entry] = []
        for count, entry in enumerate(self._scan(place)):
            if count == MOST_LOOKED_AT:
                return Found(_sorted(entries), is_cut=True)
            entries.append(entry)
        return Found(_sorted(entries))

    def search(self, folder: str, text: str) -> Found:
        """Files and folders below a folder with all these words in their path."""
        place = self._at(folder)
        if not place.is_dir():
            raise _missing("folder", folder)
        words = text.casefold().split()
        found: list[Entry] = []
        waiting, count = [place], 0
        while waiting:
            for entry in self._scan(waiting.pop(0)):
                count += 1
                if count > MOST_LOOKED_AT:
                    return Found(_sorted(found), is_cut=True)
                if all(word in entry.path.casefold() for word in words):
                    found.append(entry)
                # A link to a folder is shown, not gone into: it may lead back.
                if entry.is_folder and not (self.root / entry.path).is_symlink():
                    waiting.append(self.root / entry.path)
        return Found(_sorted(found))

    def open(self, path: str) -> tuple[Entry, Iterator[bytes]]:
        """A file and its bytes, piece by piece. Raises ``NotFoundError``."""
        place = self._at(path)
        if not place.is_file():
            raise _missing("file", path)
        try:
            stream = place.open("rb")
        except OSError as error:
            raise _refused(path, error) from None

        def pieces() -> Iterator[bytes]:
            with stream:
                yield from iter(lambda: stream.read(PIECE), b"")

        return self._entry(place), pieces()

    def put(self, path: str, data: bytes, *, upload: str, offset: int, total: int, replace: bool) -> Entry | None:
        """Keep a part of a file; with its last part the file is there, whole. None as long as more is to come.

        Raises ``ConflictError`` for a file that is there and shall not be replaced, and for parts out of order.
        """
        place = self._at(path)
        if place == self.root or place.is_dir() or (place.exists() and not replace):
            what = "folder" if place.is_dir() else "file"
            raise ConflictError(f"There is a {what} '{path}'.", code="WF807", mend="Give another name, or replace it.")
        part = place.with_name(f"{_PART}{upload}")
        try:
            if offset == 0:
                place.parent.mkdir(parents=True, exist_ok=True)
                _forget(place.parent)
                part.touch()
            has = part.stat().st_size if part.exists() else 0
            if has != offset or offset + len(data) > total:
                message = f"The part begins at {offset}, and {has} of {total} bytes have come."
                raise ConflictError(message, code="WF808", mend="Send the file again from its beginning.")
            with part.open("ab") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            if offset + len(data) < total:
                return None
            if replace:
                part.replace(place)
            else:
                _move_beside(part, place, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise _refused(path, error) from None
        return self._entry(place)

    def make_folder(self, path: str) -> Entry:
        """Make a folder, and those above it. Raises ``ConflictError`` where something is there."""
        place = self._at(path)
        try:
            place.mkdir(parents=True)
        except FileExistsError:
            raise ConflictError(f"There is a '{path}' already.", code="WF807", mend="Give another name.") from None
        except OSError as error:
            raise _refused(path, error) from None
        return self._entry(place)

    def remove(self, path: str) -> None:
        """Remove a file, or a folder that is empty."""
        self._at(path)
        place = self.root / path  # A link is removed, not what it leads to.
        try:
            if place.is_symlink() or place.is_file():
                place.unlink()
            elif place.is_dir() and place != self.root:
                place.rmdir()
            else:
                raise _missing("file", path)
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise _missing("file", path) from None
            raise _refused(path, error) from None

    def _at(self, path: str) -> Path:
        """Where a path leads; refuses those that lead out or to what is hidden."""
        pure = PurePosixPath(path)
        is_odd = pure.is_absolute() or "\0" in path or "\\" in path
        if is_odd or any(part.startswith((".", "~")) for part in pure.parts):
            raise _outside(path)
        try:
            place = (self.root / pure).resolve()
        except (OSError, RuntimeError, ValueError):
            raise _outside(path) from None
        if not place.is_relative_to(self.root) or self._is_hidden(place):
            raise _outside(path)
        return place

    def _is_hidden(self, place: Path) -> bool:
        inside = place.relative_to(self.root).parts if place.is_relative_to(self.root) else (".",)
        return any(part.startswith(".") for part in inside) or any(place.is_relative_to(one) for one in self._hidden)

    def _scan(self, folder: Path) -> Iterator[Entry]:
        """What people may see of a folder; what cannot be read is left out."""
        try:
            names = os.listdir(folder)  # noqa: PTH208 - names alone, nothing is opened
        except OSError:
            return
        for name in names:
            place = folder / name
            try:
                if name.startswith((".", "~")) or "\\" in name or self._is_hidden(place.resolve()):
                    continue
                name.encode()
                entry = self._entry(place)
            except (OSError, RuntimeError, UnicodeError):
                continue
            yield entry

    def _entry(self, place: Path) -> Entry:
        found = place.stat()
        is_folder = place.is_dir()
        size = None if is_folder else found.st_size
        path = "" if place == self.root else place.relative_to(self.root).as_posix()
        return Entry(path, place.name if path else "", is_folder, size, found.st_mtime)


def _sorted(entries: list[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.key))


def _move_beside(part: Path, place: Path, path: str) -> None:
    """Give a finished part its name, unless somebody took the name meanwhile."""
    try:
        os.link(part, place)
    except FileExistsError:
        raise ConflictError(
            f"There is a file '{path}'.", code="WF807", mend="Give another name, or replace it."
        ) from None
    finally:
        part.unlink(missing_ok=True)


def _forget(folder: Path) -> None:
    """Remove parts whose senders went away long ago."""
    for part in folder.glob(f"{_PART}*"):
        if part.stat().st_mtime < time.time() - _FORGOTTEN:
            part.unlink(missing_ok=True)


def _outside(path: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"'{path[:200]}' is no path of the files folder.", code="WF805",
        mend="Give a path below it, with slashes, without names that begin with a dot.",
    )  # fmt: skip


def _missing(what: str, path: str) -> NotFoundError:
    return NotFoundError(f"There is no {what} '{path[:200]}'.", code="WF806", mend="List the folder above it.")


def _refused(path: str, error: OSError) -> UnavailableError | ConflictError:
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        return UnavailableError(f"'{path}' cannot be kept: {reason}.", code="WF809", mend="Make room on the disk.")
    return ConflictError(f"'{path}' cannot be used: {reason}.", code="WF809", mend="Check its rights, and its name.")
