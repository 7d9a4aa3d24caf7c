"""One compiled condition: reads both sides as its operator's type and compares them, a column at a time.

Only ``conditions`` calls this. What operators compare is in ``conditions_operations``; how values are converted is in
``convert``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from workflow_kernel.expressions.scope import UNDEFINED, Failure
from workflow_kernel.sdk import conditions_operations as operations
from workflow_kernel.sdk import convert, patterns
from workflow_kernel.sdk.conditions_operations import Operation
from workflow_kernel.sdk.convert_javascript import describe, is_nan, is_truthy, kind_of, text_of
from workflow_kernel.sdk.dates import Zone


class Constant(NamedTuple):
    """A side of a condition that is the same for every item."""

    value: Any


Side = Constant | Sequence[Any]
"""One side of a condition: a constant, or a column with one value per item."""


class Reading(NamedTuple):
    """How the values of conditions are read; the meaning is told at ``conditions.Options``."""

    types: Literal["strict", "loose", "as_is"] = "loose"
    ignore_case: bool = False
    is_text_truthy: bool = False
    zone: Zone = "UTC"


class Mismatch(NamedTuple):
    """A value that is not of its operator's type, or an expression that failed."""

    message: str
    mend: str = ""


Result = bool | Mismatch
Convert = Callable[[Any], Any]

_CLASSES: dict[str, frozenset[type]] = {
    "string": frozenset({str}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "array": frozenset({list}),
    "object": frozenset({dict}),
    "date": frozenset(),
    "any": frozenset({str, int, float, bool, list, dict, type(None)}),
}
"""Classes whose values need no conversion."""
_SHOWN = {"date": "dateTime"}
_STAND_INS: dict[str, Any] = {"": "", "[]": []}


class Check:
    """One condition, compiled."""

    __slots__ = ("_classes", "_compare", "_left", "_negated", "_operation", "_prepare", "_right")

    def __init__(self, operator: str, reading: Reading) -> None:
        operation = operations.OPERATIONS[operator]
        if reading.types == "as_is":
            operation = _unconverted(operator, operation)
        self._operation = operation
        self._negated = operation.negated
        self._compare = _comparison(operation, reading)
        self._classes = _CLASSES[operation.type]
        self._left = _reader(operation, operation.type, "left", reading)
        self._right = _reader(operation, operation.right, "right", reading) if operation.right else None
        self._prepare = _preparation(operation, reading)

    def column(self, left: Side, right: Side, count: int) -> Sequence[Result]:
        """The result for each of ``count`` items."""
        if isinstance(left, Constant) and (self._right is None or isinstance(right, Constant)):
            return self._against([left.value], right) * count
        lefts = [left.value] * count if isinstance(left, Constant) else left
        if self._right is None or isinstance(right, Constant):
            return self._against(lefts, right)
        return [self._one(value, other) for value, other in zip(lefts, right, strict=True)]

    def _against(self, lefts: Sequence[Any], right: Side) -> list[Result]:
        """Compare many values with one."""
        other: Any = None
        if self._right is not None and isinstance(right, Constant):
            other = self._prepared(right.value)
            if other.__class__ is Mismatch:
                return [_first_mismatch(self._left(value), other) for value in lefts]
        classes, compare, convert_and_compare = self._classes, self._compare, self._slowly
        if self._operation.pattern:
            return [convert_and_compare(value, other) for value in lefts]
        if self._negated:
            return [
                not compare(value, other) if value.__class__ in classes else convert_and_compare(value, other)
                for value in lefts
            ]
        return [
            compare(value, other) if value.__class__ in classes else convert_and_compare(value, other)
            for value in lefts
        ]

    def _one(self, left: Any, right: Any) -> Result:
        other = self._prepared(right)
        if other.__class__ is Mismatch:
            return _first_mismatch(self._left(left), other)
        return self._slowly(left, other)

    def _prepared(self, right: Any) -> Any:
        assert self._right is not None
        value = self._right(right)
        if value.__class__ is Mismatch:
            return value
        try:
            return self._prepare(value)
        except patterns.PatternError as error:
            return Mismatch(str(error))

    def _slowly(self, left: Any, other: Any) -> Result:
        value = self._left(left)
        if value.__class__ is Mismatch:
            return value
        try:
            return bool(self._compare(value, other)) is not self._negated
        except patterns.PatternError as error:
            return Mismatch(str(error))


def _unconverted(operator: str, operation: Operation) -> Operation:
    """The operation on values as they are, where n8n's first nodes had it; they knew no arrays and objects."""
    name = operator.partition(".")[2]
    compare = operations.UNCONVERTED.get(name.removeprefix("not_"))
    if compare is None or operation.type not in ("string", "number", "boolean"):
        return operation
    right = "any" if operation.right else ""
    return Operation("any", right, compare, negated=name.startswith("not_"), pattern=operation.pattern)


def _first_mismatch(left: Any, right: Mismatch) -> Mismatch:
    return left if left.__class__ is Mismatch else right


def _comparison(operation: Operation, reading: Reading) -> operations.Compare:
    compare = operation.compare
    if not reading.ignore_case or operation.pattern or not operation.right:
        return compare
    if compare is operations.array_contains:
        return lambda left, right: operations.array_contains(left, right, ignore_case=True)
    if operation.type == "string":
        return lambda left, right: compare(left.lower(), right)
    return compare


def _preparation(operation: Operation, reading: Reading) -> Convert:
    if operation.pattern:
        return lambda right: patterns.finder(text_of(right), ignore_case=reading.ignore_case)
    if reading.ignore_case and operation.type == "string":
        return str.lower
    return lambda right: right


def _reader(operation: Operation, type_name: str, side: str, reading: Reading) -> Convert:
    """A function that gives a value as its type, or a :class:`Mismatch`."""
    absent = operation.absent
    is_number = type_name == "number"
    asks_whether_empty = is_number and not operation.right and reading.types != "strict"

    def read(value: Any) -> Any:
        if value is None or value is UNDEFINED:
            if type_name == "date" and reading.types == "as_is":
                return Mismatch(f'The value "{text_of(value) or "undefined"}" is not a valid DateTime.')
            if absent == "keep":
                return value
            if is_number:
                # In JavaScript null is 0 when sizes are compared, and undefined is neither smaller nor larger.
                return 0 if value is None else float("nan")
            return _STAND_INS.get(absent, value)
        if value.__class__ is Failure:
            return Mismatch(value.message, value.description)
        if asks_whether_empty and value in ("", [], {}):
            return None
        if is_number and is_nan(value):
            return value
        return _as_type(value, type_name, side, reading)

    return read


def _as_type(value: Any, type_name: str, side: str, reading: Reading) -> Any:
    if type_name == "any":
        return value
    is_strict = reading.types == "strict"
    if type_name == "boolean" and not is_strict and reading.is_text_truthy:
        return is_truthy(value)
    if type_name == "date" and reading.types == "as_is" and isinstance(value, int | float):
        type_name = "timestamp"
    shown = _SHOWN.get(type_name, type_name)
    converted = convert.convert_value("", value, shown, strict=is_strict, parse_strings=True, zone=reading.zone)
    if converted.valid:
        return converted.value
    if type_name == "boolean" and not is_strict:
        return is_truthy(value)
    if reading.types == "as_is":
        return Mismatch(f'The value "{text_of(value)}" is not a valid DateTime.')
    return _mismatch(value, shown, side, is_strict)


def _mismatch(value: Any, expected: str, side: str, is_strict: bool) -> Mismatch:
    kind = kind_of(value)
    if is_strict:
        return Mismatch(
            f"Wrong type: {describe(value)} is {_with_article(kind)} but was expecting {_with_article(expected)}",
            f"Convert the {side} value to {_with_article(expected)}, compare it as {_with_article(kind)}, "
            "or set the option 'types' to 'loose'.",
        )
    return Mismatch(
        f"Conversion error: the {kind} {describe(value)} can't be converted to {_with_article(expected)}",
        f"Change the {side} value, or choose an operator for {_with_article(kind)}.",
    )


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
