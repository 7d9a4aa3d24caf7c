"""Behaviour of ``data.aggregate``."""

from __future__ import annotations

from workflow_kernel.nodes.data.aggregate import convert_aggregate
from workflow_kernel.sdk import Binary, ImportedNode, Item
from workflow_kernel.testing import run_node

PEOPLE = [{"name": "Ada", "tags": ["a", None]}, {"name": None, "tags": ["b"]}, {"tags": "c"}]


def test_a_field_becomes_a_list_without_what_is_missing() -> None:
    result = run_node("data.aggregate", {"fields": [{"field": "name"}]}, PEOPLE)
    assert result.json() == [{"name": ["Ada"]}]
    assert result.sources() == [[(0, 0), (0, 1), (0, 2)]]


def test_missing_values_may_be_kept_as_null() -> None:
    parameters = {"fields": [{"field": "name"}, {"field": "tags"}], "keep_missing": True}
    assert run_node("data.aggregate", parameters, PEOPLE).json() == [
        {"name": ["Ada", None, None], "tags": [["a", None], ["b"], "c"]}
    ]


def test_lists_may_be_merged() -> None:
    parameters = {"fields": [{"field": "tags"}], "merge_lists": True}
    assert run_node("data.aggregate", parameters, PEOPLE).json() == [{"tags": ["a", "b", "c"]}]


def test_a_list_may_be_renamed_into_a_nested_place() -> None:
    parameters = {"fields": [{"field": "a.b", "rename": "all.b"}, {"field": "a.c"}]}
    data = [{"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": 4}}]
    assert run_node("data.aggregate", parameters, data).json() == [{"all": {"b": [1, 3]}, "c": [2, 4]}]


def test_without_dot_notation_names_are_literal() -> None:
    parameters = {"fields": [{"field": "a.b"}], "dot_notation": False}
    assert run_node("data.aggregate", parameters, [{"a.b": 1, "a": {"b": 2}}]).json() == [{"a.b": [1]}]


def test_two_lists_cannot_have_one_name() -> None:
    result = run_node("data.aggregate", {"fields": [{"field": "x.id"}, {"field": "y.id"}]}, [{}])
    assert result.error == "The 'id' output field is used more than once"


def test_a_field_no_item_has_gives_an_empty_list_or_fails() -> None:
    assert run_node("data.aggregate", {"fields": [{"field": "no"}]}, PEOPLE).json() == [{"no": []}]
    result = run_node("data.aggregate", {"fields": [{"field": "no"}], "missing": "error"}, PEOPLE, on_error="branch")
    assert result.error == "Couldn't find the field 'no' in the input data"
    assert len(result.items("error")) == 3


def test_whole_items_become_one_list() -> None:
    result = run_node("data.aggregate", {"mode": "items", "destination": "people"}, PEOPLE)
    assert result.json() == [{"people": PEOPLE}]


def test_whole_items_with_some_fields_leave_out_items_that_have_none() -> None:
    parameters = {"mode": "items", "include": "selected", "include_fields": ["name"]}
    result = run_node("data.aggregate", parameters, PEOPLE)
    assert result.json() == [{"data": [{"name": "Ada"}, {"name": None}]}]
    assert result.sources() == [[(0, 0), (0, 1)]]


def test_whole_items_without_some_fields() -> None:
    parameters = {"mode": "items", "include": "except", "include_fields": "tags"}
    assert run_node("data.aggregate", parameters, PEOPLE).json() == [{"data": [{"name": "Ada"}, {"name": None}]}]


def test_attachments_come_along_under_free_names() -> None:
    files = [
        Item({}, {"file": Binary("1" * 64)}),
        Item({}, {"file": Binary("2" * 64)}),
        Item({}, {"file": Binary("1" * 64)}),
    ]
    parameters = {"mode": "items", "include_binary": True}
    assert list(run_node("data.aggregate", parameters, files).items()[0].binary or {}) == ["file", "file_1", "file_2"]
    unique = run_node("data.aggregate", {**parameters, "unique_binary": True}, files).items()[0].binary or {}
    assert list(unique) == ["file", "file_1"]


def test_n8n_parameters_are_carried_over() -> None:
    source = ImportedNode(
        "n8n-nodes-base.aggregate",
        1,
        {
            "fieldsToAggregate": {
                "fieldToAggregate": [
                    {"fieldToAggregate": "id", "renameField": True, "outputFieldName": "ids"},
                    {"fieldToAggregate": "n"},
                ]
            },
            "options": {"keepMissing": True, "mergeLists": True},
        },
    )
    assert convert_aggregate(source).parameters == {
        "fields": [{"field": "id", "rename": "ids"}, {"field": "n"}],
        "keep_missing": True,
        "merge_lists": True,
        "dot_notation": True,
    }
