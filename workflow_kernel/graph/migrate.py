"""Older formats of the file, brought to the current one a step at a time.

``STEPS`` names for each old format the function that makes the next one of it. Functions take and give JSON values, so
that a format that is gone needs no code but this. Shapes are checked here only as far as the step needs them; the rest
is said by ``format``.

``workflow/0`` is the shape used before the first release::

    {"format": "workflow/0", "name": "...", "nodes": [{"id": "...", "name": "...", ...}],
     "edges": [{"from": "...", "from_port": "main", "to": "...", "to_port": "main"}]}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from workflow_kernel.base.errors import InvalidWorkflowError, Problem
from workflow_kernel.graph.model import MAIN
from workflow_kernel.graph.shape import FORMAT
from workflow_kernel.graph.words import did_you_mean, shown

Document = dict[str, Any]

_NUMBERED = re.compile(r"workflow/(\d{1,9})")
_CURRENT = int(FORMAT.partition("/")[2])


def to_current(document: Any) -> Any:
    """The document in the current format.

    Raises ``InvalidWorkflowError`` when it is not a workflow, of a newer format, or an older one that is broken.
    """
    if not isinstance(document, dict):
        raise _error(
            "WF138", f"A workflow is an object {{ }}, this is {shown(document)}.", "Check that it is the right file."
        )
    name = document.get("format")
    seen = 0
    while name != FORMAT:
        step = STEPS.get(name) if isinstance(name, str) else None
        if step is None or seen > len(STEPS):
            raise _unknown(document, name)
        document = step(document)
        name = document.get("format")
        seen += 1
    return document


def _unknown(document: Document, name: Any) -> InvalidWorkflowError:
    numbered = _NUMBERED.fullmatch(name) if isinstance(name, str) else None
    if numbered and int(numbered.group(1)) > _CURRENT:
        message = f"The file has format '{name}', which is newer than this program's '{FORMAT}'."
        return _error("WF139", message, "Update: pip install --upgrade workflow-kernel.", "format")
    if isinstance(document.get("connections"), dict) and isinstance(document.get("nodes"), list):
        return _error("WF138", "This is a workflow of n8n.", "Import it: workflow import FILE.", "format")
    if "cells" in document and "nbformat" in document:
        return _error("WF138", "This is a notebook, not a workflow.", "Open it with Jupyter.", "format")
    if name is None and "format" not in document:
        mend = f'Add "format": "{FORMAT}" if it is a workflow.'
        close = did_you_mean("format", list(document)[:50], "")
        if close.startswith("Did"):
            mend = f"Rename the field that stands for it to 'format'. {mend}"
        return _error("WF138", "Field 'format' is missing.", mend, "format")
    known = ", ".join([f"'{FORMAT}'", *(f"'{old}'" for old in STEPS)])
    return _error("WF138", f"Format {shown(name)} is unknown.", f"Known are {known}.", "format")


def from_0(document: Document) -> Document:
    """``workflow/0`` to ``workflow/1``: nodes keyed by id, edges by their two ends."""
    problems: list[Problem] = []
    nodes: dict[str, Any] = {}
    for index, node in enumerate(_list(document, "nodes", problems)):
        if not isinstance(node, dict) or not isinstance(node.get("id"), str):
            problems.append(_part(f"nodes.{index}", "a node with an 'id', a text", node))
        elif node["id"] in nodes:
            mend = "Give one of them another id."
            message = f"Two nodes have the id {shown(node['id'])}."
            problems.append(Problem("WF135", message, mend, field=f"nodes.{index}.id"))
        else:
            nodes[node["id"]] = {key: value for key, value in node.items() if key != "id"}
    edges: list[Any] = []
    for index, edge in enumerate(_list(document, "edges", problems)):
        if not isinstance(edge, dict) or "from" not in edge or "to" not in edge:
            problems.append(_part(f"edges.{index}", "an edge with 'from' and 'to'", edge))
            continue
        rest = {key: value for key, value in edge.items() if key not in ("from", "to", "from_port", "to_port")}
        source, target = [edge["from"], edge.get("from_port", MAIN)], [edge["to"], edge.get("to_port", MAIN)]
        edges.append({"source": source, "target": target, **rest})
    if problems:
        raise InvalidWorkflowError(problems[:200], "The workflow")
    return {**document, "format": "workflow/1", "nodes": nodes, "edges": edges}


STEPS: Mapping[str, Callable[[Document], Document]] = {"workflow/0": from_0}


def _list(document: Document, field: str, problems: list[Problem]) -> list[Any]:
    value = document.get(field, [])
    if isinstance(value, list):
        return value
    problems.append(_part(field, "a list [ ]", value))
    return []


def _part(field: str, expected: str, value: Any) -> Problem:
    return Problem("WF142", f"Expected {expected}, got {shown(value)}.", "Correct it.", field=field)


def _error(code: str, message: str, mend: str, field: str = "") -> InvalidWorkflowError:
    return InvalidWorkflowError([Problem(code, message, mend, field=field)], "The workflow")
