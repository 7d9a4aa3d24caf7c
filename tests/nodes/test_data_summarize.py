"""Behaviour of ``data.summarize``."""

from __future__ import annotations

from typing import Any

import pytest

from workflow_kernel.nodes.data.summarize import convert_summarize
from workflow_kernel.sdk import ImportedNode
from workflow_kernel.testing import run_node

SALES = [
    {"shop": "north", "year": 2024, "price": 10, "note": "x"},
    {"shop": "south", "year": 2024, "price": 2.5, "note": ""},
    {"shop": "north", "year": 2025, "price": None, "note": "x"},
    {"shop": "north", "year": 2024, "price": 20},
]


def summarize(summaries: list[dict[str, Any]], data: Any = SALES, **parameters: Any) -> Any:
    return run_node("data.summarize", {"summaries": summaries, **parameters}, data)


@pytest.mark.parametrize(
    ("summary", "name", "expected"),
    [
        ({"aggregation": "sum", "field": "price"}, "sum_price", 32.5),
        ({"aggregation": "average", "field": "price"}, "average_price", 32.5 / 3),
        ({"aggregation": "max", "field": "price"}, "max_price", 20),
        ({"aggregation": "min", "field": "price"}, "min_price", 2.5),
        ({"aggregation": "max", "field": "shop"}, "max_shop", "south"),
        ({"aggregation": "min", "field": "shop"}, "min_shop", "north"),
        ({"field": "price"}, "count_price", 3),
        ({"field": "price", "include_empty": True}, "count_price", 4),
        ({"aggregation": "count_unique", "field": "shop"}, "unique_count_shop", 2),
        ({"aggregation": "count_unique", "field": "note"}, "unique_count_note", 1),
        ({"aggregation": "append", "field": "note"}, "appended_note", ["x", "x"]),
        ({"aggregation": "append", "field": "note", "include_empty": True}, "appended_note", ["x", "", "x", None]),
        ({"aggregation": "concatenate", "field": "price", "separator": " | "}, "concatenated_price", "10 | 2.5 | 20"),
        (
            {"aggregation": "concatenate", "field": "price", "include_empty": True},
            "concatenated_price",
            "10,2.5,null,20",
        ),
    ],
)
def test_each_aggregation(summary: dict[str, Any], name: str, expected: object) -> None:
    assert summarize([summary]).json() == [{name: expected}]


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [("sum", 0), ("average", None), ("max", None), ("min", None), ("count", 0), ("append", []), ("concatenate", "")],
)
def test_a_field_no_item_has_counts_as_empty(aggregation: str, expected: object) -> None:
    row = summarize([{"aggregation": aggregation, "field": "no"}]).json()[0]
    assert list(row.values()) == [expected]


def test_a_field_no_item_has_may_be_an_error() -> None:
    assert summarize([{"field": "no"}], missing="error").error == "The field 'no' does not exist in any items"


def test_texts_that_look_like_numbers_are_not_added() -> None:
    assert summarize([{"aggregation": "sum", "field": "n"}], [{"n": "5"}, {"n": True}, {"n": 1}]).json() == [
        {"sum_n": 1}
    ]


def test_groups_are_items_linked_to_what_they_are_made_of() -> None:
    result = summarize([{"aggregation": "sum", "field": "price"}], split_by=["shop", "year"])
    assert result.json() == [
        {"shop": "north", "year": 2024, "sum_price": 30},
        {"shop": "north", "year": 2025, "sum_price": 0},
        {"shop": "south", "year": 2024, "sum_price": 2.5},
    ]
    assert result.sources() == [[(0, 0), (0, 3)], [(0, 2)], [(0, 1)]]


def test_groups_may_be_objects_in_one_item() -> None:
    result = summarize([{"field": "price"}], split_by="shop, year", output="single")
    assert result.json() == [
        {"north": {"2024": {"count_price": 2}, "2025": {"count_price": 0}}, "south": {"2024": {"count_price": 1}}}
    ]
    assert result.sources() == [[(0, 0), (0, 1), (0, 2), (0, 3)]]


def test_values_that_make_groups_keep_their_type_or_become_text() -> None:
    data = [{"g": 1, "n": 1}, {"g": None, "n": 1}, {"g": True, "n": 1}, {"g": {"a": 1}, "n": 1}, {"n": 1}]
    kept = summarize([{"field": "n"}], data, split_by=["g"]).json()
    assert [row.get("g", "(none)") for row in kept] == [1, None, True, '{"a":1}', "(none)"]
    text = summarize([{"field": "n"}], data, split_by=["g"], group_values="text").json()
    assert [row["g"] for row in text] == ["1", "null", "true", '{"a":1}', "undefined"]


def test_groups_of_whole_numbers_may_come_first() -> None:
    data = [{"g": value, "n": 1} for value in ("b", "10", "9", "a")]
    rows = summarize([{"field": "n"}], data, split_by=["g"], group_order="numbers_first").json()
    assert [row["g"] for row in rows] == ["9", "10", "b", "a"]


def test_items_without_a_value_to_group_by_may_be_left_out() -> None:
    data = [{"g": "", "n": 1}, {"g": 0, "n": 1}, {"n": 1}, {"g": None, "n": 1}]
    rows = summarize([{"field": "n"}], data, split_by=["g"], skip_empty_groups=True).json()
    assert rows == [{"g": 0, "count_n": 1}]


def test_nested_and_literal_names() -> None:
    data = [{"a": {"b c": 1}, "a.b": 5, "g": {"x": "one"}}]
    nested = summarize([{"aggregation": "sum", "field": "a.b c"}], data, split_by=["g.x"])
    assert nested.json() == [{"g_x": "one", "sum_a_b_c": 1}]
    assert summarize([{"aggregation": "sum", "field": "a.b"}], data, dot_notation=False).json() == [{"sum_a_b": 5}]


def test_nothing_to_summarize_is_an_error() -> None:
    assert summarize([]).error == "No field to summarize is named."


def test_n8n_versions_differ() -> None:
    parameters = {
        "fieldsToSummarize": {
            "values": [
                {"field": "a"},
                {"aggregation": "countUnique", "field": "b", "includeEmpty": True},
                {"aggregation": "concatenate", "field": "c", "separateBy": "other", "customSeparator": "-"},
            ]
        },
        "fieldsToSplitBy": "x, y",
        "options": {"outputFormat": "singleItem", "skipEmptySplitFields": True},
    }
    expected = {
        "summaries": [
            {"aggregation": "count", "field": "a"},
            {"aggregation": "count_unique", "field": "b", "include_empty": True},
            {"aggregation": "concatenate", "field": "c", "separator": "-"},
        ],
        "split_by": ["x", "y"],
        "output": "single",
        "skip_empty_groups": True,
        "dot_notation": True,
    }
    new = convert_summarize(ImportedNode("n8n-nodes-base.summarize", 1.1, parameters))
    assert new.parameters == expected
    old = convert_summarize(ImportedNode("n8n-nodes-base.summarize", 1, parameters))
    assert old.parameters == {**expected, "missing": "error", "group_values": "text"}
