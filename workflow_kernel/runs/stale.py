"""Which nodes' results are out of date after a workflow was edited. Pure; used for partial runs and by editors."""

from __future__ import annotations

from typing import Any

from workflow_kernel.graph.model import Node, Workflow


def stale_nodes(before: Workflow, now: Workflow) -> frozenset[str]:
    """Ids of the nodes of ``now`` whose results of a run of ``before`` no longer hold.

    A node is stale when its type, parameters or what else makes its result changed; when an edge into it is new or
    gone; when the node before it was inserted, deleted, disabled or pinned otherwise; when anything in its loop is
    stale; and when any node before it is stale.
    """
    stale = {node.id for node in now.nodes.values() if _essence(before.nodes.get(node.id)) != _essence(node)}
    stale |= {node_id for node_id in now.nodes if _wires(before, node_id) != _wires(now, node_id)}
    if before.settings != now.settings:
        return frozenset(now.nodes)
    following: dict[str, set[str]] = {}
    for edge in now.edges:
        following.setdefault(edge.source.node, set()).add(edge.target.node)
    # A loop is a cycle, so going on downstream reaches all of it.
    line = list(stale)
    while line:
        for target in following.get(line.pop(), ()):
            if target not in stale:
                stale.add(target)
                line.append(target)
    return frozenset(stale & now.nodes.keys())


def _essence(node: Node | None) -> Any:
    """What of a node makes its result; position and notes do not."""
    if node is None:
        return None
    return (
        node.name, node.type, node.version, node.parameters, node.on_error, node.disabled, node.always_output,
        node.execute_once, node.credentials, node.pin,
    )  # fmt: skip


def _wires(workflow: Workflow, node_id: str) -> frozenset[tuple[str, str, str]]:
    return frozenset((edge.source.node, edge.source.port, edge.target.port) for edge in workflow.edges_to(node_id))
