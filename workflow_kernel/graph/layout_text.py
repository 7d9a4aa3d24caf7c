"""JSON laid out for people and for git: one node per block, one field per line, small lists and edges on one line.

Only the look is decided here; the values come from ``plain``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

WIDTH = 100
"""Lists that fit into this many columns stand on one line."""


def layout(document: dict[str, Any]) -> str:
    """The text of a JSON value, with a line break at its end."""
    return "".join(_lines(document, 0)) + "\n"


def _lines(value: Any, depth: int) -> Iterator[str]:
    line = _one_line(value, WIDTH - 2 * depth)
    if line is not None:
        yield line
        return
    is_object = isinstance(value, dict)
    pad = "  " * (depth + 1)
    separator = "\n"
    yield "{" if is_object else "["
    for key, child in value.items() if is_object else enumerate(value):
        yield f"{separator}{pad}{_scalar(key)}: " if is_object else f"{separator}{pad}"
        yield from _lines(child, depth + 1)
        separator = ",\n"
    yield f"\n{'  ' * depth}{'}' if is_object else ']'}"


def _one_line(value: Any, width: int) -> str | None:
    """The value on one line, where it reads well there."""
    if isinstance(value, dict):
        return ("{}" if not value else None) if not _is_edge(value) else json.dumps(value, ensure_ascii=False)
    if not isinstance(value, list):
        return _scalar(value)
    if any(isinstance(child, dict | list) for child in value):
        return None
    if sum(len(child) if isinstance(child, str) else 1 for child in value) > width:
        return None
    line = "[" + ", ".join(_scalar(child) for child in value) + "]"
    return line if len(line) <= width or not value else None


def _is_edge(value: dict[str, Any]) -> bool:
    return list(value) == ["source", "target"] and all(
        isinstance(end, list) and len(end) == 2 and all(isinstance(part, str) for part in end) for end in value.values()
    )


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
