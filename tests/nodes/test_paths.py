"""Paths into JSON, and when values are equal."""

from __future__ import annotations

import pytest

from workflow_kernel.nodes import _paths
from workflow_kernel.nodes._paths import MISSING, deep_equal, delete_path, fuzzy_equal, get_path, set_path


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("a", ("a",)),
        ("a.b[0].c", ("a", "b", "0", "c")),
        ('a["b.c"].d', ("a", "b.c", "d")),
        ("[1][2]", ("1", "2")),
        ("a..b", ("a", "", "b")),
    ],
)
def test_a_path_is_read_as_lodash_reads_it(path, keys):
    assert _paths.parse_path(path) == keys


def test_a_key_that_stands_literally_wins_over_its_parts():
    assert get_path({"a.b": 1, "a": {"b": 2}}, "a.b") == 1
    assert get_path({"a": {"b": 2}}, "a.b") == 2
    assert get_path({"a": {"b": 2}}, "a.b", literal=True) is MISSING
    assert get_path({"a": None}, "a") is None
    assert get_path({"a": [1, 2]}, "a.length") == 2


def test_setting_copies_what_it_changes():
    inner = {"b": [1]}
    original = {"a": inner}
    changed = set_path(dict(original), "a.b[2]", 3)
    assert changed == {"a": {"b": [1, None, 3]}}
    assert original == {"a": {"b": [1]}}
    assert set_path({}, "list[1].x", 1) == {"list": [None, {"x": 1}]}
    assert set_path({"a": 1}, "a.b", 2) == {"a": {"b": 2}}
    assert set_path({}, "__proto__.x", 1) == {}


def test_deleting_copies_what_it_changes_and_keeps_places_in_lists():
    original = {"a": {"b": 1, "c": 2}, "l": [1, 2]}
    copy = dict(original)
    assert delete_path(copy, "a.b") and delete_path(copy, "l[0]") and not delete_path(copy, "no.such")
    assert copy == {"a": {"c": 2}, "l": [None, 2]}
    assert original == {"a": {"b": 1, "c": 2}, "l": [1, 2]}


def test_equal_values_have_the_same_type():
    assert deep_equal({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]})
    assert not deep_equal(True, 1)
    assert not deep_equal({"a": 1}, {"a": 1, "b": 2})
    assert deep_equal(float("nan"), float("nan"))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (3, "3", True),
        (3, "3.0", False),
        (None, "", True),
        ([], None, True),
        (MISSING, "", True),
        (MISSING, 0, False),
        ({"a": 1}, '{"a": 1}', True),
        ([1], "[1]", True),
        (True, "TRUE", True),
        (False, 0, True),
        (True, "1", True),
        ("a", "A", False),
        (None, 0, False),
    ],
)
def test_fuzzy_values_may_differ_in_type(a, b, expected):
    assert fuzzy_equal(a, b) is expected
    assert fuzzy_equal(b, a) is expected


def test_zero_may_count_as_empty():
    assert fuzzy_equal(None, 0, zero_is_empty=True) and fuzzy_equal("0", None, zero_is_empty=True)
