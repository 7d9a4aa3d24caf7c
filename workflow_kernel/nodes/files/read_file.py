"""Read files: from the disk into attachments."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workflow_kernel.nodes import _attachments as attachments
from workflow_kernel.nodes.files import _n8n_files
from workflow_kernel.sdk import Context, Field, Item, NodeError, NodeType, node

_MAGIC = ("*", "?", "[", "{")
_PIECE = 1 << 20
_MOST_BRACES = 8


@node(
    "files.read_file",
    title="Read files",
    imports={
        "n8n-nodes-base.readWriteFile": _n8n_files.from_read_write_file,
        "n8n-nodes-base.readBinaryFile": _n8n_files.from_read_binary_file,
        "n8n-nodes-base.readBinaryFiles": _n8n_files.from_read_binary_files,
    },
    where="thread",
    pure=False,
    icon="folder-open",
    keywords=("disk", "open", "load", "glob", "folder"),
)
class ReadFile(NodeType):
    """Reads files from disk; every file becomes an item with an attachment."""

    path: str = Field(description="File to read, or a pattern such as data/**/*.csv.", widget="file")
    file: str = Field("data", section="Options", description="Name of the attachment.")
    file_name: str = Field("", section="Options", description="Name to give the file instead of its own.")
    file_extension: str = Field("", section="Options", description="Extension to give it instead of its own.")
    mime_type: str = Field("", section="Options", description="Media type to give it instead of the one found.")
    facts: bool = Field(True, section="Options", description="Tell name, type and size in the item's fields.")
    keep: bool = Field(False, section="Options", description="Keep the fields and attachments of the item.")
    allow_none: bool = Field(True, section="Options", description="A pattern may match no file.")

    def run(self, item: Item, ctx: Context) -> list[Item]:
        """Read the files one item asks for."""
        return [self._item(path, item, ctx) for path in self._paths(ctx)]

    def _item(self, path: Path, item: Item, ctx: Context) -> Item:
        try:
            with path.open("rb") as stream:
                binary = attachments.attach_stream(
                    ctx, iter(lambda: stream.read(_PIECE), b""), name=self.file_name or path.name,
                    mime_type=self.mime_type or attachments.type_by_name(path.name),
                )  # fmt: skip
        except OSError as error:
            raise NodeError(
                f"The file '{path}' cannot be read: {error.strerror or error}", mend="Check the path and its rights."
            ) from error
        if self.file_extension:
            binary = type(binary)(
                binary.blob, binary.mime_type, binary.file_name, self.file_extension.lstrip("."), binary.size
            )
        json: dict[str, Any] = dict(item.json) if self.keep else {}
        if self.facts:
            json |= {
                "mimeType": binary.mime_type, "fileType": attachments.kind_of(binary.mime_type) or None,
                "fileName": binary.file_name, "fileExtension": binary.file_extension,
                "fileSize": pretty_size(binary.size), "directory": str(path.parent),
            }  # fmt: skip
            json = {name: value for name, value in json.items() if value is not None or name in item.json}
        return Item(json, {**((item.binary or {}) if self.keep else {}), self.file: binary})

    def _paths(self, ctx: Context) -> Iterator[Path]:
        exact = ctx.path(self.path)
        if exact.is_file():
            yield exact
            return
        if not any(sign in self.path for sign in _MAGIC):
            raise NodeError(
                f"The file '{self.path}' does not exist.",
                mend="Paths begin at the workflow's folder unless they are absolute.",
            )
        found = False
        for pattern in _expanded(self.path):
            base, rest = _split(pattern)
            root = ctx.path(base or ".")
            for name in sorted(glob.glob(rest, root_dir=root, recursive=True)):  # noqa: PTH207 - ours has root_dir
                path = ctx.path(str(root / name))
                if path.is_file():
                    found = True
                    yield path
        if not found and not self.allow_none:
            raise NodeError(f"No file matches '{self.path}'.")


def pretty_size(size: int) -> str:
    """A size as people read it: ``2.1 kB``, three digits that count."""
    if size < 1000:
        return f"{size} B"
    number, units = float(size), ["kB", "MB", "GB", "TB", "PB"]
    unit = "B"
    while number >= 999.5 and units:
        number, unit = number / 1000, units.pop(0)
    return f"{float(f'{number:.3g}'):g} {unit}"


def _split(pattern: str) -> tuple[str, str]:
    """The folder before the first part with a wildcard, and the rest."""
    parts = pattern.split("/")
    at = next(number for number, part in enumerate(parts) if any(sign in part for sign in _MAGIC))
    base = "/".join(parts[:at])
    return (base or "/" if pattern.startswith("/") else base), "/".join(parts[at:])


def _expanded(pattern: str) -> list[str]:
    """The patterns ``a.{csv,json}`` stands for; Python's glob has no braces."""
    if pattern.count("{") > _MOST_BRACES:
        raise NodeError(
            f"The pattern has more than {_MOST_BRACES} braces, which stand for too many paths.",
            mend="Use a wildcard such as *.",
        )
    start = pattern.find("{")
    end = pattern.find("}", start)
    if start < 0 or end < 0:
        return [pattern]
    head, tail = pattern[:start], pattern[end + 1 :]
    return [whole for choice in pattern[start + 1 : end].split(",") for whole in _expanded(head + choice + tail)]
