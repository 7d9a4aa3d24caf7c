"""Blob stores: bytes kept under their sha256, in memory or in any folder fsspec can reach (local, S3 ...)."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from workflow_kernel.base.errors import WorkflowError


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
        if not path.exists():
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

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


class MemoryBlobs:
    """Blobs in memory, for short runs and tests."""

    def __init__(self) -> None:
        self._data: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        """See the contract."""
        digest = hashlib.sha256(data).hexdigest()
        self._data[digest] = data
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
        if not self._files.exists(path):
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

    def _path(self, digest: str) -> str:
        return f"{self._root}/{digest[:2]}/{digest}"


def open_blobs(url: str) -> FolderBlobs | MemoryBlobs | UrlBlobs:
    """The blob store a setting names: ``memory:``, a local folder, or any URL fsspec understands."""
    if url == "memory:":
        return MemoryBlobs()
    if "://" in url:
        return UrlBlobs(url)
    return FolderBlobs(Path(url))
