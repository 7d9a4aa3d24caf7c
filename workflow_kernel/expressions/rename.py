"""Renaming a node together with every expression and code that names it.

Stands above the graph, which does not know expressions: it gives the changes, ``graph.change`` applies and undoes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from workflow_kernel.expressions import parse
from workflow_kernel.graph.change import Change, Changes, RenameNode, SetParameter
from workflow_kernel.graph.model import Node, Workflow

RawOf = Callable[[Node], Sequence[str]]
"""Names the parameters of a node that never are expressions, such as the code of a code node."""


def _none(node: Node) -> Sequence[str]:
    return ()


def rename_node(workflow: Workflow, node: str, name: str, raw_of: RawOf = _none) -> Changes:
    """The changes that give a node another name everywhere.

    Parameters
    ----------
    workflow: the workflow as it is.
    node: id of the node.
    name: its new name.
    raw_of: tells code from expressions; without it, code is left as it is.
    """
    old = workflow.nodes[node].name
    changes: list[Change] = [RenameNode(node, name)]
    if old != name:
        for other in workflow.nodes.values():
            changes.extend(_rewritten(other, old, name, raw_of(other)))
    return Changes(tuple(changes))


def _rewritten(node: Node, old: str, new: str, raw: Sequence[str]) -> Iterator[SetParameter]:
    for path, text in _texts(node.parameters, ()):
        if "$" not in text:
            continue
        if path[0] in raw:
            changed = parse.rename_node_in_code(text, old, new)
        elif parse.is_expression(text):
            changed = parse.rename_node(text, old, new)
        else:
            continue
        if changed != text:
            yield SetParameter(node.id, path, changed)


def _texts(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, child in value.items():
            yield from _texts(child, (*path, key))
    elif isinstance(value, list | tuple):
        for index, child in enumerate(value):
            yield from _texts(child, (*path, index))
