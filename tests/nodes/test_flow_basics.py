"""Behaviour of ``flow.manual_trigger``, ``flow.no_op`` and ``flow.stop_and_error``."""

from __future__ import annotations

import pytest

from workflow_kernel.nodes.flow.stop_and_error import StopAndError
from workflow_kernel.runs.lineage import Lineage
from workflow_kernel.runs.outcome import Failed
from workflow_kernel.sdk import Binary, ImportedNode, Item, Items
from workflow_kernel.testing import run_node


def test_a_manual_start_gives_one_empty_item() -> None:
    assert run_node("flow.manual_trigger").json() == [{}]


def test_a_manual_start_passes_the_items_given() -> None:
    result = run_node("flow.manual_trigger", {}, [{"a": 1}, {"a": 2}])
    assert result.json() == [{"a": 1}, {"a": 2}]
    assert result.sources() == [[], []]


def test_no_operation_passes_items_linked_to_themselves() -> None:
    items = Items([Item({"a": 1}, {"file": Binary("1" * 64)}), Item({"a": 2})], Lineage.one([5, 3]))
    result = run_node("flow.no_op", {}, items)
    assert result.items() == items.rows
    assert result.sources() == [[(0, 0)], [(0, 1)]]
    assert items.lineage.kind == "one"


def test_it_stops_with_a_message() -> None:
    assert run_node("flow.stop_and_error", {"message": "={{ 'no ' + $json['a'] }}"}, [{"a": "b"}]).error == "no b"
    assert run_node("flow.stop_and_error", {}, [{}]).error == "The workflow was stopped."


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"message": "m", "code": 404}, "m"),
        ('{"description": "d"}', "d"),
        ({"error": "e"}, "e"),
        ({"code": 1}, 'Error: {"code":1}'),
        ('"text"', "text"),
    ],
)
def test_it_stops_with_an_object(given: object, message: str) -> None:
    result = run_node("flow.stop_and_error", {"kind": "object", "object": given}, [{}])
    assert result.error == message
    assert isinstance(result.outcome, Failed) and isinstance(result.outcome.error.data, dict)


def test_an_object_that_is_not_json_is_told() -> None:
    assert "not JSON" in run_node("flow.stop_and_error", {"kind": "object", "object": "{"}, [{}]).error


def test_n8n_stops_are_carried_over() -> None:
    name = "n8n-nodes-base.stopAndError"
    convert = StopAndError.spec.imports[name]
    assert convert(ImportedNode(name, 1, {"errorMessage": "=x {{ 1 }}"})).parameters == {"message": "=x {{ 1 }}"}
    given = {"errorType": "errorObject", "errorObject": "{}"}
    assert convert(ImportedNode(name, 1, given)).parameters == {"kind": "object", "object": "{}"}
