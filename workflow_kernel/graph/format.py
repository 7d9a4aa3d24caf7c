"""The ``.flow`` file: reading and writing workflows as JSON that diffs well.

``read`` gives a :class:`~workflow_kernel.graph.model.Workflow` or every problem of the file at once, each with its
place; ``write`` leaves out what is as by default and keeps one node per block; ``save`` never leaves a half-written
file. Whether node types, ports and parameters exist is not looked at here (see ``validate``).
"""

from __future__ import annotations

import contextlib
import os
import stat
import uuid
from pathlib import Path
from typing import Any

import pydantic

from workflow_kernel.base.errors import InvalidWorkflowError, Problem, WorkflowError
from workflow_kernel.graph import json_text, migrate
from workflow_kernel.graph.explain import explain
from workflow_kernel.graph.layout_text import layout
from workflow_kernel.graph.model import (
    CredentialUse,
    Edge,
    End,
    Group,
    Node,
    Note,
    Resources,
    Retry,
    Settings,
    Workflow,
)
from workflow_kernel.graph.plain import to_plain
from workflow_kernel.graph.shape import FORMAT, MAX_EDGES, MAX_NODES, FileShape, NodeShape

SUFFIX = ".flow"


def read(source: str | bytes | Path) -> Workflow:
    """Read a workflow.

    Parameters
    ----------
    source: the text of a file, its bytes, or the path of one. Older formats are migrated.

    Returns
    -------
    The workflow. Nothing is known yet of its node types; see ``validate``.

    Raises ``InvalidWorkflowError`` with every problem found, and nothing else.
    """
    name = source.name if isinstance(source, Path) else "The workflow"
    try:
        data = _load(source) if isinstance(source, Path) else source
        text = data if isinstance(data, str) else json_text.decode(data)
        document = json_text.parse(text)
        is_migrated = not _has_current_format(document)
        return from_document(migrate.to_current(document), "" if is_migrated else text)
    except InvalidWorkflowError as error:
        raise InvalidWorkflowError(error.problems, name) from None


def from_document(document: Any, text: str = "") -> Workflow:
    """The workflow of a JSON value of the current format.

    Parameters
    ----------
    document: as read from JSON.
    text: the JSON itself, for naming lines and columns.
    """
    _check_counts(document)
    try:
        shape = FileShape.model_validate(document)
    except pydantic.ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
        raise InvalidWorkflowError(explain(details, document, text)) from None
    return _from_shape(shape)


def write(workflow: Workflow) -> str:
    """The text of the file for a workflow. Reading it gives an equal workflow.

    Raises ``InvalidWorkflowError`` when a value cannot stand in a file, e.g. a date or NaN in a parameter.
    """
    document = to_document(workflow)
    from_document(document)
    return layout(document)


def to_document(workflow: Workflow) -> dict[str, Any]:
    """A workflow as a JSON value of the current format, with what differs from the defaults."""
    document = {"format": FORMAT, **to_plain(workflow)}
    problems = [
        Problem("WF147", f"{message}.", mend, field=".".join(str(part) for part in path))
        for path, message, mend in json_text.odd_values(document)
    ]
    if problems:
        raise InvalidWorkflowError(problems[: json_text.MAX_PROBLEMS], workflow.name)
    return document


def save(workflow: Workflow, path: Path) -> None:
    """Write a workflow to a file, whole or not at all.

    Parameters
    ----------
    workflow: what to write.
    path: the file; its folder must exist. A link is followed, an existing file keeps its mode.

    Raises ``InvalidWorkflowError`` as :func:`write` does, and ``WorkflowError`` WF148 when the file cannot be written;
    the file is then as before.
    """
    data = write(workflow).encode()
    target = path.resolve()
    draft = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        _write_through(draft, data, _mode_of(target))
        draft.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise WorkflowError(
            f"'{path}' cannot be written: {error.strerror or error}.",
            code="WF148",
            mend="Check that the folder exists, that you may write to it, and that the disk has room.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    return FileShape.model_json_schema()


def _load(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > json_text.MAX_BYTES:
            message = f"The file has {size:,} bytes; {json_text.MAX_BYTES:,} are allowed."
            raise InvalidWorkflowError(
                [Problem("WF131", message, "Move data out of the parameters and pins into files that a node reads.")]
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        message = f"'{path}' cannot be read: {reason}."
        mend = "Check the path and that you may read it."
        raise InvalidWorkflowError([Problem("WF130", message, mend)]) from None


def _has_current_format(document: Any) -> bool:
    return isinstance(document, dict) and document.get("format") == FORMAT


def _check_counts(document: Any) -> None:
    """Refuse a file of senseless size before its parts are looked at one by one."""
    if not isinstance(document, dict):
        return
    for field, limit in (("nodes", MAX_NODES), ("edges", MAX_EDGES)):
        part = document.get(field)
        if isinstance(part, dict | list) and len(part) > limit:
            message = f"The workflow has {len(part):,} {field}; {limit:,} are allowed."
            mend = "Split it into workflows that call each other."
            raise InvalidWorkflowError([Problem("WF144", message, mend, field=field)])


def _from_shape(shape: FileShape) -> Workflow:
    settings = shape.settings
    return Workflow(
        name=shape.name,
        nodes={node_id: _node(node_id, node) for node_id, node in shape.nodes.items()},
        edges=tuple(Edge(End(*edge.source), End(*edge.target)) for edge in shape.edges),
        settings=Settings(**_given(settings)),
        id=shape.id,
        description=shape.description,
        tags=tuple(shape.tags),
        notes={
            key: Note(key, note.text, _point(note.position), _point(note.size), note.color)
            for key, note in shape.notes.items()
        },
        groups={key: Group(key, group.title, tuple(group.nodes), group.color) for key, group in shape.groups.items()},
    )


def _node(node_id: str, shape: NodeShape) -> Node:
    given = _given(shape)
    if "position" in given:
        given["position"] = _point(shape.position)
    if "retry" in given:
        given["retry"] = Retry(**_given(shape.retry))
    if "resources" in given:
        wishes = _given(shape.resources)
        given["resources"] = Resources(**{**wishes, "packages": tuple(wishes.get("packages", ()))})
    if "credentials" in given:
        given["credentials"] = {slot: CredentialUse(use.id, use.name) for slot, use in shape.credentials.items()}
    return Node(id=node_id, **given)


def _given(shape: pydantic.BaseModel) -> dict[str, Any]:
    return {name: getattr(shape, name) for name in shape.model_fields_set}


def _point(value: list[float]) -> tuple[float, float]:
    return (value[0], value[1])


def _mode_of(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None


def _write_through(path: Path, data: bytes, mode: int | None) -> None:
    """Write a new file so that it has reached the disk when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        if mode is not None:
            os.fchmod(file.fileno(), mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
