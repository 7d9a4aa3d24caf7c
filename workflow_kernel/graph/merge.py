"""Brings two edits of the same workflow together: what only one of them changed is taken, what both did is told.

Works on documents in the file format, as JSON values. Services call it when somebody saves what was made from a version
that is no longer the newest. Nodes are the same when their ids are; lists other than edges are changed as a whole.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from workflow_kernel.graph.diff import ABSENT

Document = Mapping[str, Any]


class Merge(NamedTuple):
    """Two edits brought together.

    Parameters
    ----------
    document: with both; where both changed the same, it is as in the second.
    conflicts: dotted paths of what both changed, e.g. ``nodes.n1.parameters.url``; empty when nothing was.
    """

    document: dict[str, Any]
    conflicts: tuple[str, ...]


def merge(base: Document, theirs: Document, yours: Document) -> Merge:
    """Bring two edits of a document together.

    Parameters
    ----------
    base: what both were made from. theirs: the edit that came first. yours: the one that came later.
    """
    conflicts: list[str] = []
    edges = _merge_edges(base, theirs, yours)
    bare = [{key: value for key, value in part.items() if key != "edges"} for part in (base, theirs, yours)]
    merged: dict[str, Any] = _merge(bare[0], bare[1], bare[2], "", conflicts)
    nodes = merged.get("nodes", {})
    kept = []
    for edge in edges:
        gone = [end[0] for end in (edge["source"], edge["target"]) if end[0] not in nodes]
        if not gone:
            kept.append(edge)
        elif edge not in base.get("edges", ()):
            conflicts.extend(f"nodes.{node}" for node in gone)
    merged["edges"] = kept
    conflicts.extend(_same_names(nodes))
    ordered = {key: merged[key] for key in (*yours, *merged) if key in merged}
    return Merge(ordered, tuple(dict.fromkeys(conflicts)))


def _merge(base: Any, theirs: Any, yours: Any, path: str, conflicts: list[str]) -> Any:
    if theirs in (yours, base):
        return yours
    if yours == base:
        return theirs
    if isinstance(theirs, Mapping) and isinstance(yours, Mapping):
        old = base if isinstance(base, Mapping) else {}
        found = {}
        for key in dict.fromkeys((*yours, *theirs)):
            inner = f"{path}.{key}" if path else str(key)
            value = _merge(
                old.get(key, ABSENT), theirs.get(key, ABSENT), yours.get(key, ABSENT), inner, conflicts
            )  # fmt: skip
            if value is not ABSENT:
                found[key] = value
        return found
    conflicts.append(path)
    return theirs if yours is ABSENT else yours


def _merge_edges(base: Document, theirs: Document, yours: Document) -> list[Any]:
    old, first, second = ({_key(edge): edge for edge in part.get("edges", ())} for part in (base, theirs, yours))
    kept = [edge for key, edge in second.items() if key in first or key not in old]
    return kept + [edge for key, edge in first.items() if key not in second and key not in old]


def _key(edge: Any) -> str:
    return json.dumps([edge["source"], edge["target"]])


def _same_names(nodes: Mapping[str, Any]) -> Iterable[str]:
    """Nodes that got the same name in both edits."""
    names = Counter(node.get("name") for node in nodes.values())
    return (f"nodes.{key}.name" for key, node in nodes.items() if names[node.get("name")] > 1)
