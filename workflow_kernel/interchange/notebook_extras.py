"""What a workflow has that its cells do not tell: names, places and settings of nodes, other nodes, their edges.

``to_notebook`` puts it into the notebook's metadata, ``from_notebook`` takes it from there. What the code of cells
tells (the variables that come and go, the edges between cells) is never kept: the code is what counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Workflow

TOLD = ("code", "takes", "gives", "after", "settings", "document")
"""Parameters that the notebook tells itself."""

_SELF = ("nodes", "edges", "notes", "format")


def extras_of(workflow: Workflow, plain: Workflow) -> dict[str, Any]:
    """What has to be kept of a workflow beside the notebook that makes ``plain``."""
    ours, theirs = flow_format.to_document(workflow), flow_format.to_document(plain)
    found: dict[str, Any] = {key: value for key, value in ours.items() if key not in (*_SELF, "name")}
    nodes: dict[str, Any] = {}
    for key, node in ours.get("nodes", {}).items():
        kept = _difference(_without_told(node), _without_told(theirs["nodes"].get(key, {})))
        if kept or key not in theirs["nodes"]:
            nodes[key] = kept
    if nodes:
        found["nodes"] = nodes
    notes = {
        key: {field: value for field, value in note.items() if field != "text"}
        for key, note in ours.get("notes", {}).items()
    }
    plain_notes = {
        key: {field: value for field, value in note.items() if field != "text"}
        for key, note in theirs.get("notes", {}).items()
    }
    moved = {key: note for key, note in notes.items() if note != plain_notes.get(key)}
    if moved:
        found["notes"] = moved
    edges = [edge for edge in ours.get("edges", ()) if not _is_told(edge, theirs)]
    if edges:
        found["edges"] = edges
    return found


def apply_extras(plain: Workflow, extras: Mapping[str, Any]) -> Workflow:
    """The workflow of a notebook with what was kept beside it. What does not fit any more is left out."""
    document = flow_format.to_document(plain)
    for key, value in extras.items():
        if key not in _SELF:
            document[key] = value
    for key, kept in (extras.get("nodes") or {}).items():
        own = document["nodes"].get(key)
        if own is not None:
            _put_back(own, kept)
        elif kept.get("type"):
            document["nodes"][key] = kept
    for key, kept in (extras.get("notes") or {}).items():
        if key in document.get("notes", {}):
            document["notes"][key] = {"text": document["notes"][key]["text"], **kept}
    ends = document["nodes"].keys()
    added = [
        edge
        for edge in extras.get("edges") or ()
        if edge["source"][0] in ends and edge["target"][0] in ends and edge not in document["edges"]
    ]
    for edge in added:
        for end, field in (("source", "gives"), ("target", "takes")):
            node, port = document["nodes"][edge[end][0]], edge[end][1]
            name = port.removesuffix(" (variable)")
            if node["type"] == "code.cell" and port != "main" and name not in node["parameters"][field]:
                node["parameters"][field] = sorted([*node["parameters"][field], name])
    document["edges"] = [*document["edges"], *added]
    return flow_format.from_document(document)


def _without_told(node: Mapping[str, Any]) -> dict[str, Any]:
    if node.get("type") not in ("code.cell", "code.notebook"):
        return dict(node)
    parameters = {name: value for name, value in node.get("parameters", {}).items() if name not in TOLD}
    return {**node, "parameters": parameters}


def _difference(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a node that are other than they would be; parameters one by one."""
    found = {key: value for key, value in ours.items() if value != theirs.get(key)}
    gone = [key for key in theirs if key not in ours]
    return found | ({"-": gone} if gone else {})


def _put_back(own: dict[str, Any], kept: Mapping[str, Any]) -> None:
    for key, value in kept.items():
        if key == "-":
            for gone in value:
                own.pop(gone, None)
        elif key == "parameters":
            own[key] = {name: part for name, part in own.get(key, {}).items() if name in TOLD} | value
        else:
            own[key] = value


def _is_told(edge: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether an edge is between cells, or from the start to a cell: the code tells those."""
    source, target = theirs["nodes"].get(edge["source"][0]), theirs["nodes"].get(edge["target"][0])
    return source is not None and target is not None
