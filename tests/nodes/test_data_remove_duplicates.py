"""Behaviour of ``data.remove_duplicates``."""

from __future__ import annotations

from workflow_kernel.nodes.data.remove_duplicates import convert_remove_duplicates
from workflow_kernel.sdk import Binary, ImportedNode, Item
from workflow_kernel.testing import run_node

ROWS = [{"id": 1, "n": "a"}, {"id": 1, "n": "b"}, {"n": "a", "id": 1}, {"id": 2, "n": "a"}]


def test_equal_items_are_kept_once_and_the_rest_is_discarded() -> None:
    result = run_node("data.remove_duplicates", {}, ROWS)
    assert result.sources() == [[(0, 0)], [(0, 1)], [(0, 3)]]
    assert result.sources("discarded") == [[(0, 2)]]


def test_the_rest_can_be_dropped() -> None:
    result = run_node("data.remove_duplicates", {"send_discarded": False}, ROWS)
    assert result.sources() == [[(0, 0)], [(0, 1)], [(0, 3)]]
    assert len(result.outcome.outputs) == 1


def test_selected_fields_are_compared() -> None:
    result = run_node("data.remove_duplicates", {"compare": "selected", "fields": "id"}, ROWS)
    assert result.json() == [{"id": 1, "n": "a"}, {"id": 2, "n": "a"}]


def test_all_fields_but_some_are_compared() -> None:
    result = run_node("data.remove_duplicates", {"compare": "except", "fields": ["n"]}, ROWS)
    assert result.json() == [{"id": 1, "n": "a"}, {"id": 2, "n": "a"}]


def test_nested_fields_are_compared() -> None:
    data = [{"a": {"b": 1, "c": 1}}, {"a": {"b": 1, "c": 2}}]
    parameters = {"compare": "selected", "fields": ["a.b"]}
    assert len(run_node("data.remove_duplicates", parameters, data).json()) == 1
    assert len(run_node("data.remove_duplicates", {"compare": "except", "fields": ["a.c"]}, data).json()) == 1
    picked = run_node("data.remove_duplicates", {**parameters, "remove_other_fields": True}, data)
    assert picked.json() == [{"a": {"b": 1}}]


def test_values_of_different_types_differ_and_the_order_of_keys_does_not_count() -> None:
    values = ["1", 1, True, False, {}, [], None, "", {"x": [1, {"y": 2}], "z": 0}, 0]
    data = [{"v": value} for value in values]
    again = [{"v": {"z": 0, "x": [1, {"y": 2}]}}, {"v": 1.0}]
    assert run_node("data.remove_duplicates", {}, data + again).json() == data


def test_attachments_stay_unless_other_fields_go() -> None:
    items = [Item({"id": 1, "n": 2}, {"file": Binary("1" * 64)})]
    assert run_node("data.remove_duplicates", {}, items).items() == items
    parameters = {"compare": "selected", "fields": ["id"], "remove_other_fields": True}
    assert run_node("data.remove_duplicates", parameters, items).items() == [Item({"id": 1})]


def test_a_field_missing_from_some_items_may_be_an_error() -> None:
    data = [{"id": 1}, {"n": 1}]
    parameters = {"compare": "selected", "fields": ["id"]}
    assert len(run_node("data.remove_duplicates", parameters, data).json()) == 2
    result = run_node("data.remove_duplicates", {**parameters, "missing": "error"}, data)
    assert result.error == "'id' field is missing from some input items"
    assert run_node("data.remove_duplicates", {"missing": "error"}, data).error == result.error


def test_types_that_vary_may_be_an_error() -> None:
    data = [{"id": 1}, {"id": None}, {"id": "1"}]
    for given, error in (("error_but_null", True), ("error", True), ("allow", False)):
        result = run_node("data.remove_duplicates", {"mixed_types": given}, data)
        assert bool(result.error) is error
    assert run_node("data.remove_duplicates", {"mixed_types": "error_but_null"}, data[:2]).error == ""
    assert "isn't always the same type" in run_node("data.remove_duplicates", {"mixed_types": "error"}, data[:2]).error


def test_no_field_to_compare_is_an_error() -> None:
    assert run_node("data.remove_duplicates", {"compare": "selected"}, ROWS).error == "No field to compare is named."


def test_values_of_earlier_runs_are_remembered() -> None:
    parameters = {"against": "history", "value": "={{ $json['id'] }}"}
    first = run_node("data.remove_duplicates", parameters, ROWS)
    assert [row["id"] for row in first.json()] == [1, 2]
    second = run_node("data.remove_duplicates", parameters, [{"id": 2}, {"id": 3}], state=first.state, run_index=1)
    assert second.json() == [{"id": 3}]
    assert second.json("discarded") == [{"id": 2}]
    cleared = run_node("data.remove_duplicates", {"against": "forget"}, [{"id": 2}], state=second.state)
    assert cleared.state == {}


def test_only_so_many_values_are_remembered() -> None:
    parameters = {"against": "history", "value": "={{ $json['id'] }}", "history_size": 1}
    first = run_node("data.remove_duplicates", parameters, [{"id": 1}, {"id": 2}])
    second = run_node("data.remove_duplicates", parameters, [{"id": 1}, {"id": 2}], state=first.state)
    assert second.json() == [{"id": 1}]


def test_only_values_above_all_before_are_kept() -> None:
    parameters = {"against": "history", "keep_if": "larger_number", "value": "={{ $json['id'] }}"}
    first = run_node("data.remove_duplicates", parameters, [{"id": 5}, {"id": 3}])
    assert len(first.json()) == 2
    second = run_node("data.remove_duplicates", parameters, [{"id": 5}, {"id": "6"}, {"id": 4}], state=first.state)
    assert second.json() == [{"id": "6"}]
    wrong = run_node("data.remove_duplicates", parameters, [{"id": "x"}, {"id": 9}], on_error="branch")
    assert wrong.json() == [{"id": 9}]
    assert wrong.json("error")[0]["error"] == "The value 'x' is not a number."


def test_only_later_dates_are_kept() -> None:
    parameters = {"against": "history", "keep_if": "later_date", "value": "={{ $json['at'] }}"}
    first = run_node("data.remove_duplicates", parameters, [{"at": "2025-01-02T00:00:00Z"}])
    later = [{"at": "2025-01-01"}, {"at": "2025-02-01"}]
    assert run_node("data.remove_duplicates", parameters, later, state=first.state).json() == [{"at": "2025-02-01"}]


def test_n8n_versions_differ_in_what_they_check() -> None:
    def convert(version: float, **parameters: object) -> dict[str, object]:
        return convert_remove_duplicates(
            ImportedNode("n8n-nodes-base.removeDuplicates", version, parameters)
        ).parameters

    assert convert(1)["mixed_types"] == "error"
    assert convert(1.1, compare="selectedFields", fieldsToCompare="a, b")["fields"] == ["a", "b"]
    assert convert(2)["mixed_types"] == "error_but_null"
    history = convert(2, operation="removeItemsSeenInPreviousExecutions", dedupeValue="={{ $json.id }}")
    assert history == {"against": "history", "keep_if": "new_value", "value": "={{ $json.id }}"}
