"""Positions for nodes that have none: left to right by level, branches below each other in the order of their edges.

Positions are meaning (branches run topmost first), so the order of edges and nodes is kept. Used by the builder, the
importers and the picture.
"""

from __future__ import annotations

from collections.abc import Mapping

from workflow_kernel.graph.model import Workflow
from workflow_kernel.graph.topology import back_edges, forward_edges, levels

COLUMN = 240.0
ROW = 120.0


def grid(workflow: Workflow) -> dict[str, tuple[int, int]]:
    """A column and a row for every node, no two in the same place."""
    back = frozenset(back_edges(workflow))
    column = levels(workflow, back)
    children: dict[str, list[str]] = {}
    parent: dict[str, str] = {}
    for edge in forward_edges(workflow, back):
        source, target = edge.source.node, edge.target.node
        # A node with several parents hangs below the one just before it, so that no edge runs through a node.
        if column[source] == column[target] - 1 and target not in parent:
            parent[target] = source
            children.setdefault(source, []).append(target)
    rows: dict[str, int] = {}
    bottom = 0
    for root in (node for node in workflow.nodes if node not in parent):
        bottom = _place(root, children, rows, bottom)
    return {node: (column[node], rows[node]) for node in workflow.nodes}


def _place(root: str, children: Mapping[str, list[str]], rows: dict[str, int], top: int) -> int:
    """Give rows to a tree of nodes: a first child stands beside its parent, the others below. Returns the next row."""
    pending = [root]
    is_start = True
    while pending:
        node = pending.pop()
        if not is_start and node not in rows:
            rows[node] = top
        rows.setdefault(node, top)
        is_start = False
        below = children.get(node, [])
        if below:
            rows[below[0]] = rows[node]
            pending.extend(reversed(below))
        else:
            top = max(top, rows[node]) + 1
    return top


def positions(workflow: Workflow, given: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Positions for all nodes of a workflow.

    Parameters
    ----------
    workflow: whose nodes they are.
    given: positions that stay as they are, by node id; the others are put as if the first of these were in its place.
    """
    cells = {node: (x * COLUMN, y * ROW) for node, (x, y) in grid(workflow).items()}
    anchor = next((node for node in workflow.nodes if node in given), None)
    shift = (0.0, 0.0)
    if anchor is not None:
        shift = (given[anchor][0] - cells[anchor][0], given[anchor][1] - cells[anchor][1])
    return {node: given.get(node, (x + shift[0], y + shift[1])) for node, (x, y) in cells.items()}
