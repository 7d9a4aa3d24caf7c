"""The order of JSON values, as JavaScript's ``<`` has it. Used where items are sorted or the largest is sought."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from workflow_kernel.nodes._paths import MISSING, deep_equal
from workflow_kernel.sdk.convert_javascript import is_less, text_of


def is_before(left: Any, right: Any) -> bool:
    """``left < right`` in JavaScript: texts by their letters, all else by number, false where that is none."""
    if left is MISSING or right is MISSING:
        return False
    if isinstance(left, dict | list | str) and isinstance(right, dict | list | str):
        left, right = _text(left), _text(right)
        return left < right if left.isascii() and right.isascii() else _units(left) < _units(right)
    return is_less(left, right)


def sorted_positions(columns: Sequence[Sequence[Any]], descending: Sequence[bool]) -> list[int]:
    """Positions in their new order, by the first column, where equal by the second, and so on.

    Texts compare without regard to case. Columns of one kind sort by keys; where kinds are mixed, values that are
    neither before nor equal come after, whatever the direction of the comparison.

    Parameters
    ----------
    columns: for each field its value for every item, ``MISSING`` where there is none.
    descending: for each field whether the largest comes first.
    """
    keys = [_keys(column) for column in columns]
    positions = list(range(len(columns[0])))
    if all(key is not None for key in keys):
        for key, falls in reversed(list(zip(keys, descending, strict=True))):
            assert key is not None
            positions.sort(key=key.__getitem__, reverse=falls)
        return positions
    folded = [[_fold(value) for value in column] for column in columns]

    def compare(one: int, other: int) -> int:
        for column, falls in zip(folded, descending, strict=True):
            left, right = column[one], column[other]
            if not _is_same(left, right):
                return 1 if is_before(left, right) is falls else -1
        return 0

    positions.sort(key=functools.cmp_to_key(compare))
    return positions


def _keys(column: Sequence[Any]) -> Sequence[Any] | None:
    """Keys that sort as the values do; None where the kinds are mixed."""
    kinds = {type(value) for value in column}
    if kinds == {str}:
        folded = [value.lower() for value in column]
        return folded if all(text.isascii() for text in folded) else [_units(text) for text in folded]
    if kinds <= {int, float} or kinds == {bool}:
        return column
    return None


def _fold(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _is_same(left: Any, right: Any) -> bool:
    if left is MISSING or right is MISSING:
        return left is right
    return deep_equal(left, right)


def _text(value: Any) -> str:
    """A text, list or object as JavaScript compares it with a text."""
    if isinstance(value, list):
        return ",".join("" if entry is None else _text(entry) for entry in value)
    return "[object Object]" if isinstance(value, dict) else text_of(value)


def _units(text: str) -> bytes:
    """A key that sorts texts by their 16-bit units, as JavaScript does."""
    return text.encode("utf-16-be", "surrogatepass")
