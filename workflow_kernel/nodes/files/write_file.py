"""Write files: attachments to the disk."""

from __future__ import annotations

import uuid
from pathlib import Path

from workflow_kernel.nodes import _attachments as attachments
from workflow_kernel.nodes.files import _n8n_files
from workflow_kernel.sdk import Binary, Context, Field, Item, NodeError, NodeType, node


@node(
    "files.write_file",
    title="Write file",
    imports={"n8n-nodes-base.writeBinaryFile": _n8n_files.from_write_binary_file},
    where="thread",
    pure=False,
    icon="save",
    keywords=("disk", "save", "export", "append"),
)
class WriteFile(NodeType):
    """Writes an attachment of each item to a file on disk."""

    path: str = Field(description="File to write.", widget="file")
    file: str = Field("data", description="Name of the attachment.")
    append: bool = Field(False, section="Options", description="Write behind what the file holds.")
    make_folders: bool = Field(False, section="Options", description="Make folders that are missing.")
    name_field: str = Field("fileName", section="Options", description="Field that gets the path; empty for none.")

    def run(self, item: Item, ctx: Context) -> Item:
        """Write one attachment; the item goes on with the path."""
        binary = attachments.attachment(item, self.file)
        path = ctx.path(self.path)
        try:
            if self.make_folders:
                path.parent.mkdir(parents=True, exist_ok=True)
            if self.append:
                with path.open("ab") as stream:
                    for chunk in ctx.blobs.read_chunks(binary.blob):
                        stream.write(chunk)
            else:
                _replace(path, binary, ctx)
        except OSError as error:
            raise NodeError(
                f"The file '{self.path}' cannot be written: {error.strerror or error}",
                mend="Check that the folder exists and may be written to.",
            ) from error
        return item.with_json({**item.json, self.name_field: self.path}) if self.name_field else item


def _replace(path: Path, binary: Binary, ctx: Context) -> None:
    """Write whole or not at all: beside the file first, then in its place. Devices and pipes are written directly."""
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            for chunk in ctx.blobs.read_chunks(binary.blob):
                stream.write(chunk)
        return
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with part.open("xb") as stream:
            for chunk in ctx.blobs.read_chunks(binary.blob):
                stream.write(chunk)
        if path.exists():
            part.chmod(path.stat().st_mode)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
