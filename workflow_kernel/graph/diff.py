"""What differs between two workflows: nodes, fields, edges, settings; as data and as readable lines.

Used by history, review and the command line. Positions are told apart from the rest, since moving is not changing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from workflow_kernel.graph.model import Edge, End, Node, Workflow
from workflow_kernel.graph.plain import node_to_plain, to_plain
from workflow_kernel.graph.words import shown


class _Absent:
    """Stands for a value that is not there."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()


class FieldChange(NamedTuple):
    """One value that differs.

    Parameters
    ----------
    path: dotted, e.g. ``parameters.conditions.0.right``. before, after: ``ABSENT`` where there is none.
    """

    path: str
    before: Any
    after: Any


class NodeChange(NamedTuple):
    """A node that is in both workflows and differs."""

    before: Node
    after: Node
    fields: tuple[FieldChange, ...]

    @property
    def is_only_moved(self) -> bool:
        """Whether nothing but its position differs."""
        return all(field.path.startswith("position") for field in self.fields)


class Difference(NamedTuple):
    """What differs between two workflows. Nodes are the same when their ids are.

    Parameters
    ----------
    added, removed, changed: nodes.
    connected, disconnected: edges, by node names for people in :func:`to_text`.
    fields: name, description, tags, settings, notes and groups.
    """

    before: Workflow
    after: Workflow
    added: tuple[Node, ...]
    removed: tuple[Node, ...]
    changed: tuple[NodeChange, ...]
    connected: tuple[Edge, ...]
    disconnected: tuple[Edge, ...]
    fields: tuple[FieldChange, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        parts = (self.added, self.removed, self.changed, self.connected, self.disconnected, self.fields)
        return not any(parts)


def diff(before: Workflow, after: Workflow) -> Difference:
    """What differs between two workflows. The order of nodes and of edges does not count."""
    changed = []
    for key, node in after.nodes.items():
        old = before.nodes.get(key)
        if old is not None and old != node:
            fields = tuple(_compare(node_to_plain(old), node_to_plain(node), ""))
            changed.append(NodeChange(old, node, fields))
    old_edges, new_edges = set(before.edges), set(after.edges)
    parts = [
        {key: value for key, value in to_plain(workflow).items() if key not in ("nodes", "edges")}
        for workflow in (before, after)
    ]
    return Difference(
        before,
        after,
        tuple(node for key, node in after.nodes.items() if key not in before.nodes),
        tuple(node for key, node in before.nodes.items() if key not in after.nodes),
        tuple(changed),
        tuple(edge for edge in dict.fromkeys(after.edges) if edge not in old_edges),
        tuple(edge for edge in dict.fromkeys(before.edges) if edge not in new_edges),
        tuple(_compare(parts[0], parts[1], "")),
    )


def to_text(difference: Difference) -> str:
    """The difference as lines: ``+`` what is new, ``-`` what is gone, ``~`` what changed; empty when nothing did."""
    return "\n".join(_lines(difference))


def _lines(difference: Difference) -> Iterator[str]:
    for field in difference.fields:
        yield f"~ {_told(field)}"
    for node in difference.removed:
        yield f"- node '{node.name}' ({node.type})"
    for node in difference.added:
        yield f"+ node '{node.name}' ({node.type})"
    for change in difference.changed:
        if change.is_only_moved:
            yield f"~ node '{change.after.name}' moved"
            continue
        was = f" (was '{change.before.name}')" if change.before.name != change.after.name else ""
        yield f"~ node '{change.after.name}'{was}"
        for field in change.fields:
            if field.path != "name":
                yield f"    {_told(field)}"
    for edge in difference.disconnected:
        yield f"- edge {_end(difference.before, edge.source)} > {_end(difference.before, edge.target)}"
    for edge in difference.connected:
        yield f"+ edge {_end(difference.after, edge.source)} > {_end(difference.after, edge.target)}"


def _end(workflow: Workflow, end: End) -> str:
    node = workflow.nodes.get(end.node)
    name = f"'{node.name if node is not None else end.node}'"
    return name if end.port == "main" else f"{name}.{end.port}"


def _told(field: FieldChange) -> str:
    if field.before is ABSENT:
        return f"{field.path}: + {shown(field.after)}"
    if field.after is ABSENT:
        return f"{field.path}: - {shown(field.before)}"
    return f"{field.path}: {shown(field.before)} > {shown(field.after)}"


def _compare(before: Any, after: Any, path: str) -> Iterator[FieldChange]:
    """Differences below a path; lists of different length differ as a whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            inner = f"{path}.{key}" if path else str(key)
            yield from _compare(before.get(key, ABSENT), after.get(key, ABSENT), inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _compare(old, new, f"{path}.{index}")
    elif before != after:
        yield FieldChange(path, before, after)
