"""A workflow made ready to run: node types found, ports computed, edges resolved to positions, reachability known.

Made once per execution (or kept per workflow version); the scheduler works on positions and bit masks alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workflow_kernel.base.errors import InvalidWorkflowError, Problem, WorkflowError
from workflow_kernel.engine.code_effects import has_no_effects
from workflow_kernel.engine.code_reads import code_reads
from workflow_kernel.expressions import parse
from workflow_kernel.graph.model import ERROR_PORT, Language, Node, Workflow
from workflow_kernel.sdk.node import NodeType, Ports
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.worker.parameters import Template


class Target(NamedTuple):
    """An edge as the scheduler sees it: from an output position to a node's input position."""

    output: int
    node: int
    port: int


class PlanNode:
    """A placed node made ready to run."""

    __slots__ = (
        "bit", "connected", "id", "in_cycle", "index", "input_index", "is_multi", "name", "node", "node_type",
        "output_names", "parents", "ports", "reach", "reads", "reads_all", "targets", "template",
    )  # fmt: skip

    def __init__(self, index: int, node: Node, node_type: type[NodeType], ports: Ports) -> None:
        self.index = index
        self.bit = 1 << index
        self.id = node.id
        self.name = node.name
        self.node = node
        self.node_type = node_type
        self.ports = ports
        self.template = Template(node_type, node.parameters)
        names = [port.name for port in ports.outputs]
        self.output_names: list[str] = [*names, ERROR_PORT] if node.on_error == "branch" else names
        self.input_index: dict[str, int] = {port.name: i for i, port in enumerate(ports.inputs)}
        self.is_multi = len(ports.inputs) > 1
        self.connected: set[int] = set()
        self.targets: tuple[Target, ...] = ()
        self.parents: list[tuple[int, int, int]] = []
        """Incoming edges: input position, source node, source output position."""
        self.reach = 0
        """Mask of the nodes from which a path leads here."""
        self.in_cycle = False
        self.reads = 0
        """Mask of the nodes whose data its expressions look at."""
        self.reads_all = False

    @property
    def is_pure(self) -> bool:
        """Whether running it twice does no harm: by its type, or by its code."""
        return self.node_type.spec.is_pure or has_no_effects(self.node.type, self.node.parameters)


class Plan:
    """A workflow made ready to run.

    Parameters
    ----------
    workflow: as edited.
    registry: where node types are found.
    only: ids of the nodes that may run; None for all. The others are as if not there.
    """

    def __init__(self, workflow: Workflow, registry: Registry, only: frozenset[str] | None = None) -> None:
        self.workflow = workflow
        self.settings = workflow.settings
        self.nodes: list[PlanNode] = []
        self.by_id: dict[str, PlanNode] = {}
        self.by_name: dict[str, PlanNode] = {}
        self.followers: dict[int, PlanNode] | None = None
        """See ``fragment``, which tells them when they are first asked for."""
        problems: list[Problem] = []
        for node in workflow.nodes.values():
            if only is not None and node.id not in only:
                continue
            try:
                node_type = registry.find(node.type, node.version)
            except WorkflowError as error:
                problems.append(Problem(error.code, error.message, error.mend, node.name, "type"))
                continue
            self._add(node, node_type)
        if problems:
            raise InvalidWorkflowError(problems, workflow.name)
        self._connect(workflow)
        self._reach()
        self._references()

    def _add(self, node: Node, node_type: type[NodeType]) -> None:
        plan_node = PlanNode(len(self.nodes), node, node_type, node_type.ports(node.parameters))
        self.nodes.append(plan_node)
        self.by_id[node.id] = plan_node
        self.by_name[node.name] = plan_node

    def _connect(self, workflow: Workflow) -> None:
        found: dict[int, list[Target]] = {}
        for edge in workflow.edges:
            source, target = self.by_id.get(edge.source.node), self.by_id.get(edge.target.node)
            if source is None or target is None or edge.source.port not in source.output_names:
                continue
            port = target.input_index.get(edge.target.port)
            if port is None:
                continue
            output = source.output_names.index(edge.source.port)
            found.setdefault(source.index, []).append(Target(output, target.index, port))
            target.connected.add(port)
            target.parents.append((port, source.index, output))
        breadth_first = workflow.settings.order == "breadth_first"
        for index, targets in found.items():
            targets.sort(key=(lambda t: t.output) if breadth_first else self._canvas_key)
            self.nodes[index].targets = tuple(targets)
        for node in self.nodes:
            node.parents.sort()

    def _canvas_key(self, target: Target) -> Any:
        x, y = self.nodes[target.node].node.position
        return (y, x)

    def _reach(self) -> None:
        changed = True
        nodes = self._rough_order()
        while changed:
            changed = False
            for node in nodes:
                reach = node.reach
                for _, source, _ in node.parents:
                    reach |= self.nodes[source].bit | self.nodes[source].reach
                if reach != node.reach:
                    node.reach = reach
                    changed = True
        for node in self.nodes:
            node.in_cycle = bool(node.reach & node.bit)

    def _rough_order(self) -> Sequence[PlanNode]:
        """Nodes with parents first where there is no cycle, so that reachability needs one pass."""
        order: list[PlanNode] = []
        missing = [len(node.parents) for node in self.nodes]
        waiting = [node for node in self.nodes if not node.parents]
        seen: set[int] = set()
        rest = iter(self.nodes)
        while len(order) < len(self.nodes):
            if not waiting:
                waiting.append(next(node for node in rest if node.index not in seen))
            node = waiting.pop()
            if node.index in seen:
                continue
            seen.add(node.index)
            order.append(node)
            for target in node.targets:
                missing[target.node] -= 1
                if missing[target.node] == 0:
                    waiting.append(self.nodes[target.node])
        return order

    def _references(self) -> None:
        for node in self.nodes:
            names, computed = referenced_nodes(node, self.settings.language)
            node.reads_all = computed
            for name in names:
                found = self.by_name.get(name)
                if found is not None and found is not node:
                    node.reads |= found.bit | found.reach


_LOOKS_BACK = re.compile(r"\$\(|\$node|\$items|\$item\(")
"""What a text must hold to look at another node; most do not and need not be read."""


def referenced_nodes(node: PlanNode, language: Language) -> tuple[set[str], bool]:
    """Names of the nodes a node's expressions and code look at, and whether some names are computed."""
    names: set[str] = set()
    computed = False
    if node.node_type.spec.reads == "all":
        told = code_reads(node.node_type.spec.type, node.node.parameters)
        names, computed = set(told.names), told.any
    texts = [text for text in node.template.expressions.values() if _LOOKS_BACK.search(text)]
    found = [read_references(text, language) for text in texts]
    if node.node_type.spec.reads != "all":
        for name in node.node_type.spec.raw:
            code = node.node.parameters.get(name)
            if isinstance(code, str) and "(" in code:
                found.append(parse.code_references(code.replace("_(", "$(")))
    for references in found:
        names.update(references.names)
        computed = computed or references.is_computed
    return names, computed


def read_references(text: str, language: Language) -> parse.References:
    """The nodes an expression names."""
    if language == "javascript":
        return parse.references(text)
    from workflow_kernel.expressions import python_compile  # noqa: PLC0415 - 40 ms that most workflows do not need

    return python_compile.references(text)


def start_nodes(plan: Plan) -> Mapping[str, PlanNode]:
    """The triggers of a plan, by name, topmost first."""
    triggers = [node for node in plan.nodes if node.node_type.spec.is_trigger and not node.node.disabled]
    triggers.sort(key=lambda node: (node.node.position[1], node.node.position[0]))
    return {node.name: node for node in triggers}
