"""What pydantic found wrong with a file, in words: the place, the value, what is expected, the next step.

Called by ``format`` with pydantic's errors. Problems of node parameters are told by ``validate``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pydantic

from workflow_kernel.base.errors import Problem
from workflow_kernel.graph import shape
from workflow_kernel.graph.json_text import MAX_PROBLEMS
from workflow_kernel.graph.places import Path, find_places, line_and_column
from workflow_kernel.graph.words import clip, did_you_mean, shown

_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number that fits 64 bits",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "an object { }",
    "model_type": "an object { }",
    "model_attributes_type": "an object { }",
    "list_type": "a list [ ]",
    "finite_number": "a finite number",
}
_FORMS = {
    "position": "[x, y], e.g. [240, 0]",
    "size": "[width, height], e.g. [240, 160]",
    "source": '[node id, port], e.g. ["n1", "main"]',
    "target": '[node id, port], e.g. ["n1", "main"]',
    "callers": "'any', 'none', 'same_owner' or a list of workflow ids",
    "edges": 'a list of {"source": [node id, port], "target": [node id, port]}',
    "nodes": 'an object of node id > node, e.g. {"n1": {"name": "Start", "type": "flow.manual_trigger"}}',
    "credentials": 'an object of slot > {"id": "...", "name": "..."}',
    "pin": "an object of output port > list of objects, the items",
}
_MISSING = {
    "name": "Give it a name, a text.",
    "type": 'Name a node type, e.g. "type": "data.filter"; \'workflow nodes\' lists them.',
    "source": 'Add "source": [node id, port].',
    "target": 'Add "target": [node id, port].',
    "id": 'Add "id", the id of the credential.',
}
_PARTS: Mapping[str, type[pydantic.BaseModel]] = {
    "nodes": shape.NodeShape,
    "edges": shape.EdgeShape,
    "notes": shape.NoteShape,
    "groups": shape.GroupShape,
}
_INNER: Mapping[str, type[pydantic.BaseModel]] = {
    "retry": shape.RetryShape,
    "resources": shape.ResourcesShape,
    "credentials": shape.CredentialShape,
}


def explain(details: Sequence[Any], document: Any, text: str = "") -> list[Problem]:
    """Problems for pydantic's errors.

    Parameters
    ----------
    details: what ``ValidationError.errors()`` gave.
    document: the JSON value that was checked.
    text: its JSON, for lines and columns; none are told when it is empty.
    """
    found: dict[Path, Any] = {}
    for detail in details:
        path = _cleaned(detail["loc"])
        found.setdefault(path, detail)
    first = dict(list(found.items())[:MAX_PROBLEMS])
    wanted = {part for path in first for part in (path, path[:-1])}
    offsets = find_places(text, wanted).offsets if text else {}
    problems = []
    for path, detail in first.items():
        offset = offsets.get(path, offsets.get(path[:-1]))
        place = "" if offset is None else f" ({line_and_column(text, offset)})"
        problems.append(_problem(path, detail, document, place))
    if len(found) > len(first):
        rest = len(found) - len(first)
        problems.append(Problem("WF149", f"There are {rest:,} more problems.", "Mend these first."))
    return problems


def _cleaned(loc: tuple[str | int, ...]) -> Path:
    """The path in the document; pydantic adds the branch of a union and the word [key]."""
    if loc[:2] == ("settings", "callers"):
        return loc[:2]
    return tuple(part for part in loc if part != "[key]")


def _problem(path: Path, detail: Any, document: Any, place: str) -> Problem:
    node, field = _owner(path, document)
    kind, value = detail["type"], detail.get("input")
    last = str(path[-1]) if path else ""
    context = detail.get("ctx") or {}
    if kind == "missing":
        mend = _MISSING.get(last, f"Add '{last}'.")
        return Problem("WF141", f"Field '{last}' is missing{place}.", mend, node, field)
    if kind == "extra_forbidden":
        known = list(_model_at(path[:-1]).model_fields)
        mend = did_you_mean(last, known, "The fields here are")
        return Problem("WF140", f"There is no field '{clip(last)}'{place}.", mend, node, field)
    if "[key]" in detail["loc"]:
        message = f"{shown(last)} is no id{place}."
        return Problem("WF143", message, "Use up to 64 letters, digits, - and _.", node, field)
    if (
        last in _FORMS
        and (len(path) == 1 or last not in ("nodes", "edges"))
        and (kind in _EXPECTED or kind in ("too_short", "too_long", "literal_error"))
    ):
        return Problem("WF142", f"Expected {_FORMS[last]}, got {shown(value)}{place}.", "Correct it.", node, field)
    if kind == "literal_error":
        return _of_literal(str(context.get("expected", "")), value, place, node, field)
    if kind in _EXPECTED:
        mend = _hint(kind, value)
        return Problem("WF142", f"Expected {_EXPECTED[kind]}, got {shown(value)}{place}.", mend, node, field)
    if kind == "string_too_short":
        return Problem("WF143", f"The text is empty{place}.", "Write at least one character.", node, field)
    if kind == "string_too_long":
        message = f"The text has {len(str(value)):,} characters; {context.get('max_length')} are allowed{place}."
        return Problem("WF143", message, "Shorten it; 'notes' takes long texts.", node, field)
    message = f"{detail['msg']}, got {shown(value)}{place}."
    return Problem("WF143", message, "Correct the value.", node, field)


def _of_literal(expected: str, value: Any, place: str, node: str, field: str) -> Problem:
    options = expected.replace("'", "").replace(" or ", ", ").split(", ")
    mend = did_you_mean(value, options, "Use one of") if isinstance(value, str) else "Use one of them."
    return Problem("WF143", f"Expected {expected}, got {shown(value)}{place}.", mend, node, field)


def _hint(kind: str, value: Any) -> str:
    if kind in ("int_type", "float_type") and isinstance(value, str):
        return "Remove the quotes." if value.replace(".", "", 1).lstrip("-").isdigit() else "Write a number."
    if kind == "bool_type":
        return "Write true or false, without quotes."
    if kind == "string_type":
        return "Write it in double quotes."
    return "Correct the value."


def _owner(path: Path, document: Any) -> tuple[str, str]:
    """The name of the node a path lies in, and the rest of the path."""
    if len(path) >= 2 and path[0] == "nodes" and isinstance(document, Mapping):
        nodes = document.get("nodes")
        node = nodes.get(path[1]) if isinstance(nodes, Mapping) else None
        name = node.get("name") if isinstance(node, Mapping) else None
        owner = name if isinstance(name, str) and name else str(path[1])
        return clip(owner), ".".join(clip(str(part)) for part in path[2:])
    return "", ".".join(clip(str(part)) for part in path)


def _model_at(path: Path) -> type[pydantic.BaseModel]:
    """The model whose fields are allowed at a path."""
    if not path:
        return shape.FileShape
    if path[0] == "settings":
        return shape.SettingsShape
    if len(path) > 2 and path[2] in _INNER:
        return _INNER[str(path[2])]
    return _PARTS.get(str(path[0]), shape.FileShape)
