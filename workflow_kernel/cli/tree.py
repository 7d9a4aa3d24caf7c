"""The order and indent in which a terminal shows the nodes of a workflow: branches hang below the node they part at.

A node that several branches lead to stands below the node where they all parted, behind them: it is that node's child
in the tree of dominators. Edges that close a loop do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from workflow_kernel.graph.model import Node, Workflow

_NONE = -1


class Row(NamedTuple):
    """A node and what stands before its name."""

    node: Node
    indent: str


def rows(workflow: Workflow, only: frozenset[str] | None = None) -> list[Row]:
    """The nodes as a terminal shows them, from top to bottom.

    Parameters
    ----------
    workflow: of the nodes. only: ids of those to show; None for all.
    """
    nodes = {key: node for key, node in workflow.nodes.items() if only is None or key in only}
    canvas = sorted(nodes.values(), key=lambda node: (node.position[1], node.position[0]))
    targets: dict[str, list[str]] = {node.id: [] for node in canvas}
    for edge in sorted(workflow.edges, key=lambda edge: _place(nodes, edge.target.node)):
        source, target = edge.source.node, edge.target.node
        if source in nodes and target in nodes and target not in targets[source] and source != target:
            targets[source].append(target)
    order = _order([node.id for node in canvas], targets)
    parents = _parents(order, targets)
    return _drawn(order, nodes, parents, targets)


def _place(nodes: Mapping[str, Node], key: str) -> tuple[float, float]:
    node = nodes.get(key)
    return (0.0, 0.0) if node is None else (node.position[1], node.position[0])


def _order(roots: list[str], targets: Mapping[str, list[str]]) -> list[str]:
    """Every node behind all that lead to it, but for edges that close a loop."""
    has_parent = {target for found in targets.values() for target in found}
    done: list[str] = []
    seen: set[str] = set()
    for root in sorted(roots, key=lambda key: key in has_parent, reverse=True)[::-1]:
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(reversed(targets[root])))]
        while stack:
            key, rest = stack[-1]
            child = next((target for target in rest if target not in seen), None)
            if child is None:
                done.append(key)
                stack.pop()
            else:
                seen.add(child)
                stack.append((child, iter(reversed(targets[child]))))
    return done[::-1]


def _parents(order: list[str], targets: Mapping[str, list[str]]) -> list[int]:
    """For each position the position of the node it hangs below; -1 for those that begin."""
    position = {key: at for at, key in enumerate(order)}
    parents = [_NONE] * len(order)
    is_met = [False] * len(order)
    for at, key in enumerate(order):
        for target in targets[key]:
            found = position[target]
            if found <= at:
                continue
            parents[found] = at if not is_met[found] else _common(parents[found], at, parents)
            is_met[found] = True
    return parents


def _common(first: int, second: int, parents: list[int]) -> int:
    while first != second:
        if first > second:
            first = parents[first]
        else:
            second = parents[second]
    return first


def _drawn(
    order: list[str], nodes: Mapping[str, Node], parents: list[int], targets: Mapping[str, list[str]]
) -> list[Row]:
    children: dict[int, list[int]] = {}
    for at, parent in enumerate(parents):
        children.setdefault(parent, []).append(at)
    made: list[Row] = []
    pending = [(at, "", "") for at in reversed(children.get(_NONE, []))]
    while pending:
        at, own, below = pending.pop()
        made.append(Row(nodes[order[at]], own))
        found = children.get(at, [])
        is_parting = len(targets[order[at]]) > 1
        branches = [child for child in found if is_parting and order[child] in targets[order[at]]]
        branches = [child for child in branches if _is_branch(child, order, targets, at)]
        joined = [child for child in found if child not in branches]
        following = [(child, below, below) for child in joined]
        for child in branches:
            is_last = child == branches[-1]
            following.insert(
                len(following) - len(joined),
                (child, below + ("└─ " if is_last else "├─ "), below + ("   " if is_last else "│  ")),
            )
        pending.extend(reversed(following))
    return made


def _is_branch(child: int, order: list[str], targets: Mapping[str, list[str]], parent: int) -> bool:
    """Whether a node has this parent alone, edges that close a loop left out."""
    key = order[child]
    return not any(key in targets[order[at]] for at in range(child) if at != parent)
