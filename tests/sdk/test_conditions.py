"""Conditions: what matches, what fails and how n8n's conditions are read."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest

from workflow_kernel.expressions.scope import UNDEFINED, Failure
from workflow_kernel.sdk import patterns
from workflow_kernel.sdk.conditions import (
    ConditionFailure,
    Conditions,
    Constant,
    compile_conditions,
    conditions_from_n8n,
    evaluate,
)


def outcome(left: Any, operator: str, right: Any = None, zone: str = "UTC", **options: Any) -> bool | ConditionFailure:
    conditions = Conditions.model_validate(
        {"conditions": [{"left": None, "operator": operator}], "options": {"types": "strict", **options}}
    )
    return evaluate(conditions, [Constant(left)], [Constant(right)], zone=zone)[0]


@pytest.mark.parametrize(
    ("left", "operator", "right"),
    [
        ("abc", "string.contains", "b"),
        (None, "string.equals", ""),
        (UNDEFINED, "string.not_exists", None),
        ("a\nb", "string.not_matches", "a.b"),
        (3, "number.larger", 2.5),
        (None, "number.smaller", 1),
        (0, "number.not_empty", None),
        (True, "boolean.true", None),
        (None, "boolean.false", None),
        ("2024-01-02", "date.after", "2024-01-01T23:59:59Z"),
        ("2024-01-01T12:00:00+02:00", "date.equals", "2024-01-01T10:00:00Z"),
        ([1, {"a": 2}], "array.contains", {"a": 2}),
        ([True], "array.not_contains", 1),
        ([1, 2], "array.length_larger_or_equal", 2),
        ({}, "object.empty", None),
        ("", "any.empty", None),
    ],
)
def test_a_condition_holds(left: Any, operator: str, right: Any) -> None:
    assert outcome(left, operator, right) is True


@pytest.mark.parametrize(
    ("left", "operator", "right"),
    [
        (UNDEFINED, "number.smaller", 1),
        (None, "date.not_equals", "2024-01-01"),
        (float("nan"), "number.exists", None),
        (UNDEFINED, "string.exists", None),
        (None, "array.length_equals", 1),
    ],
)
def test_a_condition_does_not_hold(left: Any, operator: str, right: Any) -> None:
    assert outcome(left, operator, right) is False


def test_strict_types_name_the_condition_the_item_and_the_mend() -> None:
    result = outcome("15", "number.equals", 15)
    assert isinstance(result, ConditionFailure)
    assert result.message == "Wrong type: '15' is a string but was expecting a number [condition 0, item 0]"
    assert "'loose'" in result.mend
    assert result.as_error().item == 0


def test_a_strict_right_side_is_checked_as_well() -> None:
    result = outcome(15, "number.equals", "15")
    assert isinstance(result, ConditionFailure)
    assert "right value" in result.mend


def test_loose_types_are_converted() -> None:
    assert outcome("15", "number.larger", "9", types="loose") is True
    assert outcome(15, "string.equals", "15", types="loose") is True
    assert outcome("[1]", "array.length_equals", 1, types="loose") is True
    assert outcome("no", "boolean.true", types="loose") is True
    assert outcome("false", "boolean.true", types="loose") is False
    assert outcome("false", "boolean.true", types="loose", boolean_text="truthy") is True
    assert isinstance(outcome("x", "number.equals", 1, types="loose"), ConditionFailure)


def test_values_as_they_are_compare_as_in_javascript() -> None:
    assert outcome("3", "number.equals", 3, types="as_is") is False
    assert outcome("10", "number.larger", 9, types="as_is") is True
    assert outcome("10", "number.larger", "9", types="as_is") is False
    assert outcome(None, "string.contains", "", types="as_is") is True
    assert outcome(5, "string.starts_with", "5", types="as_is") is True
    assert outcome(0, "string.empty", types="as_is") is False
    assert outcome(86_400_000, "date.after", "1970-01-01", types="as_is") is True
    assert isinstance(outcome("", "date.after", "1970-01-01", types="as_is"), ConditionFailure)


def test_case_is_ignored_on_request() -> None:
    assert outcome("ABC", "string.ends_with", "bc", case_sensitive=False) is True
    assert outcome("ABC", "string.matches", "^[a-c]+$", case_sensitive=False) is True
    assert outcome(["A"], "array.contains", "a", case_sensitive=False) is True


def test_dates_without_offset_are_in_the_workflow_zone() -> None:
    assert outcome("2024-07-01T00:00:00", "date.equals", "2024-06-30T22:00:00Z", zone="Europe/Berlin") is True


def test_a_batch_gives_one_outcome_per_item_and_later_conditions_see_only_undecided_items() -> None:
    conditions = Conditions.model_validate(
        {
            "combinator": "and",
            "conditions": [
                {"left": "={{ $json.n }}", "operator": "number.larger", "right": 1},
                {"left": "={{ $json.s }}", "operator": "string.equals", "right": "={{ $json.t }}"},
            ],
            "options": {"types": "strict"},
        }
    )
    columns = {(0, "left"): [0, 2, 3, "4"], (1, "left"): [5, "a", "b", "c"], (1, "right"): ["a", "a", "a", "c"]}
    outcomes = compile_conditions(conditions).matches(4, lambda *path: columns[path[1:]])  # type: ignore[index]
    assert outcomes[:3] == [False, True, False]
    assert isinstance(outcomes[3], ConditionFailure)
    assert (outcomes[3].condition, outcomes[3].item) == (0, 3)


def test_or_needs_one_and_no_condition_at_all_is_true_only_for_and() -> None:
    either = Conditions.model_validate(
        {"combinator": "or", "conditions": [{"operator": "any.exists"}, {"operator": "any.not_exists"}]}
    )
    assert evaluate(either, [[1, None], [1, 1]], [Constant(None)] * 2, count=2) == [True, False]
    assert evaluate(Conditions(combinator="or"), [], []) == [False]
    assert evaluate(Conditions(combinator="and"), [], []) == [True]


def test_a_failed_expression_fails_its_item() -> None:
    conditions = Conditions.model_validate({"conditions": [{"operator": "number.larger"}]})
    failed = Failure("x is not defined", "{{ x }}", 1)
    first, second = evaluate(conditions, [[5, failed]], [Constant(1)], count=2)
    assert first is True
    assert isinstance(second, ConditionFailure)
    assert second.message.startswith("x is not defined")


def test_an_unknown_operator_is_named_with_those_that_exist() -> None:
    with pytest.raises(pydantic.ValidationError, match=r"'number\.bigger' is not an operator.*number\.larger"):
        Conditions.model_validate({"conditions": [{"operator": "number.bigger"}]})


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("/^b/m", "a\nb", True),
        ("^b", "a\nb", False),
        ("a$", "a\n", False),
        (r"^\d+$", "٣", False),
        (r"(?<y>\d)-\k<y>", "3-3", True),
        (r"^[^]+$", "a\nb", True),
        ("a{,2}", "a{,2}", True),
        ("[[]", "[", True),
        (r"\u{1F41B}", "🐛", True),
        (r"^\w+$", "é", False),
        (r"\bé", "aé", True),
        ("/A.B/is", "a\nb", True),
        ("/b/y", "ab", False),
        (r"/^\/x$/", "/x", True),
        (r"\bfoo\b", "foo", True),
        (r"^(a)|(b)\2?$", "b", True),
        (r"^(?<n>b)?\k<n>c$", "c", True),
        (r"^[\D]$", "٣", True),
        (r"\Bo\B", "foo", True),
    ],
)
def test_patterns_mean_what_they_mean_in_javascript(pattern: str, text: str, found: bool) -> None:
    assert patterns.finder(pattern)(text) is found


def test_a_pattern_that_cannot_be_read_fails_the_item() -> None:
    result = outcome("a", "string.matches", "(")
    assert isinstance(result, ConditionFailure)
    assert "not a regular expression" in result.message


def test_a_catastrophic_pattern_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "TIME_LIMIT", 0.02)
    conditions = Conditions.model_validate({"conditions": [{"operator": "string.matches"}]})
    texts = ["a" * 28 + "!"] * 50
    outcomes = evaluate(conditions, [texts], [Constant(r"^(a|aa|a\w)+$")], count=50)
    assert all(isinstance(each, ConditionFailure) and "too long" in each.message for each in outcomes)


def test_n8n_conditions_are_read() -> None:
    ours = conditions_from_n8n(
        {
            "options": {"caseSensitive": False, "typeValidation": "strict", "version": 2},
            "combinator": "or",
            "conditions": [
                {
                    "id": "1",
                    "leftValue": "={{ $json.d }}",
                    "rightValue": "2024-01-01",
                    "operator": {"type": "dateTime", "operation": "afterOrEquals"},
                },
                {
                    "leftValue": "={{ $json.b }}",
                    "rightValue": "",
                    "operator": {"type": "boolean", "operation": "true", "singleValue": True},
                },
            ],
        }
    )
    assert ours == {
        "combinator": "or",
        "conditions": [
            {"left": "={{ $json.d }}", "operator": "date.after_or_equal", "right": "2024-01-01"},
            {"left": "={{ $json.b }}", "operator": "boolean.true"},
        ],
        "options": {"types": "strict", "case_sensitive": False},
    }
    Conditions.model_validate(ours)


def test_conditions_of_the_first_n8n_nodes_are_read_with_their_defaults() -> None:
    ours = conditions_from_n8n(
        {
            "conditions": {
                "number": [{"value1": "={{ $json.n }}", "value2": 3}, {"value1": 1, "operation": "notEqual"}],
                "boolean": [{"value1": True}],
                "string": [{"value1": "={{ $json.s }}", "operation": "isNotEmpty"}],
            },
            "combineOperation": "any",
        }
    )
    assert ours == {
        "combinator": "or",
        "conditions": [
            {"left": True, "operator": "boolean.equals", "right": False},
            {"left": "={{ $json.n }}", "operator": "number.smaller", "right": 3},
            {"left": 1, "operator": "number.not_equals", "right": 0},
            {"left": "={{ $json.s }}", "operator": "string.not_empty"},
        ],
        "options": {"types": "as_is"},
    }
    Conditions.model_validate(ours)


def test_every_operator_decides_null_and_undefined_in_every_mode() -> None:
    schema = Conditions.model_json_schema()
    operators = schema["$defs"]["Condition"]["properties"]["operator"]["enum"]
    for operator in operators:
        for types in ("strict", "loose", "as_is"):
            for left in (None, UNDEFINED):
                assert isinstance(outcome(left, operator, None, types=types), bool | ConditionFailure)
