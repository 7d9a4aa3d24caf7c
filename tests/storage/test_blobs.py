"""Blob stores: one suite for every implementation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.contracts import Blobs
from workflow_kernel.storage.blobs import FolderBlobs, MemoryBlobs, UrlBlobs, open_blobs

MAKE: dict[str, Callable[[Path], Blobs]] = {
    "memory": lambda folder: MemoryBlobs(),
    "folder": lambda folder: FolderBlobs(folder / "blobs"),
    "url": lambda folder: UrlBlobs(f"file://{folder}/remote"),
    "fsspec": lambda folder: UrlBlobs(f"memory://{folder.name}"),
}


@pytest.fixture(params=MAKE)
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return MAKE[request.param](tmp_path)


def test_bytes_are_found_by_their_sha256(blobs: Blobs) -> None:
    digest = blobs.put(b"hello")
    assert digest == hashlib.sha256(b"hello").hexdigest()
    assert blobs.get(digest) == b"hello"
    assert digest in blobs
    assert blobs.put(b"hello") == digest


def test_nothing_is_found_under_another_name(blobs: Blobs) -> None:
    missing = hashlib.sha256(b"never kept").hexdigest()
    assert missing not in blobs
    assert 3 not in blobs
    for read in (blobs.get, blobs.open):
        with pytest.raises(WorkflowError) as raised:
            read(missing)
        assert raised.value.code == "WF401"


def test_a_stream_is_kept_piece_by_piece(blobs: Blobs) -> None:
    pieces = [b"a" * 1000, b"", b"b" * 2000]
    digest, size = blobs.put_stream(iter(pieces))
    assert (digest, size) == (hashlib.sha256(b"".join(pieces)).hexdigest(), 3000)
    assert list(blobs.read_chunks(digest, 1024)) == [b"a" * 1000 + b"b" * 24, b"b" * 1024, b"b" * 952]
    with blobs.open(digest) as file:
        file.seek(999)
        assert file.read(2) == b"ab"


def test_empty_bytes_are_bytes(blobs: Blobs) -> None:
    assert blobs.get(blobs.put(b"")) == b""


def test_a_stream_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"first"
        raise ConnectionResetError

    blobs = FolderBlobs(tmp_path / "blobs")
    with pytest.raises(ConnectionResetError):
        blobs.put_stream(broken())
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


def test_a_setting_names_the_store(tmp_path: Path) -> None:
    assert isinstance(open_blobs("memory:"), MemoryBlobs)
    assert isinstance(open_blobs(str(tmp_path)), FolderBlobs)
    assert isinstance(open_blobs("memory://somewhere"), UrlBlobs)
