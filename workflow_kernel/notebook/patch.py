"""Differences between two documents of a workflow, as small as they can be sent: both ends of a widget keep in step.

A patch holds, for each part that differs, what is there now by id; null where it is gone. The editor makes and takes
the same ones (``editor/src/model/patch.ts``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]
Patch = dict[str, dict[str, Any]]

PARTS = ("nodes", "edges", "notes", "groups")
DETAILS = "details"


def difference(before: Document, after: Document) -> Patch:
    """What turns one document into another; empty where they are equal."""
    patch: Patch = {}
    for name, (old, new) in {name: (_part(before, name), _part(after, name)) for name in (DETAILS, *PARTS)}.items():
        changed: dict[str, Any] = {key: value for key, value in new.items() if key not in old or old[key] != value}
        changed.update(dict.fromkeys(old.keys() - new.keys()))
        if changed:
            patch[name] = changed
    return patch


def merged(document: Document, patch: Patch) -> dict[str, Any]:
    """A document with a patch; what the patch does not name stays, and edges without ends go."""
    parts = {name: _part(document, name) for name in (DETAILS, *PARTS)}
    for name, changes in patch.items():
        if name not in parts:
            continue
        for key, value in changes.items():
            if value is None:
                parts[name].pop(key, None)
            else:
                parts[name][key] = value
    nodes = parts["nodes"]
    edges = [edge for edge in parts["edges"].values() if edge["source"][0] in nodes and edge["target"][0] in nodes]
    made = {**parts[DETAILS], "nodes": nodes, "edges": edges}
    made.update({name: parts[name] for name in ("notes", "groups") if parts[name]})
    return made


def _part(document: Document, name: str) -> dict[str, Any]:
    if name == DETAILS:
        return {key: value for key, value in document.items() if key not in PARTS}
    if name == "edges":
        return {json.dumps([edge["source"], edge["target"]]): edge for edge in document.get("edges", ())}
    return dict(document.get(name, {}))
