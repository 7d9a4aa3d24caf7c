"""Behaviour of ``data.sort`` and ``data.limit``."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from workflow_kernel.nodes.data._order import is_before, sorted_positions
from workflow_kernel.nodes.data.limit import convert_limit
from workflow_kernel.nodes.data.sort import convert_sort
from workflow_kernel.sdk import ImportedNode
from workflow_kernel.testing import run_node

ROWS = [{"n": 2, "s": "b"}, {"n": 10, "s": "A"}, {"n": 2, "s": "a"}, {"n": 1, "s": "B"}]


def by(*fields: str) -> list[dict[str, str]]:
    return [
        {"field": field.lstrip("-"), "order": "descending" if field.startswith("-") else "ascending"}
        for field in fields
    ]


def test_numbers_sort_by_value_and_items_keep_their_links() -> None:
    result = run_node("data.sort", {"by": by("n")}, ROWS)
    assert [row["n"] for row in result.json()] == [1, 2, 2, 10]
    assert result.sources() == [[(0, 3)], [(0, 0)], [(0, 2)], [(0, 1)]]


def test_texts_sort_without_regard_to_case_and_equal_ones_keep_their_order() -> None:
    assert [row["s"] for row in run_node("data.sort", {"by": by("s")}, ROWS).json()] == ["A", "a", "b", "B"]
    assert [row["s"] for row in run_node("data.sort", {"by": by("-s")}, ROWS).json()] == ["b", "B", "A", "a"]


def test_the_second_field_decides_where_the_first_is_equal() -> None:
    result = run_node("data.sort", {"by": by("-n", "s")}, ROWS)
    assert result.json() == [{"n": 10, "s": "A"}, {"n": 2, "s": "a"}, {"n": 2, "s": "b"}, {"n": 1, "s": "B"}]


def test_nested_fields_and_literal_names() -> None:
    data = [{"a": {"b": 2}, "a.c": 1}, {"a": {"b": 1}, "a.c": 2}]
    assert run_node("data.sort", {"by": by("a.b")}, data).json()[0]["a"] == {"b": 1}
    assert run_node("data.sort", {"by": by("-a.c"), "dot_notation": False}, data).json()[0]["a.c"] == 2


@pytest.mark.parametrize(("field", "literal"), [("no", False), ("a.b", True)])
def test_a_field_no_item_has_is_an_error(field: str, literal: bool) -> None:
    result = run_node("data.sort", {"by": by(field), "dot_notation": not literal}, [{"a": {"b": 1}}])
    assert result.error == f"Couldn't find the field '{field}' in the input data"


def test_no_field_at_all_is_an_error() -> None:
    assert run_node("data.sort", {}, ROWS).error == "No field to sort by is named."


def test_mixed_kinds_compare_as_in_javascript() -> None:
    assert sorted_positions([["10", 9, "8", 11]], [False]) == [2, 1, 0, 3]
    assert is_before([1, 2], "2")
    assert is_before(None, 1) and not is_before(1, None)
    assert not is_before("a", 1) and not is_before(1, "a")


def test_letters_beyond_the_basic_plane_sort_by_their_units() -> None:
    assert sorted_positions([["\uffee", "\U0001f600"]], [False]) == [1, 0]


def test_a_shuffle_keeps_all_items_and_a_seed_repeats_it() -> None:
    rows = [{"n": n} for n in range(50)]
    first = run_node("data.sort", {"mode": "random", "seed": 7}, rows).json()
    assert sorted(row["n"] for row in first) == list(range(50)) and first != rows
    assert run_node("data.sort", {"mode": "random", "seed": 7}, rows).json() == first


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", 'b.json["n"] - a.json["n"]'),
        ("python", 'one, other = a.json["n"], b.json["n"]\nreturn other - one'),
        ("javascript", "b.json.n - a.json.n"),
        ("javascript", "if (a.json.n > b.json.n) { return -1; }\nreturn a.json.n === b.json.n ? 0 : 1;"),
    ],
)
def test_code_compares_two_items(language: str, code: str) -> None:
    result = run_node("data.sort", {"mode": "code", "language": language, "code": code}, ROWS)
    assert result.sources() == [[(0, 1)], [(0, 0)], [(0, 2)], [(0, 3)]]


def test_code_that_fails_says_why() -> None:
    assert "nope" in run_node("data.sort", {"mode": "code", "language": "javascript", "code": "nope.x"}, ROWS).error
    assert "code" in run_node("data.sort", {"mode": "code"}, ROWS).error


def test_n8n_sorts_are_carried_over() -> None:
    def convert(parameters: Mapping[str, object]) -> dict[str, object]:
        return convert_sort(ImportedNode("n8n-nodes-base.sort", 1, parameters)).parameters

    fields = {"sortFieldsUi": {"sortField": [{"fieldName": "a"}, {"fieldName": "b", "order": "descending"}]}}
    assert convert(fields) == {"by": [{"field": "a"}, {"field": "b", "order": "descending"}], "dot_notation": True}
    assert convert({"type": "random"}) == {"mode": "random"}
    assert convert({"type": "code", "code": "return 0"})["language"] == "javascript"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"count": 2}, [2, 10]),
        ({"count": 2, "keep": "last"}, [2, 1]),
        ({"count": 9}, [2, 10, 2, 1]),
        ({"count": 0}, []),
    ],
)
def test_a_limit_keeps_items_of_one_end(parameters: dict[str, object], expected: list[int]) -> None:
    assert [row["n"] for row in run_node("data.limit", parameters, ROWS).json()] == expected


def test_the_last_items_keep_their_links() -> None:
    assert run_node("data.limit", {"count": 1, "keep": "last"}, ROWS).sources() == [[(0, 3)]]


def test_n8n_limits_are_carried_over() -> None:
    source = ImportedNode("n8n-nodes-base.limit", 1, {"keep": "={{ $json.end }}", "maxItems": "={{ $json.n }}"})
    parameters = convert_limit(source).parameters
    assert parameters["count"] == "={{ $json.n }}" and "lastItems" in parameters["keep"]
    assert convert_limit(ImportedNode("n8n-nodes-base.limit", 1, {})).parameters == {"count": 1, "keep": "first"}
