"""Checking a workflow: what is legal passes, what is not is told with codes; see also the corpus of broken files."""

from __future__ import annotations

from typing import Any

import pytest

from workflow_kernel.graph.model import Edge, End, Node, Settings, Workflow
from workflow_kernel.graph.validate import validate
from workflow_kernel.graph.validate_edges import CONVERTS, find_cycles
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.sdk.node import NodeType, Port, node
from workflow_kernel.sdk.registry import Registry


@node("test.source", outputs=(Port("items"), Port("table", "table"), Port("object", "object"), Port("any", "any")))
class Source(NodeType):
    """Has an output of every kind."""

    def run(self) -> None: ...


@node("test.sink", inputs=(Port("items"), Port("table", "table"), Port("object", "object"), Port("any", "any")))
class Sink(NodeType):
    """Has an input of every kind."""

    def run(self) -> None: ...


REGISTRY = Registry({"source": Source, "sink": Sink})
CATALOG = RegistryCatalog(REGISTRY)


def made(types: dict[str, Any], *edges: str, **settings: Any) -> Workflow:
    """A workflow from node id > type or (type, parameters), and edges such as ``a.kept>b.main``."""
    nodes = {}
    for key, value in types.items():
        type_name, parameters = value if isinstance(value, tuple) else (value, {})
        nodes[key] = Node(key, key.upper(), type_name, parameters=parameters)
    ends = []
    for edge in edges:
        source, target = (End(*part.split(".")) for part in edge.split(">"))
        ends.append(Edge(source, target))
    return Workflow("W", nodes, tuple(ends), Settings(**settings))


def codes(workflow: Workflow) -> list[str]:
    return [problem.code for problem in validate(workflow, CATALOG)]


START = {"s": "flow.manual_trigger"}


def test_a_loop_through_a_loop_node_is_legal() -> None:
    #  s > loop > work
    #       ^------'
    assert codes(made(START | {"l": "flow.loop", "w": "flow.no_op"}, "s>l", "l.loop>w", "w>l")) == []


def test_a_cycle_through_a_condition_is_legal() -> None:
    types = START | {"f": "data.filter", "w": "flow.no_op"}
    assert codes(made(types, "s>w", "w>f", "f.discarded>w")) == []


def test_a_cycle_that_nothing_ends_names_its_nodes_in_order() -> None:
    types = START | {"a": "flow.no_op", "b": "flow.no_op", "c": "flow.no_op"}
    problems = validate(made(types, "s>a", "a>b", "b>c", "c>a"), CATALOG)
    assert [problem.code for problem in problems] == ["WF216"]
    assert "'A' > 'B' > 'C' > 'A'" in problems[0].message


def test_every_knot_of_cycles_is_told_once() -> None:
    follows = {"a": ["b"], "b": ["a", "c"], "c": ["d"], "d": ["e"], "e": ["d"], "f": ["f"], "g": []}
    assert sorted(map(sorted, find_cycles(follows))) == [["a", "b"], ["d", "e"], ["f"]]


@pytest.mark.parametrize("source", ["items", "table", "object", "any"])
@pytest.mark.parametrize("target", ["items", "table", "object", "any"])
def test_kinds_that_convert_fit(source: Any, target: Any) -> None:
    workflow = made(START | {"a": "test.source", "b": "test.sink"}, "s>a", f"a.{source}>b.{target}")
    assert ("WF213" in codes(workflow)) == (target not in CONVERTS[source])


def test_only_objects_and_anything_fit_an_object() -> None:
    assert [kind for kind, fits in CONVERTS.items() if "object" in fits] == ["object", "any"]


def test_a_node_that_no_trigger_leads_to_is_a_warning() -> None:
    problems = validate(made(START | {"a": "flow.no_op", "b": "flow.no_op"}, "s>a"), CATALOG)
    assert [(p.code, p.node, p.severity) for p in problems] == [("WF221", "B", "warning")]


def test_no_trigger_is_a_warning_and_its_first_nodes_count_as_starts() -> None:
    problems = validate(made({"a": "flow.no_op", "b": "flow.no_op"}, "a>b"), CATALOG)
    assert [(p.code, p.severity) for p in problems] == [("WF222", "warning")]


def test_a_disabled_trigger_alone_is_a_warning() -> None:
    workflow = Workflow("W", {"s": Node("s", "S", "flow.manual_trigger", disabled=True)})
    assert [(p.code, p.severity) for p in validate(workflow, CATALOG)] == [("WF223", "warning")]


def test_what_an_expression_gives_is_not_judged() -> None:
    conditions = {"conditions": [{"left": "={{ $json.a }}", "operator": "string.equals", "right": "={{ 1 }}"}]}
    types = START | {
        "a": ("data.limit", {"count": "={{ $json.n }}", "keep": "={{ 'last' }}"}),
        "b": ("data.filter", {"conditions": conditions}),
        "c": (
            "web.http_request",
            {"url": "={{ $json.url }}", "headers": "={{ $json.h }}", "body": {"kind": "json", "json": "={{ 1 }}"}},
        ),
    }
    problems = validate(made(types, "s>a", "a>b", "b.kept>c"), CATALOG)
    assert [str(p) for p in problems if "expression" not in p.message and p.code != "WF204"] == []


def test_errors_come_before_warnings() -> None:
    problems = validate(made(START | {"lost": "flow.no_op", "x": "no.such"}, "s>x"), CATALOG)
    assert [problem.severity for problem in problems] == ["error", "warning"]


def test_names_in_code_that_may_never_be_reached_are_warnings() -> None:
    types = START | {"c": ("code.javascript", {"code": "return $('Nope').all()"})}
    problems = validate(made(types, "s>c", language="javascript"), CATALOG)
    assert [(p.code, p.severity) for p in problems] == [("WF209", "warning")]
