"""Backups: the database, the blobs and the kept keys in one sealed file, and back again.

``workflow db backup`` and ``restore`` call it, in a thread. A backup is of one moment of the database; blobs are named
by their content and never change, so copying them first misses at most what the dump does not know.
"""

from __future__ import annotations

import io
import os
import re
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import msgspec

from workflow_kernel import __version__
from workflow_kernel.base.settings import Settings
from workflow_kernel.storage import dump, keys, migrations
from workflow_kernel.storage.blobs import FolderBlobs
from workflow_kernel.storage.sealed_file import (
    CHUNK,
    Head,
    SealedFileError,
    SealedReader,
    SealedWriter,
    key_from_master,
    key_from_passphrase,
    new_salt,
    read_head,
)

_PART = 4 << 20
_MANIFEST, _DATABASE, _BLOBS, _KEYS = "manifest.json", "database/", "blobs/", "keys/"
_BLOB_NAME = re.compile(r"[0-9a-f]{2}/([0-9a-f]{64})")
_KEY_NAME = re.compile(r"[a-z-]+\.key")


class Contents(msgspec.Struct, frozen=True):
    """What a backup holds.

    Parameters
    ----------
    revision: of the database. version: of the program. made_at: seconds since 1970.
    has_blobs, has_keys: whether they are in it.
    """

    revision: str
    version: str
    made_at: float
    has_blobs: bool
    has_keys: bool


def back_up(settings: Settings, url: str, target: Path, passphrase: str | None, *, blobs: bool = True) -> Contents:
    """Write a backup, whole or not at all.

    Parameters
    ----------
    settings: say where blobs and keys are. url: of the database. target: the file, which must not be there yet.
    passphrase: to read it with; with None the current master key is, and kept keys are left out.
    blobs: whether blobs go into it; those in a remote store never do.
    """
    if target.exists():
        raise SealedFileError(f"There is a file {target} already.", mend="Choose another name.")
    folder = _blob_folder(settings) if blobs else None
    contents = Contents(
        migrations.current(url), __version__, time.time(), folder is not None, passphrase is not None
    )  # fmt: skip
    head = Head("master" if passphrase is None else "passphrase", new_salt(), "", __version__, contents.made_at)
    if passphrase is None:
        head = msgspec.structs.replace(head, key_id=next(iter(keys.master_keys(settings))))
    with _whole(target) as file:
        writer = SealedWriter(file, head, _key(settings, head, passphrase))
        with tarfile.open(fileobj=writer, mode="w|", bufsize=CHUNK) as archive:
            _add(archive, _MANIFEST, msgspec.json.encode(contents))
            if contents.has_keys:
                _add_keys(archive, settings)
            if folder is not None:
                _add_blobs(archive, folder)
            with dump.dumped(url) as stream:
                _add_stream(archive, stream)
        writer.finish()
    return contents


def restore(settings: Settings, url: str, source: Path, passphrase: str | None, *, replace: bool = False) -> Contents:
    """Bring back a backup, into a database without tables; all of the database or, on an error, nothing of it.

    Parameters
    ----------
    settings: say where blobs and keys go. url: of the database. source: the file.
    passphrase: it was written with. replace: whether to drop first what is in the database.
    """
    contents = verify(settings, source, passphrase)
    if contents.revision not in migrations.revisions():
        raise SealedFileError(
            f"The backup has the revision '{contents.revision}' of the database, which this version does not know.",
            mend="Restore it with the version that made it, or a newer one.",
        )
    if not replace and not dump.is_empty(url):
        raise SealedFileError(
            "The database is not empty.", mend="Use a new database or data folder, or --replace to lose what is in it."
        )
    with ExitStack() as stack:
        if replace:
            stack.enter_context(dump.set_aside(url))
        stream = stack.enter_context(dump.restored(url))
        archive = stack.enter_context(_opened(settings, source, passphrase))
        for member, file in _members(archive):
            if member.startswith(_DATABASE):
                stream.write(file.read())
            elif member.startswith(_BLOBS):
                _restore_blob(settings, member.removeprefix(_BLOBS), file)
            elif member.startswith(_KEYS):
                _restore_key(settings, member.removeprefix(_KEYS), file.read())
    return contents


def needs_passphrase(source: Path) -> bool:
    """Whether a backup is read with a passphrase, rather than a master key."""
    with source.open("rb") as file:
        return read_head(file).key == "passphrase"


def verify(settings: Settings, source: Path, passphrase: str | None) -> Contents:
    """Read a whole backup; tells what it holds. Raises ``SealedFileError`` for one that is not whole."""
    contents = None
    with _opened(settings, source, passphrase) as archive:
        for member, file in _members(archive):
            if member == _MANIFEST:
                contents = msgspec.json.decode(file.read(), type=Contents)
            while file.read(CHUNK):
                pass
    if contents is None:
        raise SealedFileError("The backup says nothing of what it holds.")
    return contents


@contextmanager
def _opened(settings: Settings, source: Path, passphrase: str | None) -> Iterator[tarfile.TarFile]:
    with source.open("rb") as file:
        head = read_head(file)
        reader = SealedReader(file, head, _key(settings, head, passphrase))
        buffered = io.BufferedReader(reader, CHUNK)
        with tarfile.open(fileobj=buffered, mode="r|", bufsize=CHUNK) as archive:
            yield archive
        while buffered.read(CHUNK):  # What follows the archive's end must be right too.
            pass


def _key(settings: Settings, head: Head, passphrase: str | None) -> bytes:
    if head.key == "passphrase":
        if passphrase is None:
            raise SealedFileError("The backup needs its passphrase.", mend="Give it with --passphrase-file.")
        return key_from_passphrase(passphrase, head)
    master = keys.master_keys(settings).get(head.key_id)
    if master is None:
        raise SealedFileError(
            f"The backup needs the master key '{head.key_id}', which is not among those of this service.",
            mend="Set it as WORKFLOW_MASTER_KEY, or add it to WORKFLOW_MASTER_KEYS_OLD.",
        )
    return key_from_master(master, head)


@contextmanager
def _whole(target: Path) -> Iterator[IO[bytes]]:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).rename(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for member in archive:
        file = archive.extractfile(member)
        if file is not None:
            yield member.name, file


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def _add_stream(archive: tarfile.TarFile, stream: IO[bytes]) -> None:
    """A stream of unknown length, in parts."""
    number = 0
    while part := stream.read(_PART):
        _add(archive, f"{_DATABASE}{number:08}", part)
        number += 1


def _add_blobs(archive: tarfile.TarFile, folder: Path) -> None:
    for path in (path for part in sorted(folder.glob("??")) for path in part.iterdir()):
        name = f"{path.parent.name}/{path.name}"
        if not _BLOB_NAME.fullmatch(name):
            continue
        try:
            with path.open("rb") as file:
                member = tarfile.TarInfo(_BLOBS + name)
                member.size = os.fstat(file.fileno()).st_size
                archive.addfile(member, file)
        except FileNotFoundError:
            continue  # Pruned in the meantime, and with it what needed it.


def _add_keys(archive: tarfile.TarFile, settings: Settings) -> None:
    for path in sorted((settings.data_folder / keys.FOLDER).glob("*.key")):
        _add(archive, _KEYS + path.name, path.read_bytes())


def _restore_blob(settings: Settings, name: str, file: IO[bytes]) -> None:
    found = _BLOB_NAME.fullmatch(name)
    folder = _blob_folder(settings)
    if found is None or folder is None:
        return
    digest, _ = FolderBlobs(folder).put_stream(iter(lambda: file.read(CHUNK), b""))
    if digest != found[1]:
        raise SealedFileError(f"The blob {found[1][:12]} of the backup is not what its name says.")


def _restore_key(settings: Settings, name: str, data: bytes) -> None:
    if _KEY_NAME.fullmatch(name):
        keys.add_kept(settings, name, data)


def _blob_folder(settings: Settings) -> Path | None:
    """The folder of blobs; None where they are in a remote store."""
    if settings.blob_url is None:
        return settings.data_folder / "blobs"
    return None if ":" in settings.blob_url else Path(settings.blob_url)
