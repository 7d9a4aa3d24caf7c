"""What each operator of a condition means: the type it compares, how its sides are prepared, the comparison itself.

Only ``conditions`` calls this. An operation sees values already converted to its type; conversion, type errors and
columns do not belong here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from workflow_kernel.expressions.scope import UNDEFINED
from workflow_kernel.sdk.convert_javascript import is_less, is_nan, is_truthy, strict_equal, text_of

Compare = Callable[[Any, Any], Any]
Absent = Literal["", "0", "[]", "keep"]
"""What stands in for null and undefined: an empty text, zero, an empty array, or they stay."""


class Operation(NamedTuple):
    """One operator.

    Parameters
    ----------
    type: the type its left side has.
    right: the type of its right side; empty when it has none.
    compare: the comparison, of the left value and the prepared right one. Without a right side that is None.
    absent: what stands in for null and undefined on both sides.
    negated: the outcome is turned round.
    pattern: the right side is a regular expression.
    """

    type: str
    right: str
    compare: Compare
    absent: Absent = "keep"
    negated: bool = False
    pattern: bool = False


def exists(value: Any, _: Any = None) -> bool:
    """Whether there is a value: neither null nor undefined nor NaN."""
    return value is not None and value is not UNDEFINED and value == value


def array_contains(values: Any, value: Any, *, ignore_case: bool = False) -> bool:
    """Whether an array holds a value of the same type.

    Parameters
    ----------
    values: the array.
    value: what to look for; objects are compared by their contents.
    ignore_case: texts that differ only in case count as equal.
    """
    if ignore_case and isinstance(value, str):
        folded = value.lower()
        return any(isinstance(each, str) and each.lower() == folded for each in values)
    if isinstance(value, str):
        return value in values
    return any(strict_equal(each, value) for each in values)


def _is_empty(value: Any, _: Any) -> bool:
    return not exists(value) or len(value) == 0


def _starts_with(left: str, right: str) -> bool:
    return left.startswith(right)


def _ends_with(left: str, right: str) -> bool:
    return left.endswith(right)


def _is_same_length(left: Any, right: Any) -> bool:
    return bool(len(left) == right)


def _when_dated(compare: Compare) -> Compare:
    """A missing date is neither before nor after another, and not even unequal to it."""

    def dated(left: Any, right: Any) -> bool:
        if left is None or right is None or left is UNDEFINED or right is UNDEFINED:
            return False
        return bool(compare(left, right))

    return dated


def _length(compare: Compare) -> Compare:
    def compare_length(left: Any, right: Any) -> bool:
        return bool(compare(len(left), right))

    return compare_length


def _common(type_name: str) -> dict[str, Operation]:
    has_length = type_name in ("string", "array", "object")
    empty = Operation(type_name, "", _is_empty) if has_length else Operation(type_name, "", exists, negated=True)
    return {
        "exists": Operation(type_name, "", exists),
        "not_exists": Operation(type_name, "", exists, negated=True),
        "empty": empty,
        "not_empty": empty._replace(negated=not empty.negated),
    }


def _equality(type_name: str, absent: Absent = "keep") -> dict[str, Operation]:
    return {
        "equals": Operation(type_name, type_name, strict_equal, absent),
        "not_equals": Operation(type_name, type_name, strict_equal, absent, negated=True),
    }


def _pair(name: str, operation: Operation) -> dict[str, Operation]:
    return {name: operation, f"not_{name}": operation._replace(negated=True)}


def _strings() -> dict[str, Operation]:
    def of(compare: Compare) -> Operation:
        return Operation("string", "string", compare, absent="")

    return {
        **_common("string"),
        **_pair("equals", of(operator.eq)),
        **_pair("contains", of(operator.contains)),
        **_pair("starts_with", of(_starts_with)),
        **_pair("ends_with", of(_ends_with)),
        **_pair("matches", of(lambda text, pattern: pattern(text))._replace(pattern=True)),
    }


def _ordered(type_name: str, names: tuple[str, str, str, str], absent: Absent) -> dict[str, Operation]:
    compares: tuple[Compare, ...] = (operator.gt, operator.lt, operator.ge, operator.le)
    if type_name == "date":
        compares = tuple(_when_dated(compare) for compare in compares)
    return {
        name: Operation(type_name, type_name, compare, absent) for name, compare in zip(names, compares, strict=True)
    }


_SIZES = ("larger", "smaller", "larger_or_equal", "smaller_or_equal")
_TIMES = ("after", "before", "after_or_equal", "before_or_equal")


def _dates() -> dict[str, Operation]:
    return {
        **_common("date"),
        "equals": Operation("date", "date", _when_dated(operator.eq)),
        "not_equals": Operation("date", "date", _when_dated(operator.ne)),
        **_ordered("date", _TIMES, "keep"),
    }


def _booleans() -> dict[str, Operation]:
    return {
        **_common("boolean"),
        "true": Operation("boolean", "", lambda value, _: bool(value)),
        "false": Operation("boolean", "", lambda value, _: not value),
        **_equality("boolean"),
    }


def _arrays() -> dict[str, Operation]:
    sizes = {
        f"length_{name}": Operation("array", "number", _length(each.compare), absent="[]")
        for name, each in _ordered("number", _SIZES, "0").items()
    }
    same = Operation("array", "number", _is_same_length, absent="[]")
    return {
        **_common("array"),
        **_pair("contains", Operation("array", "any", array_contains, absent="[]")),
        "length_equals": same,
        "length_not_equals": same._replace(negated=True),
        **sizes,
        **_equality("array"),
    }


def _all_operations() -> dict[str, Operation]:
    families = {
        "string": _strings(),
        "number": {**_common("number"), **_equality("number"), **_ordered("number", _SIZES, "0")},
        "date": _dates(),
        "boolean": _booleans(),
        "array": _arrays(),
        "object": {**_common("object"), **_equality("object")},
        "any": {**_common("any"), **_equality("any")},
    }
    families["any"]["empty"] = Operation("any", "", lambda value, _: _is_any_empty(value))
    families["any"]["not_empty"] = families["any"]["empty"]._replace(negated=True)
    return {f"{family}.{name}": each for family, named in families.items() for name, each in named.items()}


def _is_any_empty(value: Any) -> bool:
    return not exists(value) or (isinstance(value, str | list | dict) and not value)


OPERATIONS: dict[str, Operation] = _all_operations()
"""Every operator by its name, e.g. ``number.larger``."""


def _or(value: Any, otherwise: Any) -> Any:
    return value if is_truthy(value) else otherwise


def _is_blank(value: Any, _: Any) -> bool:
    return value is None or value is UNDEFINED or value == "" or is_nan(value)


def _as_texts(compare: Callable[[str, str], bool]) -> Compare:
    return lambda left, right: compare(text_of(_or(left, "")), text_of(_or(right, "")))


UNCONVERTED: dict[str, Compare] = {
    "exists": exists,
    "empty": _is_blank,
    "equals": strict_equal,
    "larger": lambda left, right: is_less(_or(right, 0), _or(left, 0)),
    "smaller": lambda left, right: is_less(_or(left, 0), _or(right, 0)),
    "larger_or_equal": lambda left, right: is_less(_or(right, 0), _or(left, 0), or_equal=True),
    "smaller_or_equal": lambda left, right: is_less(_or(left, 0), _or(right, 0), or_equal=True),
    "contains": _as_texts(operator.contains),
    "starts_with": _as_texts(_starts_with),
    "ends_with": _as_texts(_ends_with),
    "matches": lambda value, pattern: pattern(text_of(_or(value, ""))),
    "true": lambda value, _: is_truthy(value),
    "false": lambda value, _: not is_truthy(value),
}
"""Comparisons of values left as they are, the way JavaScript compares them; names without ``not_``.

These are the rules of n8n's first If, Filter and Switch. Dates are not here: they are always read as dates.
"""
