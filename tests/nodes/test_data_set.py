"""Set fields."""

from __future__ import annotations

import pytest

from workflow_kernel.base.errors import NodeError
from workflow_kernel.nodes.data._set_import import from_n8n
from workflow_kernel.runs.item import Binary, Item
from workflow_kernel.sdk import ImportedNode
from workflow_kernel.testing import run_node


def imported(version: float, parameters: dict, *items, **options):
    ours = from_n8n(ImportedNode("n8n-nodes-base.set", version, parameters)).parameters
    return run_node("data.set", ours, list(items), language="javascript", **options)


def test_fields_are_added_and_items_stay_linked():
    fields = [{"name": "a.b", "value": "={{ $json.n * 2 }}"}, {"name": "c", "value": "5", "type": "number"}]
    given = [{"n": 1, "a": {"x": 0}}, {"n": 2}]
    result = run_node("data.set", {"fields": fields}, given, language="javascript")
    assert result.json() == [{"n": 1, "a": {"x": 0, "b": 2}, "c": 5}, {"n": 2, "a": {"b": 4}, "c": 5}]
    assert result.sources() == [[(0, 0)], [(0, 1)]]
    assert given[0] == {"n": 1, "a": {"x": 0}}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("string", {"a": 1}, '{"a":1}'),
        ("string", True, "true"),
        ("string", None, None),
        ("number", "3.5", 3.5),
        ("boolean", "false", False),
        ("truthy", "false", True),
        ("array", "[1, 2]", [1, 2]),
        ("object", "{a: 1}", {"a": 1}),
        ("numeric", "12", 12),
        ("numeric", "twelve", "twelve"),
        ("any", [1], [1]),
    ],
)
def test_values_are_converted_to_the_type_of_their_field(kind, value, expected):
    fields = [{"name": "x", "value": value, "type": kind}]
    assert run_node("data.set", {"fields": fields, "include": "none"}, [{}]).json() == [{"x": expected}]


def test_a_value_of_another_type_fails_its_item():
    fields = [{"name": "x", "value": "={{ $json.v }}", "type": "number"}]
    items = [{"v": "1"}, {"v": "one"}, {"v": 3}]
    with pytest.raises(NodeError, match=r"'x' expects a number but we got 'one' \[item 1\]"):
        run_node("data.set", {"fields": fields}, items, language="javascript").json()
    result = run_node("data.set", {"fields": fields}, items, language="javascript", on_error="branch")
    assert [item["x"] for item in result.json()] == [1, 3]
    assert result.sources() == [[(0, 0)], [(0, 2)]]
    assert result.json("error")[0]["v"] == "one"
    parameters = {"fields": fields, "ignore_conversion_errors": True}
    assert run_node("data.set", parameters, items, language="javascript").json()[1]["x"] == "one"


def test_a_constant_that_cannot_be_converted_fails_every_item():
    fields = [{"name": "x", "value": "one", "type": "number"}]
    result = run_node("data.set", {"fields": fields}, [{}, {}], on_error="branch")
    assert result.json() == [] and len(result.json("error")) == 2


def test_input_fields_stay_as_asked():
    item = {"id": 1, "a": {"b": 2, "c": 3}}

    def run(**parameters):
        return run_node("data.set", {"fields": [{"name": "x", "value": 0}], **parameters}, [item]).json()

    assert run(include="none") == [{"x": 0}]
    assert run(include="selected", selected_fields=["id", "a.b"]) == [{"id": 1, "b": 2, "x": 0}]
    assert run(include="selected", selected_fields="id , gone") == [{"id": 1, "x": 0}]
    assert run(include="except", selected_fields=["a.b"]) == [{"id": 1, "a": {"c": 3}, "x": 0}]
    assert run(include="except", selected_fields=["a.b"], dot_notation=False) == [{**item, "x": 0}]


def test_attachments_stay_as_asked():
    items = [Item({"a": 1}, {"file": Binary("0" * 64)})]

    def run(**parameters):
        return run_node("data.set", parameters, items).items()[0].binary

    assert run() == items[0].binary
    assert run(include="none") is None
    assert run(include="none", attachments="keep") == items[0].binary
    assert run(attachments="drop") is None
    fields = [{"name": "copy", "value": "file", "type": "binary"}]
    assert set(run(fields=fields)) == {"file", "copy"}


def test_fields_come_from_a_json_object_or_its_text():
    assert run_node("data.set", {"mode": "json", "data": {"a.b": 1}}, [{"x": 1}]).json() == [{"x": 1, "a": {"b": 1}}]
    assert run_node("data.set", {"mode": "json", "data": "{a: 1,}"}, [{}]).json() == [{"a": 1}]
    with pytest.raises(NodeError, match="invalid JSON"):
        run_node("data.set", {"mode": "json", "data": "{a"}, [{}]).json()
    with pytest.raises(NodeError, match="valid JSON object"):
        run_node("data.set", {"mode": "json", "data": "[1]"}, [{}]).json()


def test_copies_are_linked_to_their_item():
    result = run_node("data.set", {"copies": 2}, [{"a": 1}, {"a": 2}])
    assert [item["a"] for item in result.json()] == [1, 1, 1, 2, 2, 2]
    assert result.sources()[4] == [(0, 1)]


def test_the_first_n8n_versions():
    values = {"string": [{"value": "s"}], "boolean": [{"name": "b", "value": "={{ 'no' }}"}], "number": [{"name": "n"}]}
    assert imported(1, {"values": values}, {"k": 1}).json() == [{"k": 1, "b": True, "n": 0, "propertyName": "s"}]
    parameters = {"keepOnlySet": True, "values": {"number": [{"name": "n", "value": "={{ '7' }}"}]}}
    assert imported(1, parameters, {"k": 1}).json() == [{"n": "7"}]
    assert imported(2, parameters, {"k": 1}).json() == [{"n": 7}]
    missing = {"values": {"string": [{"name": "k", "value": "={{ $json.none }}"}]}}
    assert imported(2, missing, {"k": 1}).json() == [{}]


def test_null_texts_by_n8n_version():
    def fields(version):
        return imported(version, {"fields": {"values": [{"name": "x", "stringValue": "={{ null }}"}]}}, {"k": 1})

    assert fields(3).json() == [{"k": 1, "x": "null"}]
    assert "expects a string but we got 'null'" in fields(3.1).error
    assert fields(3.2).json() == [{"k": 1, "x": None}]


def test_json_with_expressions_in_it_as_in_n8n():
    data = '={\n "o": {{ $json.o }}, "t": "{{ $json.t }}", "n": {{ $json.none ?? null }} }'
    result = imported(3.4, {"mode": "raw", "jsonOutput": data}, {"o": {"a": [1]}, "t": "x"})
    assert result.json() == [{"o": {"a": [1]}, "t": "x", "n": None}]
    lone = imported(3.4, {"mode": "raw", "jsonOutput": "={{ $json.o }}"}, {"o": {"a": [1]}})
    assert lone.json() == [{"a": [1]}]


def test_which_fields_and_attachments_stay_in_n8n():
    file = {"f": Binary("0" * 64)}
    item = Item({"a": 1, "b": 2}, file)
    assert imported(3.4, {}, item).items() == [Item({})]
    assert imported(3.4, {"includeOtherFields": True}, item).items() == [item]
    stripped = imported(3.4, {"includeOtherFields": True, "options": {"stripBinary": True}}, item)
    assert stripped.items() == [Item({"a": 1, "b": 2})]
    assert imported(3.3, {"includeOtherFields": True}, item).items() == [Item({"a": 1, "b": 2})]
    some = {"includeOtherFields": True, "include": "selected", "includeFields": "b"}
    assert imported(3.3, {**some, "options": {"includeBinary": True}}, item).items() == [Item({"b": 2}, file)]
