"""Random workflows for the scheduler's property tests, made of node types that exist for them alone."""

from __future__ import annotations

import random
from typing import Literal

from workflow_kernel.engine.plan import Plan
from workflow_kernel.graph.model import Edge, End, Node, Order, Settings, Workflow
from workflow_kernel.sdk import Context, Inputs, Items, NodeType, node
from workflow_kernel.sdk.registry import Registry


@node("test.one", inputs=("main",), outputs=("a", "b"))
class One(NodeType):
    """One input, two outputs."""

    def run(self, items: Items, ctx: Context) -> Items:
        """Never called: the tests tell the sizes."""
        return items


@node("test.two", inputs=("x", "y"), outputs=("a", "b"))
class Two(NodeType):
    """Two inputs, of which one is enough."""

    def run(self, inputs: Inputs, ctx: Context) -> Items:
        """Never called."""
        return inputs["x"]


@node("test.three", inputs=("x", "y", "z"), outputs=("a",))
class Three(NodeType):
    """Three inputs, of which one is enough."""

    def run(self, inputs: Inputs, ctx: Context) -> Items:
        """Never called."""
        return inputs["x"]


@node("test.all", inputs=("x", "y"), outputs=("a",), required="all")
class All(NodeType):
    """Two inputs, both needed."""

    def run(self, inputs: Inputs, ctx: Context) -> Items:
        """Never called."""
        return inputs["x"]


TYPES = (One, Two, Three, All)
REGISTRY = Registry({kind.spec.type: kind for kind in TYPES})


def random_plan(seed: int, size: int, *, loops: bool = False, order: Order = "canvas", density: float = 1.6) -> Plan:
    """A workflow of ``size`` nodes; with ``loops`` some edges lead back."""
    chance = random.Random(seed)
    kinds = [One, *chance.choices(TYPES, weights=(6, 4, 1, 1), k=size - 1)]
    nodes = {
        f"n{i}": Node(
            f"n{i}", f"n{i}", kind.spec.type, position=(float(chance.randrange(4)), float(chance.randrange(4)))
        )
        for i, kind in enumerate(kinds)
    }
    edges: list[Edge] = []
    for target in range(1, size):
        ports = [port.name for port in kinds[target].spec.ports.inputs]
        for _ in range(max(len(ports), round(chance.random() * density * len(ports)))):
            source = chance.randrange(target)
            edges.append(_edge(chance, source, target, kinds[source], ports))
    for _ in range(chance.randrange(3) if loops else 0):
        source = chance.randrange(1, size)
        target = chance.randrange(1, source + 1)
        edges.append(_edge(chance, source, target, kinds[source], [p.name for p in kinds[target].spec.ports.inputs]))
    return Plan(Workflow("random", nodes, tuple(dict.fromkeys(edges)), Settings(order=order)), REGISTRY)


def _edge(chance: random.Random, source: int, target: int, kind: type[NodeType], ports: list[str]) -> Edge:
    outputs = [port.name for port in kind.spec.ports.outputs]
    return Edge(End(f"n{source}", chance.choice(outputs)), End(f"n{target}", chance.choice(ports)))


def sizes_of(seed: int, fullness: float, turns: int = 2) -> object:
    """A function that tells the output sizes of a run: the same for the same run, nothing after some turns."""

    def sizes(node: str, index: int) -> tuple[int, ...]:
        if index >= turns:
            return (0, 0)
        chance = random.Random(f"{seed}/{node}/{index}")
        return tuple(int(chance.random() < fullness) for _ in range(2))

    return sizes


Mode = Literal["canvas", "sequential"]
