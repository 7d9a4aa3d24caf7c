"""The shape of a workflow, and places for its nodes."""

from __future__ import annotations

import subprocess
import sys

import hypothesis
import pytest

from tests.graph.workflows import workflows
from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.graph import arrange
from workflow_kernel.graph.model import Edge, End, Node, Workflow
from workflow_kernel.graph.topology import CriticalPath, Topology


def shape(*edges: str) -> Workflow:
    names = dict.fromkeys(name for edge in edges for name in edge.split(">"))
    nodes = {name: Node(name, name.upper(), "flow.no_op") for name in names}
    return Workflow("W", nodes, tuple(Edge(End(a), End(b)) for a, b in (edge.split(">") for edge in edges)))


#  a > b > d > e      e leads back to b
#  a > c > d
#  x > y
LOOPED = shape("a>b", "b>d", "d>e", "e>b", "a>c", "c>d", "x>y")


def test_order_keeps_loops_together() -> None:
    assert Topology(LOOPED).order() == [("a",), ("c",), ("b", "d", "e"), ("x",), ("y",)]


def test_levels_count_loops_once() -> None:
    assert Topology(LOOPED).levels == {"a": 0, "b": 1, "c": 1, "d": 2, "e": 3, "x": 0, "y": 1}


def test_what_lies_before_and_after() -> None:
    topology = Topology(LOOPED)
    assert topology.ancestors("d") == frozenset("abcde")
    assert topology.descendants("c") == frozenset("bde")
    assert topology.ancestors("a") == frozenset()
    with pytest.raises(WorkflowError, match="no node"):
        topology.ancestors("q")


def test_cycles_and_components() -> None:
    assert Topology(LOOPED).cycles() == [("b", "d", "e")]
    assert Topology(LOOPED).components() == [frozenset("abcde"), frozenset("xy")]


def test_the_critical_path_is_the_slowest_chain() -> None:
    assert Topology(LOOPED).critical_path({"a": 1, "c": 5, "b": 1, "e": 2}) == CriticalPath(("a", "c", "d", "e"), 8)
    assert Topology(Workflow("W")).critical_path({}) == CriticalPath((), 0)


@hypothesis.given(workflows(most=8))
@hypothesis.settings(max_examples=100, deadline=None)
def test_any_workflow_has_an_order_and_places_of_their_own_for_its_nodes(workflow: Workflow) -> None:
    topology = Topology(workflow)
    order = [node for part in topology.order() for node in part]
    assert sorted(order) == sorted(workflow.nodes)
    cells = arrange.grid(workflow)
    assert len(set(cells.values())) == len(workflow.nodes)
    for edge in workflow.edges:
        if edge not in topology.back_edges:
            assert cells[edge.source.node][0] < cells[edge.target.node][0]


def test_places_given_are_kept() -> None:
    places = arrange.positions(LOOPED, {"b": (1000.0, 50.0)})
    assert places["b"] == (1000.0, 50.0)
    assert places["a"] == (1000.0 - arrange.COLUMN, 50.0)


def test_networkx_is_loaded_only_when_needed() -> None:
    code = "import sys, workflow_kernel, workflow_kernel.graph.validate, workflow_kernel.graph.topology as t\n"
    code += "assert 'networkx' not in sys.modules and 'pydantic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
