"""The workflows the benchmarks run."""

from __future__ import annotations

from typing import Any, Literal

from workflow_kernel.graph.model import Edge, End, Node, Settings, Workflow


def chain(length: int) -> Workflow:
    """A trigger and a chain of nodes that do nothing."""
    nodes = {"s": Node("s", "Start", "flow.manual_trigger")}
    edges, last = [], "s"
    for i in range(length):
        nodes[f"n{i}"] = Node(f"n{i}", f"N{i}", "flow.no_op", position=(200.0 * i, 0.0))
        edges.append(Edge(End(last), End(f"n{i}")))
        last = f"n{i}"
    return Workflow("chain", nodes, tuple(edges))


def fan(width: int) -> Workflow:
    """A trigger, nodes beside each other that do nothing, and a merge that joins them."""
    nodes = {"s": Node("s", "Start", "flow.manual_trigger")}
    edges = []
    for i in range(width):
        nodes[f"n{i}"] = Node(f"n{i}", f"N{i}", "flow.no_op", position=(200.0, 100.0 * i))
        edges += [Edge(End("s"), End(f"n{i}")), Edge(End(f"n{i}"), End("j", f"input{i + 1}"))]
    nodes["j"] = Node(
        "j", "Join", "flow.merge", parameters={"mode": "append", "number_of_inputs": width}, position=(400.0, 0.0)
    )
    return Workflow("fan", nodes, tuple(edges))


def items_chain(language: Literal["python", "javascript"]) -> Workflow:
    """Set, filter, if, set ... ten nodes with an expression each."""
    nodes = {"s": Node("s", "Start", "flow.manual_trigger")}
    edges, last, port = [], "s", "main"
    for i in range(10):
        kind, parameters, out = _item_node(i)
        nodes[f"n{i}"] = Node(f"n{i}", f"N{i}", kind, parameters=parameters, position=(200.0 * i, 0.0))
        edges.append(Edge(End(last, port), End(f"n{i}")))
        last, port = f"n{i}", out
    return Workflow("items", nodes, tuple(edges), Settings(language=language))


def _item_node(i: int) -> tuple[str, dict[str, Any], str]:
    if i % 3 == 0:
        value = {"name": f"v{i}", "value": f"={{{{ $json.n * 2 + {i} }}}}"}
        return "data.set", {"fields": [value], "include": "all"}, "main"
    condition = {"left": "={{ $json.n + 1 }}", "operator": "number.larger", "right": 0}
    conditions = {"combinator": "and", "conditions": [condition]}
    return (
        ("data.filter", {"conditions": conditions}, "kept")
        if i % 3 == 1
        else ("flow.if", {"conditions": conditions}, "true")
    )
