"""The importer takes whatever somebody may hand it: a workflow comes of it, or every place that is wrong is told."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.interchange.workflows import exported, imported, importer, placed
from workflow_kernel.base.errors import InvalidWorkflowError, WorkflowError
from workflow_kernel.graph import format as flow_format

TYPES = sorted(importer()._converters)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 3) | st.just(10**30),
    st.sampled_from([0.5, 1e308, math.nan, math.inf]),
    st.sampled_from(["", "x", "={{ 1 }}", "=x", "\ud800", "2024-13-45", "a" * 500, "add", "manual", "constructor"]),
)
VALUES = st.recursive(
    ODD,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["values", "value", "name", "", "a", "string"]), inner, max_size=2)
    ),
    max_leaves=4,
)
SEED = exported(
    [
        placed("Set", "set", 3.4, {"assignments": {"assignments": [{"name": "a", "value": "={{ 1 }}"}]}}),
        placed("If", "if", 2.2, {"conditions": {"conditions": [{"leftValue": 1, "operator": {"operation": "gt"}}]}}),
        placed("Merge", "merge", 3, {"mode": "combine", "fieldsToMatchString": "a", "options": {}}),
        placed("Get", "httpRequest", 4.2, {"url": "x", "options": {"redirect": {"redirect": {}}}}),
        placed("Note", "stickyNote", 1, {"content": "x", "width": 1}),
    ],
    ["Start > Set", "Set > If", "If > Merge", "If 1 > Merge 1", "Merge > Get"],
) | {"pinData": {"Set": [{"json": {}}]}, "tags": [{"name": "a"}], "name": "Seed"}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, child in children for found in [(*path, key), *places(child, (*path, key))]]


def convert(source: Any) -> None:
    """Import it and write it down; only errors made on purpose may come of it."""
    try:
        flow_format.write(imported(source).workflow)
    except WorkflowError as error:
        assert str(error)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_place_of_a_workflow_may_hold_anything(data: st.DataObject) -> None:
    source = copy.deepcopy(SEED)
    for _ in range(data.draw(st.integers(1, 2))):
        *path, last = data.draw(st.sampled_from(places(source)))
        part: Any = source
        for key in path:
            part = part[key]
        if data.draw(st.booleans()):
            part[last] = data.draw(VALUES)
        elif isinstance(part, dict):
            del part[last]
    convert(source)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(TYPES), st.data())
def test_any_parameter_of_any_node_may_hold_anything(kind: str, data: st.DataObject) -> None:
    names = st.sampled_from(["operation", "mode", "options", "conditions", "values", "fields", "rules", "assignments"])
    parameters = data.draw(st.dictionaries(names, VALUES, max_size=3))
    convert(exported([placed("Node", kind, data.draw(st.sampled_from([1, 2, 3.4])), parameters)], ["Start > Node"]))


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"connections": {"Start": {"main": [[{"node": "Set", "index": "x"}]]}}}, "connections.Start.main.0.0", "'x'"),
        ({"connections": "x"}, "connections", "'x'"),
        ({"pinData": {"Set": 5}}, "pinData.Set", "5"),
        ({"settings": [1]}, "settings", "a list of 1"),
        ({"nodes": [{"name": "A", "type": "a", "parameters": "x"}]}, "nodes.0.parameters", "'x'"),
        ({"nodes": [{"name": "A", "type": "a", "typeVersion": "x"}]}, "nodes.0.typeVersion", "'x'"),
        ({"nodes": [{"name": ["A"], "type": "a"}]}, "nodes.0.name", "a list of 1"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_value(change: dict[str, Any], field: str, value: str) -> None:
    with pytest.raises(InvalidWorkflowError) as caught:
        imported({**SEED, **change})
    problem = caught.value.problems[0]
    assert problem.code == "WF120"
    assert problem.field.startswith(field)
    assert value in problem.message
    assert problem.mend


def test_values_nested_too_deeply_are_told() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(InvalidWorkflowError, match="WF137"):
        imported(exported([placed("Set", "set", 3.4, {"x": deep})], []))


def test_the_parameter_that_cannot_be_read_is_named() -> None:
    odd = {"assignments": {"assignments": [5]}, "options": {}}
    report = imported(exported([placed("Set", "set", 3.4, odd)], [])).nodes[1]
    assert not report.is_covered
    assert report.warnings[0].startswith("Its parameter 'assignments.assignments' could not be read: a list of 1.")


def test_odd_places_on_the_canvas_do_not_refuse_a_workflow() -> None:
    source = exported([placed("Set", "set", 3.4)], [])
    source["nodes"][1]["position"] = ["x", math.nan]
    assert {node.position for node in imported(source).workflow.nodes.values()} == {(0.0, 0.0)}


def test_empty_lists_may_stand_for_what_is_not_there() -> None:
    source = exported([placed("Set", "set", 3.4)], [])
    source |= {"connections": [], "pinData": [], "settings": [], "tags": None}
    source["nodes"][1]["parameters"] = []
    assert imported(source).is_complete
