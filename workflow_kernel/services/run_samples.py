"""Data of an execution as samples for an expression: what the node got there, and what the nodes gave that it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.expressions import parse
from workflow_kernel.graph.model import ERROR_PORT, End, Workflow
from workflow_kernel.sdk.describe import ports_of
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.services import workflow_documents as documents
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.execution_views import NodeRunView
from workflow_kernel.services.executions import Executions
from workflow_kernel.services.permission import needs
from workflow_kernel.services.workflow_documents import Document

MOST_ITEMS = 1000
MOST_NODES = 10
"""Nodes a text may name whose data are read."""


class RunPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where an expression stands in an execution.

    Parameters
    ----------
    execution: its id. node: id of the node. run_index: how often it ran before.
    document: the workflow as it is being edited; as it ran when not given.
    """

    execution: UUID
    node: str
    run_index: int = 0
    document: Document | None = None


class RunSample(NamedTuple):
    """JSON of the items the node got, and of those that nodes gave, by name."""

    items: Sequence[Mapping[str, Any]]
    nodes: Mapping[str, Sequence[Mapping[str, Any]]]


class RunSamples:
    """Reads samples out of executions.

    Parameters
    ----------
    executions: reads them for an actor. registry: knows the ports of nodes.
    """

    def __init__(self, executions: Executions, registry: Registry) -> None:
        self._executions = executions
        self._registry = registry

    @needs("execution.read")
    async def read(self, actor: Actor, place: RunPlace, text: str) -> RunSample:
        """The data for a text at a place; nothing where the node got none."""
        document = place.document or await self._executions.document(actor, place.execution)
        graph = documents.read(document)
        runs = await self._executions.node_runs(actor, place.execution)
        ran = {run.node for run in runs}
        names = [node.name for node in graph.nodes.values() if (node.id in ran or node.pin) and node.id != place.node]
        named = [name for name in parse.references(text).names if name in names][:MOST_NODES]
        items: Sequence[Mapping[str, Any]] = ()
        for edge in graph.edges_to(place.node):
            items = await self._sent(actor, place, graph, runs, edge.source)
            if items:
                break
        nodes: dict[str, Sequence[Mapping[str, Any]]] = dict.fromkeys(names, ())
        for name in named:
            node = graph.find(name)
            if node is not None:
                nodes[name] = await self._sent(actor, place, graph, runs, End(node.id, ""))
        return RunSample(items, nodes)

    async def _sent(
        self, actor: Actor, place: RunPlace, graph: Workflow, runs: Sequence[NodeRunView], end: End
    ) -> Sequence[Mapping[str, Any]]:
        """The items a node sent through a port; through its first one that has any where none is named.

        Items pinned meanwhile stand in their place, as they do in the next run.
        """
        pins = (graph.nodes[end.node].pin if end.node in graph.nodes else None) or {}
        pinned = pins.get(end.port) if end.port else next((items for items in pins.values() if items), None)
        if pinned is not None:
            return pinned[:MOST_ITEMS]
        found = [run for run in runs if run.node == end.node and any(run.items)]
        if not found:
            return ()
        run = next((one for one in found if one.index == place.run_index), found[-1])
        output = self._position(graph, end) if end.port else next(i for i, count in enumerate(run.items) if count)
        if output is None or output >= len(run.items) or not run.items[output]:
            return ()
        page = await self._executions.data(actor, place.execution, end.node, run.index, output, 0, MOST_ITEMS)
        return [item.json for item in page.items]

    def _position(self, graph: Workflow, end: End) -> int | None:
        node = graph.nodes.get(end.node)
        if node is None:
            return None
        try:
            ports = ports_of(self._registry.find(node.type, node.version), node.parameters)
        except (WorkflowError, ImportError):
            return None
        names = [port.name for port in ports.outputs] if ports is not None else []
        if node.on_error == "branch":
            names.append(ERROR_PORT)
        return names.index(end.port) if end.port in names else None
