"""Structs of a workflow as JSON values: what differs from the defaults, in the order of the fields.

Used for writing files and for comparing workflows. Reading back belongs to ``format``.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import msgspec

from workflow_kernel.base.errors import InvalidWorkflowError, Problem
from workflow_kernel.graph.model import Edge, Node, Workflow

_EXACT = ("parameters", "pin")
_LARGEST_WHOLE = 2**53
"""From here on a float no longer tells neighbouring whole numbers apart."""


def to_plain(workflow: Workflow) -> dict[str, Any]:
    """A workflow as it stands in a file, but for the format's name."""
    document: dict[str, Any] = {"name": workflow.name}
    for name in ("id", "description"):
        if getattr(workflow, name):
            document[name] = getattr(workflow, name)
    if workflow.tags:
        document["tags"] = list(workflow.tags)
    settings = fields(workflow.settings)
    if settings:
        document["settings"] = settings
    document["nodes"] = {node.id: node_to_plain(node) for node in workflow.nodes.values()}
    document["edges"] = [edge_to_plain(edge) for edge in workflow.edges]
    for name in ("notes", "groups"):
        parts: Mapping[str, msgspec.Struct] = getattr(workflow, name)
        if parts:
            document[name] = {key: fields(part, skip=("id",)) for key, part in parts.items()}
    return document


def node_to_plain(node: Node) -> dict[str, Any]:
    """A node as it stands in a file, without its id, which is its key there."""
    try:
        return fields(node, skip=("id",))
    except _NotJsonError as error:
        path, kind = error.args
        message = f"A value of type {kind} cannot stand in a workflow."
        mend = "Write it as a text, a number, true, false, null, a list or an object with texts as keys."
        raise InvalidWorkflowError([Problem("WF147", message, mend, node.name, path)], "The workflow") from None


def edge_to_plain(edge: Edge) -> dict[str, Any]:
    """An edge as it stands in a file."""
    return {"source": list(edge.source), "target": list(edge.target)}


def fields(struct: msgspec.Struct, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields of a struct that differ from their defaults, as JSON values."""
    found: dict[str, Any] = {}
    for name, default, is_required in _defaults(type(struct)):
        if name in skip:
            continue
        value = getattr(struct, name)
        if value != default or is_required:
            found[name] = as_json(value, name, is_exact=name in _EXACT)
    return found


@functools.cache
def _defaults(kind: type[msgspec.Struct]) -> tuple[tuple[str, Any, bool], ...]:
    """Name, default and whether it must be given, for the fields of a kind of struct."""
    return tuple(
        (
            field.name,
            field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory(),
            field.required,
        )
        for field in msgspec.structs.fields(kind)
    )


def as_json(value: Any, path: str = "", *, is_exact: bool = True) -> Any:
    """A JSON value equal to a value made of structs, mappings and sequences.

    Parameters
    ----------
    value: what to convert.
    path: where it stands, for errors.
    is_exact: whether 1.0 stays a float; our own numbers read better as 1.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        is_whole = value.is_integer() and abs(value) < _LARGEST_WHOLE
        return int(value) if is_whole and not is_exact else value
    if isinstance(value, Mapping):
        result = {}
        for key, child in value.items():
            if not isinstance(key, str):
                raise _NotJsonError(f"{path}.{key}", f"{type(key).__name__} as a key")
            result[key] = as_json(child, f"{path}.{key}", is_exact=is_exact)
        return result
    if isinstance(value, list | tuple):
        return [as_json(child, f"{path}.{index}", is_exact=is_exact) for index, child in enumerate(value)]
    if isinstance(value, msgspec.Struct):
        return fields(value)
    raise _NotJsonError(path, type(value).__name__)


class _NotJsonError(Exception):
    """Path and type of a value that JSON cannot hold."""
