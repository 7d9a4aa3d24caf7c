"""Turns n8n's nodes that read and write files on disk into ours."""

from __future__ import annotations

from typing import Any

from workflow_kernel.sdk import Imported, ImportedNode

_NAMES = {"fileName": "file_name", "fileExtension": "file_extension", "mimeType": "mime_type"}


def from_read_write_file(source: ImportedNode) -> Imported:
    """n8n's Read/Write Files from Disk: reading stays, writing becomes ``files.write_file``."""
    options: dict[str, Any] = source.get("options", default={})
    if source.get("operation", default="read") == "write":
        return _write(source, options)
    parameters: dict[str, Any] = {
        "path": _pattern(source.get("fileSelector", default="")), "file": options.get("dataPropertyName") or "data",
    }  # fmt: skip
    parameters |= {ours: options[theirs] for theirs, ours in _NAMES.items() if options.get(theirs)}
    return Imported(parameters)


def from_read_binary_file(source: ImportedNode) -> Imported:
    """n8n's Read Binary File: one file for each item, whose fields stay."""
    return Imported(
        {
            "path": source.get("filePath", default=""), "file": source.get("dataPropertyName", default="data"),
            "facts": False, "keep": True,
        }
    )  # fmt: skip


def from_read_binary_files(source: ImportedNode) -> Imported:
    """n8n's Read Binary Files: every file a pattern matches, read once."""
    parameters = {
        "path": _pattern(source.get("fileSelector", default="")),
        "file": source.get("dataPropertyName", default="data"), "facts": False,
    }  # fmt: skip
    return Imported(parameters, settings={"execute_once": True})


def from_write_binary_file(source: ImportedNode) -> Imported:
    """n8n's Write Binary File."""
    return _write(source, source.get("options", default={}))


def _write(source: ImportedNode, options: dict[str, Any]) -> Imported:
    parameters = {
        "path": source.get("fileName", default=""), "file": source.get("dataPropertyName", default="data"),
        "append": options.get("append", False), "name_field": "fileName",
    }  # fmt: skip
    return Imported(parameters, type="files.write_file")


def _pattern(text: str) -> str:
    """A pattern with the forward slashes ours have."""
    return text.replace("\\", "/") if not text.startswith("=") else text
