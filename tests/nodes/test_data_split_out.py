"""Behaviour of ``data.split_out``."""

from __future__ import annotations

import pytest

from workflow_kernel.nodes.data.split_out import convert_split_out
from workflow_kernel.sdk import Binary, Imported, ImportedNode, Item
from workflow_kernel.testing import run_node

ORDER = {"id": 1, "lines": [{"sku": "a"}, {"sku": "b"}], "tags": ["x", "y", "z"], "by": {"name": "Ada"}}


def converted(parameters: dict[str, object], version: float = 1) -> Imported:
    return convert_split_out(ImportedNode("n8n-nodes-base.splitOut", version, parameters))


def test_entries_that_are_objects_become_the_items() -> None:
    result = run_node("data.split_out", {"fields": ["lines"]}, [ORDER])
    assert result.json() == [{"sku": "a"}, {"sku": "b"}]


def test_entries_that_are_plain_stand_under_the_name_of_the_field() -> None:
    assert run_node("data.split_out", {"fields": "tags"}, [ORDER]).json() == [
        {"tags": "x"},
        {"tags": "y"},
        {"tags": "z"},
    ]


def test_each_new_item_is_linked_to_the_item_it_was_split_from() -> None:
    result = run_node("data.split_out", {"fields": ["n"]}, [{"n": [1, 2]}, {"n": []}, {"n": [3]}])
    assert result.sources() == [[(0, 0)], [(0, 0)], [(0, 2)]]


def test_several_lists_are_split_side_by_side_and_the_longest_counts() -> None:
    result = run_node("data.split_out", {"fields": "lines, tags"}, [ORDER])
    assert result.json() == [{"lines": {"sku": "a"}, "tags": "x"}, {"lines": {"sku": "b"}, "tags": "y"}, {"tags": "z"}]


def test_all_other_fields_come_along_without_the_list() -> None:
    result = run_node("data.split_out", {"fields": ["lines"], "include": "all"}, [ORDER])
    assert result.json()[1] == {"id": 1, "tags": ["x", "y", "z"], "by": {"name": "Ada"}, "lines": {"sku": "b"}}


def test_a_nested_list_is_taken_out_of_a_copy() -> None:
    data = {"a": {"list": [1, 2], "rest": True}}
    result = run_node("data.split_out", {"fields": ["a.list"], "include": "all"}, [data])
    assert result.json()[0] == {"a": {"rest": True}, "a.list": 1}
    assert data == {"a": {"list": [1, 2], "rest": True}}


def test_selected_fields_may_be_nested() -> None:
    parameters = {"fields": ["lines"], "include": "selected", "include_fields": ["id", "by.name"]}
    assert run_node("data.split_out", parameters, [ORDER]).json()[0] == {
        "lines": {"sku": "a"},
        "id": 1,
        "by.name": "Ada",
    }


def test_destinations_name_the_entries() -> None:
    parameters = {"fields": ["lines", "tags"], "destinations": ["line", "tag"]}
    assert run_node("data.split_out", parameters, [ORDER]).json()[0] == {"line": {"sku": "a"}, "tag": "x"}


def test_as_many_destinations_as_fields_are_needed() -> None:
    result = run_node("data.split_out", {"fields": ["lines", "tags"], "destinations": ["one"]}, [ORDER])
    assert "2 fields are split, but 1 destination" in result.error


def test_an_object_is_split_by_its_values_and_a_plain_value_is_the_only_entry() -> None:
    assert run_node("data.split_out", {"fields": ["o"]}, [{"o": {"x": 1, "y": 2}}]).json() == [{"o": 1}, {"o": 2}]
    assert run_node("data.split_out", {"fields": ["o"]}, [{"o": None}]).json() == [{"o": None}]


def test_a_list_of_lists_gives_items_keyed_by_position() -> None:
    assert run_node("data.split_out", {"fields": ["rows"]}, [{"rows": [["a", "b"]]}]).json() == [{"0": "a", "1": "b"}]


def test_an_item_without_the_field_gives_nothing_or_fails() -> None:
    assert run_node("data.split_out", {"fields": ["no"]}, [ORDER]).json() == []
    result = run_node("data.split_out", {"fields": ["no"], "missing": "error"}, [ORDER])
    assert result.error == "Couldn't find the field 'no' in the input data"


def test_a_value_that_is_no_list_may_fail_the_run_and_then_the_whole_input_goes_on() -> None:
    parameters = {"fields": ["id"], "not_list": "error"}
    result = run_node("data.split_out", parameters, [{"id": [1]}, ORDER], on_error="continue")
    assert result.error == "The provided field 'id' is not an array"
    assert result.json() == [{"id": [1]}, ORDER]


def test_without_dot_notation_dots_belong_to_the_name() -> None:
    data = {"a.b": [1], "a": {"b": [2, 3]}}
    assert run_node("data.split_out", {"fields": ["a.b"], "dot_notation": False}, [data]).json() == [{"a.b": 1}]


def test_attachments_are_split_into_items() -> None:
    item = Item({"id": 1}, {"one": Binary("1" * 64), "two": Binary("2" * 64)})
    result = run_node("data.split_out", {"fields": ["$binary"], "include": "all"}, [item])
    assert result.json() == [{"id": 1}, {"id": 1}]
    assert [list(part.binary or {}) for part in result.items()] == [["one"], ["two"]]


@pytest.mark.parametrize("keep", [True, False])
def test_attachments_stay_only_when_asked_for(keep: bool) -> None:
    item = Item(ORDER, {"file": Binary("1" * 64)})
    result = run_node("data.split_out", {"fields": ["lines"], "include_binary": keep}, [item])
    assert all(bool(part.binary) is keep for part in result.items())


def test_the_fields_may_differ_from_item_to_item() -> None:
    data = [{"which": "a", "a": [1], "b": [2]}, {"which": "b", "a": [1], "b": [2]}]
    result = run_node("data.split_out", {"fields": "={{ $json['which'] }}"}, data)
    assert result.json() == [{"a": 1}, {"b": 2}]


def test_no_field_at_all_is_an_error() -> None:
    assert run_node("data.split_out", {"fields": []}, [ORDER]).error == "No field to split out is named."


def test_n8n_parameters_are_carried_over() -> None:
    imported = converted(
        {
            "fieldToSplitOut": "$json.data, tags",
            "include": "selectedOtherFields",
            "fieldsToInclude": "id,by.name",
            "options": {"destinationFieldName": "one, two", "disableDotNotation": True, "includeBinary": True},
        }
    )
    assert imported.parameters == {
        "fields": ["data", "tags"],
        "include": "selected",
        "include_fields": ["id", "by.name"],
        "destinations": ["one", "two"],
        "dot_notation": False,
        "include_binary": True,
    }


def test_n8n_expressions_survive() -> None:
    imported = converted(
        {"fieldToSplitOut": "={{ $json.which }}", "options": {"disableDotNotation": "={{ $json.off }}"}}
    )
    assert imported.parameters["fields"] == "={{ $json.which }}"
    assert imported.parameters["dot_notation"] == "={{ !($json.off) }}"
