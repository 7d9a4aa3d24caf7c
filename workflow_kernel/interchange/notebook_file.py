"""Reads and writes ``.ipynb`` files: texts as one, as code wants them, and as lines, as files have them."""

from __future__ import annotations

import copy
import importlib
import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workflow_kernel.base.errors import WorkflowError

SUFFIX = ".ipynb"
MOST_BYTES = 200 << 20


def read(source: str | bytes | Path) -> dict[str, Any]:
    """A notebook of format 4, with texts as one. Older formats are brought up where nbformat is installed."""
    name = source.name if isinstance(source, Path) else "The notebook"
    try:
        text = source.read_bytes() if isinstance(source, Path) else source
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WorkflowError(f"{name} is no notebook: {error}.", code="WF803", mend="Correct the file.") from None
    except OSError as error:
        raise WorkflowError(
            f"{name} cannot be read: {error.strerror}.", code="WF803", mend="Check the path and that you may read it."
        ) from None
    return normal(document, name)


def normal(document: Any, name: str = "The notebook") -> dict[str, Any]:
    """A notebook with texts as one."""
    if isinstance(document, dict) and isinstance(document.get("worksheets"), list):
        document = _upgraded(document, name)
    is_whole = isinstance(document, dict) and isinstance(document.get("cells"), list)
    if not is_whole or not all(isinstance(cell, dict) and _is_cell(cell) for cell in document["cells"]):
        raise WorkflowError(
            f"{name} is no notebook: it has no cells, or one without a type or source.",
            code="WF803",
            mend="Correct the file.",
        )
    return _each_text(copy.deepcopy(document), _joined)


def _is_cell(cell: dict[str, Any]) -> bool:
    return isinstance(cell.get("cell_type"), str) and isinstance(cell.get("source"), str | list)


def _upgraded(document: dict[str, Any], name: str) -> Any:
    try:
        nbformat: Any = importlib.import_module("nbformat")  # only for notebooks of before 2015
    except ImportError:
        raise WorkflowError(
            f"{name} is of an old format.", code="WF803", mend="Install nbformat, or save it with a newer Jupyter."
        ) from None
    try:
        return json.loads(nbformat.writes(nbformat.reads(json.dumps(document), as_version=4)))
    except Exception as error:  # nbformat's own, and whatever it stumbles over
        raise WorkflowError(f"{name} is no notebook: {error}.", code="WF803", mend="Correct the file.") from None


def text(document: dict[str, Any]) -> str:
    """The text of the file, as Jupyter writes it."""
    lines = _each_text(copy.deepcopy(document), lambda value: value.splitlines(keepends=True))
    return json.dumps(lines, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def save(document: dict[str, Any], path: Path) -> None:
    """Write a notebook, whole or not at all."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text(document))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise WorkflowError(
            f"'{path}' cannot be written: {error.strerror or error}.", code="WF148", mend="Check the folder."
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _joined(value: str) -> str:
    return value


def _each_text(document: dict[str, Any], change: Callable[[str], Any]) -> dict[str, Any]:
    """Change the texts that files have as lines, in place."""
    for cell in document["cells"]:
        _change(cell, "source", change)
        for attachment in (cell.get("attachments") or {}).values():
            _bundle(attachment, change)
        for output in cell.get("outputs") or ():
            _change(output, "text", change)
            _bundle(output.get("data") or {}, change)
    return document


def _bundle(data: dict[str, Any], change: Callable[[str], Any]) -> None:
    for kind in data:
        if kind.startswith("text/") or kind in ("application/javascript", "image/svg+xml"):
            _change(data, kind, change)
        elif isinstance(data[kind], list) and not kind.endswith("json"):
            _change(data, kind, _joined)


def _change(holder: dict[str, Any], key: str, change: Callable[[str], Any]) -> None:
    value = holder.get(key)
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    if isinstance(value, str):
        holder[key] = change(value)
