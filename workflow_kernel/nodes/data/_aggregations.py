"""What can be computed of a column of values: count, sum, largest and so on. Used by the summarize node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from workflow_kernel.nodes._paths import MISSING
from workflow_kernel.nodes.data._order import is_before
from workflow_kernel.sdk.convert_javascript import json_text, text_of

Aggregation = Literal["append", "average", "concatenate", "count", "count_unique", "max", "min", "sum"]

PREFIX: dict[Aggregation, str] = {
    "append": "appended_",
    "average": "average_",
    "concatenate": "concatenated_",
    "count": "count_",
    "count_unique": "unique_count_",
    "max": "max_",
    "min": "min_",
    "sum": "sum_",
}
"""What stands before the field's name in the name of a result."""


def is_empty(value: Any) -> bool:
    """Whether a value is missing, null or the empty text."""
    return value is None or value is MISSING or value == ""


def freeze(value: Any) -> Any:
    """A hashable that is equal for equal JSON values: keys in any order, 1 is not true."""
    if isinstance(value, dict):
        return ("{}", frozenset([(key, freeze(part)) for key, part in value.items()]))
    if isinstance(value, list):
        return ("[]", tuple([freeze(part) for part in value]))
    return (True, value) if isinstance(value, bool) else value


def aggregate(kind: Aggregation, values: Iterable[Any], *, include_empty: bool = False, separator: str = ",") -> Any:
    """One value of many.

    Parameters
    ----------
    kind: what to compute. Sum and average look at numbers only; the smallest and largest leave out what is empty.
    values: a field's value for each item, ``MISSING`` where there is none.
    include_empty: whether appending, concatenating and counting take empty values as well.
    separator: what stands between concatenated values.
    """
    if kind in ("average", "sum"):
        numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
        total = sum(numbers)
        if kind == "sum":
            return total
        return _short(total / len(numbers)) if numbers else None
    if kind in ("max", "min") or not include_empty:
        kept = [value for value in values if not is_empty(value)]
    else:
        kept = list(values)
    return _OF_VALUES[kind](kept, separator)


def _append(values: Sequence[Any], _: str) -> list[Any]:
    return [None if value is MISSING else value for value in values]


def _concatenate(values: Sequence[Any], separator: str) -> str:
    return separator.join("undefined" if value is MISSING else _text(value) for value in values)


def _text(value: Any) -> str:
    return json_text(value) if isinstance(value, dict | list) else text_of(value)


def _count(values: Sequence[Any], _: str) -> int:
    return len(values)


def _count_unique(values: Sequence[Any], _: str) -> int:
    return len({freeze(value) for value in values})


def _max(values: Sequence[Any], _: str) -> Any:
    if values and _is_of_numbers(values):
        return max(values)
    found: Any = None
    for index, value in enumerate(values):
        if index == 0 or is_before(found, value):
            found = value
    return found


def _min(values: Sequence[Any], _: str) -> Any:
    if values and _is_of_numbers(values):
        return min(values)
    found: Any = None
    for index, value in enumerate(values):
        if index == 0 or is_before(value, found):
            found = value
    return found


def _is_of_numbers(values: Sequence[Any]) -> bool:
    return {type(value) for value in values} <= {int, float}


def _short(number: float) -> int | float:
    """A whole number as such, as JavaScript has only one kind of number."""
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


_OF_VALUES: dict[Aggregation, Callable[[Sequence[Any], str], Any]] = {
    "append": _append,
    "concatenate": _concatenate,
    "count": _count,
    "count_unique": _count_unique,
    "max": _max,
    "min": _min,
}
