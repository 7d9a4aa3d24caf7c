"""Edits of a workflow as values: apply one to get a new workflow, invert one to get its undo.

The editor, the services and scripts change workflows only so. Every change says what it needs; one that does not fit
the workflow (no such node, an id taken) is refused with ``WorkflowError`` WF250. Rewriting expressions when a node is
renamed needs to know expressions: ``expressions.rename`` makes the changes for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, assert_never

import msgspec

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.graph.change_value import UNSET, set_at, undo_at
from workflow_kernel.graph.model import Edge, Group, Node, Note, Settings, Workflow
from workflow_kernel.graph.words import did_you_mean

NodeField = Literal[
    "name", "type", "version", "parameters", "position", "on_error", "retry", "timeout", "resources", "cache",
    "disabled", "always_output", "execute_once", "notes", "credentials", "pin",
]  # fmt: skip
Part = TypeVar("Part")
Detail = Literal["name", "id", "description", "tags"]


class _Change(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    pass


class AddNode(_Change, frozen=True):
    """Put a node into the workflow, at the end or at a place in its order."""

    node: Node
    index: int | None = None


class RemoveNode(_Change, frozen=True):
    """Take a node away, with its edges and its places in groups."""

    node: str


class Connect(_Change, frozen=True):
    """Draw an edge, at the end or at a place in their order."""

    edge: Edge
    index: int | None = None


class Disconnect(_Change, frozen=True):
    """Take an edge away."""

    edge: Edge


class MoveNode(_Change, frozen=True):
    """Move a node on the canvas."""

    node: str
    position: tuple[float, float]


class RenameNode(_Change, frozen=True):
    """Give a node another name; expressions that name it are left as they are."""

    node: str
    name: str


class SetParameter(_Change, frozen=True):
    """Set a part of a node's parameters, or take it away.

    Parameters
    ----------
    node: its id.
    path: keys and indices from the parameters to the part; none for all of them. Objects missing on it are made.
    value: the new value; left out, the part goes.
    """

    node: str
    path: tuple[str | int, ...]
    value: Any = UNSET


class SetNodeField(_Change, frozen=True):
    """Set a field of a node, as named in :class:`~workflow_kernel.graph.model.Node`."""

    node: str
    field: NodeField
    value: Any


class SetSettings(_Change, frozen=True):
    """Set what holds for the whole workflow."""

    settings: Settings


class SetDetail(_Change, frozen=True):
    """Set the workflow's name, id, description or tags."""

    field: Detail
    value: Any


class PutNote(_Change, frozen=True):
    """Add a sticky note, or replace the one with its id."""

    note: Note


class RemoveNote(_Change, frozen=True):
    """Take a sticky note away."""

    note: str


class PutGroup(_Change, frozen=True):
    """Add a group, or replace the one with its id."""

    group: Group


class RemoveGroup(_Change, frozen=True):
    """Take a group away; its nodes stay."""

    group: str


class Changes(_Change, frozen=True):
    """Several changes as one: all are applied, or none."""

    changes: tuple[Change, ...]


Change = (
    AddNode | RemoveNode | Connect | Disconnect | MoveNode | RenameNode | SetParameter | SetNodeField | SetSettings
    | SetDetail | PutNote | RemoveNote | PutGroup | RemoveGroup | Changes
)  # fmt: skip


def apply(workflow: Workflow, change: Change) -> Workflow:
    """The workflow after a change. Raises ``WorkflowError`` WF250 when the change does not fit."""
    match change:
        case AddNode():
            return _add(workflow, change)
        case RemoveNode():
            return _remove(workflow, change.node)
        case Connect():
            return _connect(workflow, change)
        case Disconnect():
            index = _index_of(workflow, change.edge)
            return _replace(workflow, edges=workflow.edges[:index] + workflow.edges[index + 1 :])
        case MoveNode():
            return _with_node(workflow, change.node, position=change.position)
        case RenameNode():
            return _with_node(workflow, change.node, name=change.name)
        case SetParameter():
            parameters = set_at(_node(workflow, change.node).parameters, change.path, change.value)
            return _with_node(workflow, change.node, parameters=parameters)
        case SetNodeField():
            return _with_node(workflow, change.node, **{change.field: change.value})
        case SetSettings():
            return _replace(workflow, settings=change.settings)
        case SetDetail():
            return _replace(workflow, **{change.field: change.value})
        case PutNote():
            return _replace(workflow, notes={**workflow.notes, change.note.id: change.note})
        case RemoveNote():
            return _replace(workflow, notes=_without(workflow.notes, change.note, "note"))
        case PutGroup():
            return _replace(workflow, groups={**workflow.groups, change.group.id: change.group})
        case RemoveGroup():
            return _replace(workflow, groups=_without(workflow.groups, change.group, "group"))
        case Changes():
            for part in change.changes:
                workflow = apply(workflow, part)
            return workflow
        case other:
            assert_never(other)


def invert(workflow: Workflow, change: Change) -> Change:
    """The change that undoes a change.

    Parameters
    ----------
    workflow: as it was before the change. change: must fit it.
    """
    match change:
        case AddNode():
            return RemoveNode(change.node.id)
        case RemoveNode():
            return _restore(workflow, change.node)
        case Connect():
            return Disconnect(change.edge)
        case Disconnect():
            return Connect(change.edge, _index_of(workflow, change.edge))
        case MoveNode():
            return MoveNode(change.node, _node(workflow, change.node).position)
        case RenameNode():
            return RenameNode(change.node, _node(workflow, change.node).name)
        case SetParameter():
            path, value = undo_at(_node(workflow, change.node).parameters, change.path, change.value)
            return SetParameter(change.node, path, value)
        case SetNodeField():
            return SetNodeField(change.node, change.field, getattr(_node(workflow, change.node), change.field))
        case SetSettings():
            return SetSettings(workflow.settings)
        case SetDetail():
            return SetDetail(change.field, getattr(workflow, change.field))
        case PutNote():
            note = workflow.notes.get(change.note.id)
            return PutNote(note) if note is not None else RemoveNote(change.note.id)
        case RemoveNote():
            return PutNote(_found(workflow.notes, change.note, "note"))
        case PutGroup():
            group = workflow.groups.get(change.group.id)
            return PutGroup(group) if group is not None else RemoveGroup(change.group.id)
        case RemoveGroup():
            return PutGroup(_found(workflow.groups, change.group, "group"))
        case Changes():
            undone: list[Change] = []
            for part in change.changes:
                undone.append(invert(workflow, part))
                workflow = apply(workflow, part)
            return Changes(tuple(reversed(undone)))
        case other:
            assert_never(other)


def _replace(workflow: Workflow, **fields: Any) -> Workflow:
    return msgspec.structs.replace(workflow, **fields)


def _add(workflow: Workflow, change: AddNode) -> Workflow:
    node = change.node
    if node.id in workflow.nodes:
        raise _refused(f"There is a node with the id '{node.id}' already.", "Give the new one another id.")
    entries = list(workflow.nodes.items())
    entries.insert(len(entries) if change.index is None else change.index, (node.id, node))
    return _replace(workflow, nodes=dict(entries))


def _remove(workflow: Workflow, node: str) -> Workflow:
    _node(workflow, node)
    edges = tuple(edge for edge in workflow.edges if node not in (edge.source.node, edge.target.node))
    groups = {
        key: msgspec.structs.replace(group, nodes=tuple(member for member in group.nodes if member != node))
        if node in group.nodes
        else group
        for key, group in workflow.groups.items()
    }
    return _replace(workflow, nodes=_without(workflow.nodes, node, "node"), edges=edges, groups=groups)


def _restore(workflow: Workflow, node: str) -> Changes:
    changes: list[Change] = [AddNode(_node(workflow, node), list(workflow.nodes).index(node))]
    changes += [
        Connect(edge, index)
        for index, edge in enumerate(workflow.edges)
        if node in (edge.source.node, edge.target.node)
    ]
    changes += [PutGroup(group) for group in workflow.groups.values() if node in group.nodes]
    return Changes(tuple(changes))


def _connect(workflow: Workflow, change: Connect) -> Workflow:
    if change.edge in workflow.edges:
        raise _refused(f"The edge '{change.edge.id}' is there already.", "Draw it once.")
    for end in (change.edge.source, change.edge.target):
        _node(workflow, end.node)
    edges = list(workflow.edges)
    edges.insert(len(edges) if change.index is None else change.index, change.edge)
    return _replace(workflow, edges=tuple(edges))


def _with_node(workflow: Workflow, node: str, **fields: Any) -> Workflow:
    changed = msgspec.structs.replace(_node(workflow, node), **fields)
    return _replace(workflow, nodes={**workflow.nodes, node: changed})


def _node(workflow: Workflow, node: str) -> Node:
    return _found(workflow.nodes, node, "node")


def _found(parts: Mapping[str, Part], key: str, noun: str) -> Part:
    if key not in parts:
        raise _refused(f"There is no {noun} with the id '{key}'.", did_you_mean(key, parts, "The ids are"))
    return parts[key]


def _without(parts: Mapping[str, Part], key: str, noun: str) -> dict[str, Part]:
    _found(parts, key, noun)
    return {other: part for other, part in parts.items() if other != key}


def _index_of(workflow: Workflow, edge: Edge) -> int:
    if edge not in workflow.edges:
        raise _refused(f"There is no edge '{edge.id}'.", "It may have been removed by someone else.")
    return workflow.edges.index(edge)


def _refused(message: str, mend: str) -> WorkflowError:
    return WorkflowError(message, code="WF250", mend=mend)
