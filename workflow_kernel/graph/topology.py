"""Questions about the shape of a workflow: order, levels, what lies before and after a node, cycles, the critical path.

Used by the editor, the picture, the services and reports; the engine has its own plan. networkx is loaded when a
question needs it, since loading it takes longer than reading and checking a workflow.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.graph.model import Edge, Workflow
from workflow_kernel.graph.words import did_you_mean

MAX_CYCLES = 1_000


class CriticalPath(NamedTuple):
    """The chain of nodes that decides how long an execution takes.

    Parameters
    ----------
    nodes: ids, first to last. seconds: the sum of their durations.
    """

    nodes: tuple[str, ...]
    seconds: float


class Topology:
    """The shape of one workflow. Edges to nodes that are not there are left out.

    Parameters
    ----------
    workflow: whose shape it is; nodes are told by id, in the order they have there.
    """

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow

    @cached_property
    def back_edges(self) -> frozenset[Edge]:
        """Edges that lead back to a node they come from: without them there is no cycle."""
        return frozenset(back_edges(self.workflow))

    @cached_property
    def levels(self) -> Mapping[str, int]:
        """For each node the most edges that lead to it from a node without inputs; loops counted once."""
        return levels(self.workflow, self.back_edges)

    def order(self) -> list[tuple[str, ...]]:
        """Nodes in an order in which each follows what it needs; the nodes of a loop stand together."""
        graph = self._condensed
        rank = {node: index for index, node in enumerate(self.workflow.nodes)}
        members: Mapping[Any, Any] = graph.nodes
        parts = {part: sorted(members[part]["members"], key=rank.__getitem__) for part in graph}
        ordered = _networkx().lexicographical_topological_sort(graph, key=lambda part: rank[parts[part][0]])
        return [tuple(parts[part]) for part in ordered]

    def ancestors(self, node: str) -> frozenset[str]:
        """Nodes from which a path leads to a node; the node itself only when it lies on a cycle."""
        return self._reach(node, self._graph.reverse(copy=False))

    def descendants(self, node: str) -> frozenset[str]:
        """Nodes to which a path leads from a node; the node itself only when it lies on a cycle."""
        return self._reach(node, self._graph)

    def cycles(self) -> list[tuple[str, ...]]:
        """Cycles, each from its first node in order of the workflow; at most ``MAX_CYCLES``."""
        rank = {node: index for index, node in enumerate(self.workflow.nodes)}
        found = []
        for cycle in itertools.islice(_networkx().simple_cycles(self._graph), MAX_CYCLES):
            first = min(range(len(cycle)), key=lambda index: rank[cycle[index]])
            found.append((*cycle[first:], *cycle[:first]))
        return sorted(found, key=lambda cycle: [rank[node] for node in cycle])

    def components(self) -> list[frozenset[str]]:
        """Parts that no edge connects, the largest first."""
        parts = _networkx().weakly_connected_components(self._graph)
        return sorted((frozenset(part) for part in parts), key=len, reverse=True)

    def critical_path(self, durations: Mapping[str, float]) -> CriticalPath:
        """The chain that takes longest, loops taken once.

        Parameters
        ----------
        durations: seconds by node id; nodes left out take none.
        """
        best: dict[str, tuple[float, str | None]] = {}
        follows: dict[str, list[str]] = {}
        for edge in forward_edges(self.workflow, self.back_edges):
            follows.setdefault(edge.target.node, []).append(edge.source.node)
        for node in sorted(self.levels, key=self.levels.__getitem__):
            before = max(follows.get(node, ()), key=lambda source: best[source][0], default=None)
            total = (best[before][0] if before is not None else 0.0) + durations.get(node, 0.0)
            best[node] = (total, before)
        if not best:
            return CriticalPath((), 0.0)
        last: str | None = max(best, key=lambda node: best[node][0])
        assert last is not None
        seconds = best[last][0]
        path: list[str] = []
        while last is not None:
            path.append(last)
            last = best[last][1]
        return CriticalPath(tuple(reversed(path)), seconds)

    def _reach(self, node: str, graph: Any) -> frozenset[str]:
        if node not in self.workflow.nodes:
            mend = did_you_mean(node, self.workflow.nodes, "The ids of the nodes are")
            raise WorkflowError(f"There is no node with the id '{node}'.", code="WF250", mend=mend)
        found = _networkx().descendants(graph, node)
        return frozenset(found | {node} if any(node in graph[other] for other in (*found, node)) else found)

    @cached_property
    def _graph(self) -> Any:
        graph = _networkx().DiGraph()
        graph.add_nodes_from(self.workflow.nodes)
        graph.add_edges_from((edge.source.node, edge.target.node) for edge in forward_edges(self.workflow, frozenset()))
        return graph

    @cached_property
    def _condensed(self) -> Any:
        return _networkx().condensation(self._graph)


def forward_edges(workflow: Workflow, without: frozenset[Edge]) -> list[Edge]:
    """Edges between nodes that are there, some left out."""
    nodes = workflow.nodes
    return [e for e in workflow.edges if e.source.node in nodes and e.target.node in nodes and e not in without]


def back_edges(workflow: Workflow) -> list[Edge]:
    """Edges that close a cycle, as met when walking from the nodes without inputs, in order of the workflow."""
    edges: dict[str, list[Edge]] = {}
    for edge in forward_edges(workflow, frozenset()):
        edges.setdefault(edge.source.node, []).append(edge)
    targets = {edge.target.node for found in edges.values() for edge in found}
    found_back: list[Edge] = []
    done: set[str] = set()
    for root in sorted(workflow.nodes, key=lambda node: node in targets):
        if root in done:
            continue
        path = {root}
        walks = [(root, iter(edges.get(root, ())))]
        while walks:
            node, walk = walks[-1]
            following = next(walk, None)
            if following is None:
                walks.pop()
                path.discard(node)
                done.add(node)
            elif following.target.node in path:
                found_back.append(following)
            elif following.target.node not in done:
                path.add(following.target.node)
                walks.append((following.target.node, iter(edges.get(following.target.node, ()))))
    return found_back


def levels(workflow: Workflow, without: frozenset[Edge]) -> dict[str, int]:
    """For each node the most edges that lead to it, some edges left out that close cycles."""
    found = dict.fromkeys(workflow.nodes, 0)
    follows: dict[str, list[str]] = {}
    missing = dict.fromkeys(workflow.nodes, 0)
    for edge in forward_edges(workflow, without):
        follows.setdefault(edge.source.node, []).append(edge.target.node)
        missing[edge.target.node] += 1
    ready = [node for node, count in missing.items() if count == 0]
    while ready:
        node = ready.pop()
        for target in follows.get(node, ()):
            found[target] = max(found[target], found[node] + 1)
            missing[target] -= 1
            if missing[target] == 0:
                ready.append(target)
    return found


def _networkx() -> Any:
    import networkx  # noqa: PLC0415 - takes half a second; most commands never ask

    return networkx
