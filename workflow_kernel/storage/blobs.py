"""Blob stores: bytes kept under their sha256, in memory or in any folder fsspec can reach (local, S3 ...)."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC
from pathlib import Path
from typing import IO, Any

from workflow_kernel.base.errors import WorkflowError

FRESH = 3600.0
"""Seconds for which a remote blob counts as lately put; unused blobs must be let live much longer."""


class BlobMissingError(WorkflowError):
    """No bytes are kept under this sha256."""

    code = "WF401"

    def __init__(self, digest: str) -> None:
        super().__init__(f"No data is kept under {digest[:12]}.", mend="Run the node that made it again.")


class FolderBlobs:
    """Blobs in a local folder, two levels deep, written whole or not at all.

    Parameters
    ----------
    folder: made when the first blob is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, data: bytes) -> str:
        """See the contract."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        try:
            os.utime(path)  # whoever takes unused blobs away must see that this one is wanted again
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{uuid.uuid4().hex[:8]}")
            part.write_bytes(data)
            part.replace(path)
        return digest

    def put_stream(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """See the contract."""
        self._folder.mkdir(parents=True, exist_ok=True)
        hasher, size = hashlib.sha256(), 0
        descriptor, name = tempfile.mkstemp(dir=self._folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in chunks:
                    hasher.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
            path = self._path(hasher.hexdigest())
            path.parent.mkdir(parents=True, exist_ok=True)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return hasher.hexdigest(), size

    def get(self, digest: str) -> bytes:
        """See the contract."""
        try:
            return self._path(digest).read_bytes()
        except FileNotFoundError:
            raise BlobMissingError(digest) from None

    def open(self, digest: str) -> IO[bytes]:
        """See the contract."""
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError:
            raise BlobMissingError(digest) from None

    def read_chunks(self, digest: str, size: int = 1 << 20) -> Iterator[bytes]:
        """See the contract."""
        with self.open(digest) as file:
            while chunk := file.read(size):
                yield chunk

    def __contains__(self, digest: object) -> bool:
        return isinstance(digest, str) and self._path(digest).exists()

    def old(self, before: float) -> Iterator[str]:
        """Digests of blobs nobody has put since a moment, in seconds since the epoch."""
        if not self._folder.is_dir():
            return
        for part in sorted(self._folder.iterdir()):
            for path in part.iterdir() if part.is_dir() else ():
                with contextlib.suppress(FileNotFoundError):
                    if is_digest(path.name) and path.stat().st_mtime < before:
                        yield path.name

    def discard(self, digest: str, before: float) -> bool:
        """Take a blob away, unless somebody has put it since; tells whether it is gone."""
        path = self._path(digest)
        aside = path.with_suffix(f".{uuid.uuid4().hex[:8]}")
        try:
            if path.stat().st_mtime >= before:
                return False
            path.replace(aside)  # from here on whoever puts it writes it anew
            if aside.stat().st_mtime < before:
                aside.unlink()
                return True
            aside.replace(path)
        except FileNotFoundError:
            return False
        return False

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


class MemoryBlobs:
    """Blobs in memory, for short runs and tests."""

    def __init__(self) -> None:
        self._data: dict[str, bytes] = {}
        self._put_at: dict[str, float] = {}

    def put(self, data: bytes) -> str:
        """See the contract."""
        digest = hashlib.sha256(data).hexdigest()
        self._data[digest] = data
        self._put_at[digest] = time.time()
        return digest

    def put_stream(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """See the contract."""
        data = b"".join(chunks)
        return self.put(data), len(data)

    def get(self, digest: str) -> bytes:
        """See the contract."""
        try:
            return self._data[digest]
        except KeyError:
            raise BlobMissingError(digest) from None

    def open(self, digest: str) -> IO[bytes]:
        """See the contract."""
        return io.BytesIO(self.get(digest))

    def read_chunks(self, digest: str, size: int = 1 << 20) -> Iterator[bytes]:
        """See the contract."""
        data = self.get(digest)
        for start in range(0, len(data), size):
            yield data[start : start + size]

    def __contains__(self, digest: object) -> bool:
        return digest in self._data

    def old(self, before: float) -> Iterator[str]:
        """See ``FolderBlobs.old``."""
        yield from [digest for digest, at in self._put_at.items() if at < before]

    def discard(self, digest: str, before: float) -> bool:
        """See ``FolderBlobs.discard``."""
        if self._put_at.get(digest, before) >= before:
            return False
        del self._put_at[digest], self._data[digest]
        return True


class UrlBlobs:
    """Blobs below a URL that fsspec understands, e.g. ``s3://bucket/blobs``.

    Parameters
    ----------
    url: the folder. options: passed to the file system, e.g. an endpoint.
    """

    def __init__(self, url: str, **options: Any) -> None:
        import fsspec  # noqa: PLC0415 - only where blobs are remote

        self._files, self._root = fsspec.core.url_to_fs(url, **options)

    def put(self, data: bytes) -> str:
        """See the contract."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        if not self._is_fresh(path):
            self._files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            self._files.pipe_file(path, data)
        return digest

    def put_stream(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """See the contract."""
        with tempfile.SpooledTemporaryFile(max_size=1 << 24) as file:
            hasher, size = hashlib.sha256(), 0
            for chunk in chunks:
                hasher.update(chunk)
                size += len(chunk)
                file.write(chunk)
            digest = hasher.hexdigest()
            file.seek(0)
            path = self._path(digest)
            self._files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            with self._files.open(path, "wb") as target:
                while chunk := file.read(1 << 20):
                    target.write(chunk)
        return digest, size

    def get(self, digest: str) -> bytes:
        """See the contract."""
        try:
            data: bytes = self._files.cat_file(self._path(digest))
        except FileNotFoundError:
            raise BlobMissingError(digest) from None
        return data

    def open(self, digest: str) -> IO[bytes]:
        """See the contract."""
        try:
            file: IO[bytes] = self._files.open(self._path(digest), "rb")
        except FileNotFoundError:
            raise BlobMissingError(digest) from None
        return file

    def read_chunks(self, digest: str, size: int = 1 << 20) -> Iterator[bytes]:
        """See the contract."""
        with self.open(digest) as file:
            while chunk := file.read(size):
                yield chunk

    def __contains__(self, digest: object) -> bool:
        return isinstance(digest, str) and bool(self._files.exists(self._path(digest)))

    def old(self, before: float) -> Iterator[str]:
        """See ``FolderBlobs.old``."""
        try:
            found = self._files.find(self._root, detail=True)
        except FileNotFoundError:
            return
        for path in found:
            digest = path.rsplit("/", 1)[-1]
            if is_digest(digest) and self._put_at(path) < before:
                yield digest

    def discard(self, digest: str, before: float) -> bool:
        """See ``FolderBlobs.discard``. Between the look and the removal there is a moment no remote store closes."""
        path = self._path(digest)
        try:
            if self._put_at(path) >= before:
                return False
            self._files.rm_file(path)
        except FileNotFoundError:
            return False
        return True

    def _is_fresh(self, path: str) -> bool:
        """Whether a blob is there and was put so lately that it need not be put again to be seen as wanted."""
        try:
            return self._put_at(path) > time.time() - FRESH
        except FileNotFoundError:
            return False

    def _put_at(self, path: str) -> float:
        moment = self._files.modified(path)
        return float(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())

    def _path(self, digest: str) -> str:
        return f"{self._root}/{digest[:2]}/{digest}"


def is_digest(name: str) -> bool:
    """Whether a name is that of a blob."""
    return re.fullmatch(r"[0-9a-f]{64}", name) is not None


def open_blobs(url: str) -> FolderBlobs | MemoryBlobs | UrlBlobs:
    """The blob store a setting names: ``memory:``, a local folder, or any URL fsspec understands."""
    if url == "memory:":
        return MemoryBlobs()
    if "://" in url:
        return UrlBlobs(url)
    return FolderBlobs(Path(url))
