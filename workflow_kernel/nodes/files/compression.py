"""Compression: packs attachments into zip or gzip files and unpacks them."""

from __future__ import annotations

import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, Any, Literal

from workflow_kernel.nodes import _attachments as attachments
from workflow_kernel.sdk import Binary, Context, Field, Imported, ImportedNode, Item, NodeError, NodeType, node

_PIECE = 1 << 20
_SPOOL = 1 << 25


def _from_n8n(source: ImportedNode) -> Imported:
    operation = source.get("operation", default="decompress")
    parameters: dict[str, Any] = {
        "operation": operation, "files": source.get("binaryPropertyName", default="data"),
    }  # fmt: skip
    if operation == "decompress":
        return Imported(parameters | {"output": source.get("outputPrefix", default="file_")})
    format_ = source.get("outputFormat", default="zip")
    parameters |= {"format": format_, "file_name": source.get("fileName", default="")}
    if format_ == "gzip" and source.version < 1.1:
        parameters |= {"output": source.get("outputPrefix", default="data"), "number_outputs": True}
    else:
        parameters["output"] = source.get("binaryPropertyOutput", default="data")
    return Imported(parameters)


@node(
    "files.compression",
    imports={"n8n-nodes-base.compression": _from_n8n},
    where="thread",
    icon="file-archive",
    keywords=("zip", "gzip", "unzip", "compress", "extract", "archive"),
)
class Compression(NodeType):
    """Packs attachments into a zip or gzip file, or unpacks them."""

    operation: Literal["compress", "decompress"] = Field("decompress", description="What to do.")
    files: str = Field("data", description="Names of the attachments, with commas between them.")
    format: Literal["zip", "gzip"] = Field(
        "zip", description="Kind of file; gzip makes one for each attachment.", show={"operation": "compress"}
    )
    file_name: str = Field("", description="Name of the file; empty makes one.", show={"operation": "compress"})
    output: str = Field("data", description="Name of the resulting attachment; several are numbered.")
    number_outputs: bool = Field(
        False, section="Options", description="Number the attachment even where there is one.",
        show={"operation": "compress"},
    )  # fmt: skip
    max_size: int = Field(
        1024, ge=1, section="Options", description="Megabytes the unpacked files may have together.",
        show={"operation": "decompress"},
    )  # fmt: skip
    max_files: int = Field(
        10_000, ge=1, section="Options", description="Files an archive may hold.", show={"operation": "decompress"}
    )

    def run(self, item: Item, ctx: Context) -> Item:
        """Pack or unpack the attachments of one item; its other attachments go."""
        names = [name.strip() for name in self.files.split(",") if name.strip()]
        if not names:
            raise NodeError("No attachment is named.", mend="Set 'files'.")
        binaries = [attachments.attachment(item, name) for name in names]
        try:
            if self.operation == "decompress":
                made = {f"{self.output}{at}": binary for at, binary in enumerate(self._unpacked(binaries, ctx))}
                return Item(item.json, made)
            return Item(item.json, self._packed(binaries, ctx))
        except (zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile, NotImplementedError) as error:
            raise NodeError(f"The archive cannot be read: {error}", mend="Check that the file is whole.") from error

    def _packed(self, binaries: list[Binary], ctx: Context) -> dict[str, Binary]:
        if self.format == "zip":
            packed = self._zip(binaries, ctx)
            return {f"{self.output}0" if self.number_outputs else self.output: packed}
        numbered = self.number_outputs or len(binaries) > 1
        return {
            f"{self.output}{at}" if numbered else self.output: self._gzip(binary, ctx)
            for at, binary in enumerate(binaries)
        }

    def _zip(self, binaries: list[Binary], ctx: Context) -> Binary:
        used: set[str] = set()
        with tempfile.SpooledTemporaryFile(_SPOOL) as target:
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
                for at, binary in enumerate(binaries):
                    name = _unused(binary.file_name or f"file_{at}", used)
                    with archive.open(name, "w", force_zip64=True) as entry:
                        for chunk in ctx.blobs.read_chunks(binary.blob):
                            entry.write(chunk)
            target.seek(0)
            name = self.file_name or "data.zip"
            return attachments.attach_stream(ctx, _pieces(target), name=name, mime_type="application/zip")

    def _gzip(self, binary: Binary, ctx: Context) -> Binary:
        with tempfile.SpooledTemporaryFile(_SPOOL) as target:
            with gzip.GzipFile(fileobj=target, mode="wb", filename="", mtime=0) as packed:
                for chunk in ctx.blobs.read_chunks(binary.blob):
                    packed.write(chunk)
            target.seek(0)
            name = self.file_name or f"{binary.file_name or 'data'}.gz"
            return attachments.attach_stream(ctx, _pieces(target), name=name, mime_type="application/gzip")

    def _unpacked(self, binaries: list[Binary], ctx: Context) -> Iterator[Binary]:
        limit = _Limit(self.max_size * 1_000_000, self.max_files)
        for binary in binaries:
            with ctx.blobs.open(binary.blob) as stream:
                head = stream.read(4)
                stream.seek(0)
                if head.startswith(b"PK"):
                    yield from self._unzipped(stream, limit, ctx)
                elif head.startswith(b"\x1f\x8b"):
                    limit.file()
                    chunks = limit.passed(_pieces(gzip.GzipFile(fileobj=stream)))
                    yield attachments.attach_stream(ctx, chunks, name=_without_gz(binary.file_name))
                else:
                    name = binary.file_name or "The attachment"
                    raise NodeError(f"'{name}' is neither a zip nor a gzip file.", mend="Choose another attachment.")

    def _unzipped(self, stream: IO[bytes], limit: _Limit, ctx: Context) -> Iterator[Binary]:
        with zipfile.ZipFile(stream) as archive:
            for info in archive.infolist():
                if info.is_dir() or info.filename.startswith("__MACOSX/"):
                    continue
                if info.flag_bits & 1:
                    raise NodeError(
                        f"'{info.filename}' in the archive is encrypted.", mend="Unpack it elsewhere first."
                    )
                limit.file()
                with archive.open(info) as entry:
                    name = PurePosixPath(info.filename.replace("\\", "/")).name
                    yield attachments.attach_stream(ctx, limit.passed(_pieces(entry)), name=name)


class _Limit:
    """Counts what comes out of archives, so that a small file cannot fill the disk."""

    def __init__(self, size: int, files: int) -> None:
        self._size, self._files = size, files
        self._left, self._files_left = size, files

    def file(self) -> None:
        """Count a file; raises when there are too many."""
        self._files_left -= 1
        if self._files_left < 0:
            raise NodeError(
                f"The archive holds more than {self._files} files.", mend="Raise 'max_files' if that is right."
            )

    def passed(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks, counted; raises when they are too many bytes."""
        for chunk in chunks:
            self._left -= len(chunk)
            if self._left < 0:
                raise NodeError(
                    f"The archive unpacks to more than {self._size // 1_000_000} megabytes.",
                    mend="Raise 'max_size' if that is right.",
                )
            yield chunk


def _pieces(stream: Any) -> Iterator[bytes]:
    while chunk := stream.read(_PIECE):
        yield chunk


def _unused(name: str, used: set[str]) -> str:
    path, count, found = PurePosixPath(name), 0, name
    while found in used:
        count += 1
        found = f"{path.stem}_{count}{path.suffix}"
    used.add(found)
    return found


def _without_gz(name: str | None) -> str | None:
    if not name:
        return None
    for ending in (".gz", ".gzip"):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return f"{name[:-4]}.tar" if name.lower().endswith(".tgz") else name
