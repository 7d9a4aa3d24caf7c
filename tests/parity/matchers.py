"""Jest's matchers, on tagged values: what the tables' ``matcher`` and ``expected`` mean.

Values JSON cannot hold are dicts with one ``$`` key (see the README of the tables). An outcome is either
``{"value": ...}`` or ``{"error": {"name", "message", "classes"}}``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Outcome = Mapping[str, Any]
UNDEFINED = {"$undefined": True}

_CLASSES = {
    "$datetime": "DateTime",
    "$date": "Date",
    "$duration": "Duration",
    "$interval": "Interval",
    "$regex": "RegExp",
}


def matches(outcome: Outcome, matcher: str, expected: Sequence[Any]) -> bool:
    """Whether the outcome satisfies the matcher; ``not.`` in front of its name negates."""
    if matcher.startswith("not."):
        if "error" in outcome and matcher not in ("not.toThrow", "not.toThrowError"):
            return False
        return not matches(outcome, matcher.removeprefix("not."), expected)
    if matcher in ("toThrow", "toThrowError"):
        return "error" in outcome and _throws(outcome["error"], expected)
    if "error" in outcome:
        return False
    return MATCHERS[matcher](outcome["value"], *expected)


def equal(value: Any, expected: Any, *, is_strict: bool = False) -> bool:
    """Recursive equality; undefined fields count as absent unless strict."""
    if isinstance(expected, Mapping) and "$match" in expected:
        return _asymmetric(value, expected)
    if isinstance(value, Mapping) and isinstance(expected, Mapping):
        if "$error" in value and "$error" in expected:
            return bool(value["$error"]["message"] == expected["$error"]["message"])
        if "$datetime" in value and "$datetime" in expected:
            return bool(value["$datetime"] == expected["$datetime"])
        left, right = (value, expected) if is_strict else (_defined(value), _defined(expected))
        return left.keys() == right.keys() and all(equal(left[k], right[k], is_strict=is_strict) for k in left)
    if isinstance(value, list) and isinstance(expected, list):
        return len(value) == len(expected) and all(
            equal(a, b, is_strict=is_strict) for a, b in zip(value, expected, strict=True)
        )
    if isinstance(value, bool) is not isinstance(expected, bool):
        return False
    return bool(value == expected)


def contains(value: Any, part: Any) -> bool:
    """Whether an object has at least what ``part`` has, recursively."""
    if isinstance(value, Mapping) and isinstance(part, Mapping) and "$match" not in part:
        return all(key in value and contains(value[key], part[key]) for key in part)
    if isinstance(value, list) and isinstance(part, list):
        return len(value) == len(part) and all(contains(a, b) for a, b in zip(value, part, strict=True))
    return equal(value, part)


def _defined(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: part for key, part in value.items() if part != UNDEFINED}


def _asymmetric(value: Any, expected: Mapping[str, Any]) -> bool:
    kind, wanted = expected["$match"], expected.get("value")
    match kind:
        case "arrayContaining":
            return isinstance(value, list) and all(any(equal(one, part) for one in value) for part in wanted)
        case "objectContaining":
            return isinstance(value, Mapping) and all(k in value and equal(value[k], wanted[k]) for k in wanted)
        case "stringContaining":
            return isinstance(value, str) and wanted in value
        case "stringMatching":
            return isinstance(value, str) and _found(value, wanted)
        case "anything":
            return value is not None and value != UNDEFINED
        case "any":
            return _is_instance(value, wanted)
        case "closeTo":
            return _is_close(value, wanted, *([expected["precision"]] if "precision" in expected else []))
    return False


def _throws(error: Mapping[str, Any], expected: Sequence[Any]) -> bool:
    if not expected or expected[0] == UNDEFINED:
        return True
    wanted = expected[0]
    if isinstance(wanted, str):
        return wanted in error["message"]
    if "$regex" in wanted:
        return _found(error["message"], wanted)
    if "$error_class" in wanted:
        return wanted["$error_class"] in (*error["classes"], error["name"], "Error")
    if "$error" in wanted:
        return bool(error["message"] == wanted["$error"]["message"])
    return contains(dict(error), wanted.get("value", wanted))


def _found(text: str, pattern: Any) -> bool:
    if isinstance(pattern, Mapping):
        flags = re.IGNORECASE if "i" in pattern.get("flags", "") else 0
        return re.search(pattern["$regex"], text, flags) is not None
    return str(pattern) in text


def _is_instance(value: Any, wanted: Any) -> bool:
    name = wanted.get("$error_class") or wanted.get("$class") if isinstance(wanted, Mapping) else wanted
    if isinstance(value, list):
        return name in ("Array", "Object")
    if isinstance(value, Mapping):
        if "$error" in value:
            return name in value["$error"]["classes"] or name == value["$error"]["name"]
        kind = next(iter(value), "")
        return name == _CLASSES.get(kind, "Object")
    names = {str: "String", bool: "Boolean", int: "Number", float: "Number"}
    return name == names.get(type(value))


def _property(value: Any, path: Any, *expected: Any) -> bool:
    for key in path.split(".") if isinstance(path, str) else path:
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, list) and str(key).isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return False
    return not expected or equal(value, expected[0])


def _contains_item(value: Any, part: Any, *, is_same: bool) -> bool:
    if isinstance(value, str):
        return isinstance(part, str) and part in value
    return isinstance(value, list) and any(equal(one, part, is_strict=is_same) for one in value)


def _is_close(value: Any, wanted: float, digits: int = 2) -> bool:
    return isinstance(value, (int, float)) and abs(value - wanted) < 10**-digits / 2


def _number(value: Any) -> float:
    if isinstance(value, Mapping):
        return float(str(value.get("$number", "nan")).replace("Infinity", "inf"))
    return float(value) if isinstance(value, (int, float)) else math.nan


def _is_truthy(value: Any) -> bool:
    if isinstance(value, Mapping):
        return value != UNDEFINED and value.get("$number") not in ("NaN", "-0")
    return isinstance(value, list) or bool(value)


MATCHERS: dict[str, Callable[..., bool]] = {
    "toBe": lambda value, expected=UNDEFINED: equal(value, expected, is_strict=True),
    "toEqual": equal,
    "toStrictEqual": lambda value, expected: equal(value, expected, is_strict=True),
    "toBeUndefined": lambda value: value == UNDEFINED,
    "toBeDefined": lambda value: value != UNDEFINED,
    "toBeNull": lambda value: value is None,
    "toBeNaN": lambda value: value == {"$number": "NaN"},
    "toBeTruthy": _is_truthy,
    "toBeFalsy": lambda value: not _is_truthy(value),
    "toMatch": lambda value, pattern: isinstance(value, str) and _found(value, pattern),
    "toContain": lambda value, part: _contains_item(value, part, is_same=True),
    "toContainEqual": lambda value, part: _contains_item(value, part, is_same=False),
    "toHaveProperty": _property,
    "toBeInstanceOf": _is_instance,
    "toBeCloseTo": _is_close,
    "toBeGreaterThan": lambda value, other: _number(value) > _number(other),
    "toBeGreaterThanOrEqual": lambda value, other: _number(value) >= _number(other),
    "toBeLessThan": lambda value, other: _number(value) < _number(other),
    "toBeLessThanOrEqual": lambda value, other: _number(value) <= _number(other),
    "toHaveLength": lambda value, length: isinstance(value, (str, list)) and len(value) == length,
    "toMatchObject": contains,
}
