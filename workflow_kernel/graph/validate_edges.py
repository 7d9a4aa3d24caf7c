"""What is wrong with the edges of a workflow: ends that are not there, kinds that do not fit, cycles, lost nodes.

Called by ``validate``. Nodes whose type or ports are unknown are left out: their own problem is told there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from workflow_kernel.base.errors import Problem
from workflow_kernel.graph.catalog import Kind, NodeInfo, PortInfo, PortsInfo
from workflow_kernel.graph.model import ERROR_PORT, Edge, Node, Workflow
from workflow_kernel.graph.words import clip, did_you_mean

CONVERTS: Mapping[Kind, tuple[Kind, ...]] = {
    "items": ("items", "table", "any"),
    "table": ("table", "items", "any"),
    "object": ("object", "items", "table", "any"),
    "any": ("any", "items", "table", "object"),
}
"""What each kind of output may be sent to. Items and tables convert into each other, an object becomes one item (or
row); but many items do not make one object."""


class Known(NamedTuple):
    """A node whose type is known, with its ports where they can be told."""

    info: NodeInfo
    ports: PortsInfo | None


def check_edges(workflow: Workflow, known: Mapping[str, Known]) -> Iterator[Problem]:
    """Problems of each edge by itself, and edges that stand twice."""
    seen: set[Edge] = set()
    for index, edge in enumerate(workflow.edges):
        field = f"edges.{index}"
        source, target = workflow.nodes.get(edge.source.node), workflow.nodes.get(edge.target.node)
        for end, node in (("source", source), ("target", target)):
            if node is None:
                name = getattr(edge, end).node
                other = target if end == "source" else source
                direction = "begins" if end == "source" else "ends"
                place = f" ({'to' if end == 'source' else 'from'} node '{clip(other.name)}')" if other else ""
                message = f"An edge {direction} at a node '{clip(name)}' that is not there{place}."
                mend = f"Remove the edge or correct the id. {did_you_mean(name, workflow.nodes, 'The ids are')}"
                yield Problem("WF210", message, mend, field=f"{field}.{end}")
        if edge in seen:
            yield Problem(
                "WF215", f"The edge {_told(workflow, edge)} stands twice.", "Remove one of the two.", field=field
            )
        seen.add(edge)
        if source is not None and target is not None:
            yield from _check_ports(workflow, edge, field, known)


def _check_ports(workflow: Workflow, edge: Edge, field: str, known: Mapping[str, Known]) -> Iterator[Problem]:
    source, target = workflow.nodes[edge.source.node], workflow.nodes[edge.target.node]
    outputs, inputs = _outputs(source, known), _inputs(target, known)
    port_out = _find(outputs, edge.source.port)
    port_in = _find(inputs, edge.target.port)
    if outputs is not None and port_out is None:
        message = f"Node '{clip(source.name)}' has no output '{clip(edge.source.port)}'."
        if edge.source.port == ERROR_PORT:
            mend = "Set the node's 'on_error' to 'branch' to have it, or remove the edge."
        else:
            mend = f"{_listed('outputs', outputs)} Rename the port or reconnect the edge."
        yield Problem("WF211", message, mend, source.name, f"{field}.source")
    if inputs is not None and port_in is None:
        message = f"Node '{clip(target.name)}' has no input '{clip(edge.target.port)}'."
        mend = f"{_listed('inputs', inputs)} Rename the port or reconnect the edge."
        yield Problem("WF212", message, mend, target.name, f"{field}.target")
    if port_out is not None and port_in is not None and port_in.kind not in CONVERTS[port_out.kind]:
        message = (
            f"Output '{port_out.name}' of node '{clip(source.name)}' sends {_KINDS[port_out.kind]}, input "
            f"'{port_in.name}' takes {_KINDS[port_in.kind]}."
        )
        mend = "Put a node between them that makes one of the other, e.g. code.python."
        yield Problem("WF213", message, mend, target.name, field)
    if edge.source.node == edge.target.node and source.id in known:
        is_ended = known[source.id].info.is_loop or len(outputs or ()) > 1
        message = "The node feeds itself."
        mend = "Remove the edge, or lead it through a loop node."
        yield Problem("WF214", message, mend, source.name, field, "warning" if is_ended else "error")


_KINDS: Mapping[Kind, str] = {"items": "items", "table": "a table", "object": "an object", "any": "anything"}


def check_cycles(workflow: Workflow, known: Mapping[str, Known]) -> Iterator[Problem]:
    """Cycles that nothing ends: those without a loop node and without a node that chooses between outputs."""
    may_turn = {
        node.id
        for node in workflow.nodes.values()
        if node.id not in known or known[node.id].info.is_loop or len(_outputs(node, known) or ()) != 1
    }
    follows: dict[str, list[str]] = {node: [] for node in workflow.nodes if node not in may_turn}
    for edge in workflow.edges:
        if edge.source.node in follows and edge.target.node in follows and edge.source.node != edge.target.node:
            follows[edge.source.node].append(edge.target.node)
    for cycle in find_cycles(follows):
        names = [f"'{clip(workflow.nodes[node].name)}'" for node in cycle]
        path = " > ".join([*names, names[0]]) if len(names) <= 12 else f"{' > '.join(names[:12])} > ... > {names[0]}"
        message = f"Nodes form a cycle that nothing ends: {path}."
        mend = "Remove one of its edges, or lead it through a loop node (flow.loop) or a condition (flow.if)."
        yield Problem("WF216", message, mend, workflow.nodes[cycle[0]].name, "edges")


def find_cycles(follows: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Cycles of a graph, no two sharing a node: enough to name each knot once.

    Parameters
    ----------
    follows: node > nodes its edges lead to; all of them are keys.
    """
    done: set[str] = set()
    for root in follows:
        path: list[str] = []
        position: dict[str, int] = {}
        walks: list[Iterator[str]] = []
        if root not in done:
            path, position, walks = [root], {root: 0}, [iter(follows[root])]
        while walks:
            following = next((node for node in walks[-1] if node not in done), None)
            if following is None:
                walks.pop()
                leaving = path.pop()
                position.pop(leaving)
                done.add(leaving)
            elif following in position:
                cycle = path[position[following] :]
                yield cycle
                for node in cycle:
                    done.add(node)
                    position.pop(node)
                del path[-len(cycle) :]
                del walks[-len(cycle) :]
            else:
                position[following] = len(path)
                path.append(following)
                walks.append(iter(follows[following]))


def check_starts(workflow: Workflow, known: Mapping[str, Known]) -> Iterator[Problem]:
    """Whether an execution can start, and which nodes it never comes to; warnings all."""
    if not workflow.nodes:
        yield Problem("WF222", "The workflow has no nodes.", "Add a trigger and what follows it.", severity="warning")
        return
    triggers = [node for node in workflow.nodes.values() if node.id in known and known[node.id].info.is_trigger]
    starts = [node for node in triggers if not node.disabled]
    if triggers and not starts:
        for node in triggers:
            yield Problem(
                "WF223",
                "The node that starts the workflow is disabled.",
                "Enable it.",
                node.name,
                "disabled",
                "warning",
            )
        return
    if not triggers:
        if any(node.id not in known for node in workflow.nodes.values()):
            return
        message = "No node starts the workflow, so it can only be run by hand."
        yield Problem("WF222", message, "Add a trigger, e.g. flow.manual_trigger.", severity="warning")
        targets = {edge.target.node for edge in workflow.edges}
        starts = [node for node in workflow.nodes.values() if node.id not in targets] or list(workflow.nodes.values())
    reached = _reached(workflow, [node.id for node in starts])
    for node in workflow.nodes.values():
        if node.id not in reached and node.id in known and not known[node.id].info.is_trigger:
            message = "No trigger leads to this node, so it never runs."
            yield Problem("WF221", message, "Connect it or remove it.", node.name, "edges", "warning")


def _reached(workflow: Workflow, starts: list[str]) -> set[str]:
    follows: dict[str, list[str]] = {}
    for edge in workflow.edges:
        follows.setdefault(edge.source.node, []).append(edge.target.node)
    reached = set(starts)
    pending = list(starts)
    while pending:
        for node in follows.get(pending.pop(), ()):
            if node not in reached:
                reached.add(node)
                pending.append(node)
    return reached


def _outputs(node: Node, known: Mapping[str, Known]) -> Sequence[PortInfo] | None:
    found = known.get(node.id)
    if found is None or found.ports is None:
        return None
    return (*found.ports.outputs, PortInfo(ERROR_PORT)) if node.on_error == "branch" else found.ports.outputs


def _inputs(node: Node, known: Mapping[str, Known]) -> Sequence[PortInfo] | None:
    found = known.get(node.id)
    return None if found is None or found.ports is None else found.ports.inputs


def _find(ports: Sequence[PortInfo] | None, name: str) -> PortInfo | None:
    return next((port for port in ports or () if port.name == name), None)


def _listed(word: str, ports: Sequence[PortInfo]) -> str:
    names = [f"'{port.name}'" for port in ports]
    if not names:
        return f"It has no {word}."
    if len(names) == 1:
        return f"Its only {word[:-1]} is {names[0]}."
    return f"Its {word} are {', '.join(names[:-1])} and {names[-1]}."


def _told(workflow: Workflow, edge: Edge) -> str:
    ends = []
    for end in (edge.source, edge.target):
        node = workflow.nodes.get(end.node)
        ends.append(f"'{clip(node.name if node else end.node)}' ({clip(end.port)})")
    return " > ".join(ends)
