"""Setting and removing a part of a JSON value by its path, without changing the value. Used by ``change``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.graph.words import clip, shown

UNSET: Any = msgspec.UNSET
"""Stands for a value that is left out."""

Path = tuple[str | int, ...]


def set_at(tree: Any, path: Path, value: Any) -> Any:
    """A copy of a value with the part at a path set, or taken away for ``UNSET``. Untouched parts are shared.

    Raises ``WorkflowError`` WF250 where the path leads into something that has no such part.
    """
    if not path:
        return {} if value is UNSET else value
    key, rest = path[0], path[1:]
    if isinstance(tree, Mapping) and isinstance(key, str):
        copy = dict(tree)
        if value is UNSET and not rest:
            copy.pop(key, None)
        elif value is not UNSET or key in copy:
            copy[key] = set_at(copy.get(key, {}), rest, value)
        return copy
    if isinstance(tree, list | tuple) and isinstance(key, int) and 0 <= key < len(tree):
        if value is UNSET and not rest:
            return [*tree[:key], *tree[key + 1 :]]
        return [*tree[:key], set_at(tree[key], rest, value), *tree[key + 1 :]]
    raise WorkflowError(
        f"There is no part '{clip(str(key))}' in {shown(tree)}.",
        code="WF250",
        mend="Set the whole list or object instead.",
    )


def undo_at(tree: Any, path: Path, value: Any) -> tuple[Path, Any]:
    """Path and value that undo :func:`set_at`.

    A key that goes away is brought back with the whole object it stood in, so that it comes back in its place.
    """
    part = tree
    for depth, key in enumerate(path):
        is_last = depth == len(path) - 1
        if isinstance(part, Mapping) and key not in part:
            return (path[:depth], part) if value is UNSET else (path[: depth + 1], UNSET)
        if is_last and value is UNSET:
            return path[:depth], part
        try:
            part = part[key]
        except (LookupError, TypeError):
            break  # set_at refuses this path
    return path, part
