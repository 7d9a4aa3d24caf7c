"""The functions and namespaces Python expressions may call, each with its one-line documentation.

The compiler turns ``len(x)`` into a call of the function found here; ``completion`` shows the docstrings. Every
function takes the meter first and gives a plain value. Adding one means adding it here, and nothing else.
Nothing here is random, reads the clock, a file or the network: the same items give the same values.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import GeneratorType
from typing import Any

from workflow_kernel.base.errors import ExpressionError
from workflow_kernel.expressions import function_texts
from workflow_kernel.expressions.function_spaces import CONSTANTS, NAMESPACES
from workflow_kernel.expressions.python_meter import Meter, kind_of
from workflow_kernel.expressions.python_operators import NUMBERS, floor_divide, power, remainder
from workflow_kernel.expressions.python_values import as_text, readable

__all__ = ["CONSTANTS", "FUNCTIONS", "KEY_FUNCTIONS", "NAMESPACES", "TYPES", "signature"]

MAX_RANGE = 1_000_000

TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "float": (float, Decimal),
    "bool": bool,
    "list": list,
    "dict": dict,
    "tuple": tuple,
    "set": set,
}
"""Names ``isinstance`` takes."""


def _len(meter: Meter, value: Any) -> int:
    """Number of characters, elements or fields."""
    try:
        return len(value)
    except TypeError:
        raise ExpressionError(f"len() needs a text, list or object, not {kind_of(value)}.") from None


def _str(meter: Meter, value: Any = "") -> str:
    """The value as text."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    return meter.text(str(value) if kind is int or kind is float else as_text(meter, value))


def _repr(meter: Meter, value: Any) -> str:
    """The value as it would be written in Python."""
    if type(value) is str:
        meter.expect(len(value) * 10)
    return meter.text(repr(readable(meter, value)))


def _int(meter: Meter, value: Any = 0, base: int | None = None) -> int:
    """A whole number from a text or number."""
    if type(value) is str and len(value) > 4_300:
        raise ExpressionError("A number written with more than 4,300 digits cannot be read.")
    if type(value) is Decimal and value.is_finite() and value.adjusted() > 3_900:
        raise ExpressionError("The number has more than 3,900 digits.")
    try:
        return int(value) if base is None else int(value, base)
    except (TypeError, ValueError, OverflowError):
        raise ExpressionError(f"{_shown(value)} is not a whole number.") from None


def _float(meter: Meter, value: Any = 0.0) -> float:
    """A number from a text or whole number."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ExpressionError(f"{_shown(value)} is not a number.") from None


def _shown(value: Any) -> str:
    return f"The text {value[:40]!r}" if type(value) is str else kind_of(value).capitalize()


def _bool(meter: Meter, value: Any = False) -> bool:
    """True unless the value is None, False, 0 or empty."""
    return bool(value)


def _list(meter: Meter, values: Any = ()) -> list[Any]:
    """A list of the elements."""
    return list(meter.walk(values))


def _tuple(meter: Meter, values: Any = ()) -> tuple[Any, ...]:
    """A tuple of the elements."""
    return tuple(meter.walk(values))


def _set(meter: Meter, values: Any = ()) -> set[Any]:
    """The different elements, without order."""
    return set(meter.walk(values))


def _dict(meter: Meter, values: Any = (), **fields: Any) -> dict[Any, Any]:
    """An object from pairs, from another object, or from names: dict(a=1)."""
    result = meter.weigh(dict(meter.walk(values) if type(values) is not dict else values, **fields))
    meter.charge(len(result))
    return result  # type: ignore[no-any-return]


def _range(meter: Meter, start: int, stop: int | None = None, step: int = 1) -> range:
    """Whole numbers from start up to, not including, stop."""
    numbers = range(start) if stop is None else range(start, stop, step)
    # Comparing ends first: len() of a huge range overflows.
    if abs(numbers.stop - numbers.start) // abs(numbers.step) > MAX_RANGE:
        raise ExpressionError(f"range() gives at most {MAX_RANGE:,} numbers.", mend="Use a smaller range.")
    return numbers


def _enumerate(meter: Meter, values: Any, start: int = 0) -> list[tuple[int, Any]]:
    """Pairs of position and element."""
    return meter.weigh(list(enumerate(meter.walk(values), start)))  # type: ignore[no-any-return]


def _zip(meter: Meter, *lists: Any) -> list[tuple[Any, ...]]:
    """Tuples of the first elements, the second elements, and so on."""
    walked = [meter.walk(values) for values in lists]
    return meter.weigh(list(zip(*walked, strict=False)))  # type: ignore[no-any-return]


def _reversed(meter: Meter, values: Any) -> list[Any]:
    """The elements from last to first."""
    return list(meter.walk(values))[::-1]


def _sorted(meter: Meter, values: Any, key: Callable[[Any], Any] | None = None, reverse: bool = False) -> list[Any]:
    """The elements in order: sorted(rows, key=lambda row: row.price, reverse=True)."""
    return sorted(meter.walk(values, 4), key=key, reverse=bool(reverse))


def _elements(meter: Meter, values: tuple[Any, ...]) -> Any:
    return meter.walk(values[0] if len(values) == 1 else values, 2)


_NOTHING = object()


def _min(meter: Meter, *values: Any, key: Callable[[Any], Any] | None = None, default: Any = _NOTHING) -> Any:
    """The smallest of a list, or of several values."""
    elements = _elements(meter, values)
    return default if not elements and default is not _NOTHING else min(elements, key=key)


def _max(meter: Meter, *values: Any, key: Callable[[Any], Any] | None = None, default: Any = _NOTHING) -> Any:
    """The largest of a list, or of several values."""
    elements = _elements(meter, values)
    return default if not elements and default is not _NOTHING else max(elements, key=key)


def _sum(meter: Meter, values: Any, start: Any = 0) -> Any:
    """The sum of numbers."""
    elements = meter.walk(values)
    if type(start) in (str, list, tuple):
        raise ExpressionError("sum() adds numbers.", mend="Use ''.join(texts), or [x for part in parts for x in part].")
    for element in elements:
        if element is None:
            raise ExpressionError("sum() met None.", mend="Write sum(x or 0 for x in ...).")
        if type(element) in (str, list, tuple):
            raise ExpressionError(f"sum() adds numbers, but met {kind_of(element)}.", mend="Use float() on texts.")
    return sum(elements, start)


def _any(meter: Meter, values: Iterable[Any]) -> bool:
    """Whether at least one element is true."""
    return any(values if type(values) is GeneratorType else meter.walk(values))


def _all(meter: Meter, values: Iterable[Any]) -> bool:
    """Whether every element is true."""
    return all(values if type(values) is GeneratorType else meter.walk(values))


def _round(meter: Meter, value: Any, digits: int | None = None) -> Any:
    """The number rounded to some digits after the point."""
    if digits is not None and (type(digits) is not int or abs(digits) > 400):
        raise ExpressionError("round() takes at most 400 digits.")
    _need_number("round", value)
    return round(value, digits)


def _abs(meter: Meter, value: Any) -> Any:
    """The number without its sign."""
    return abs(_need_number("abs", value))


def _need_number(name: str, value: Any) -> Any:
    if type(value) not in NUMBERS and type(value) is not Decimal and type(value).__name__ != "timedelta":
        raise ExpressionError(f"{name}() needs a number, not {kind_of(value)}.")
    return value


def _divmod(meter: Meter, left: Any, right: Any) -> tuple[Any, Any]:
    """Quotient and remainder."""
    return floor_divide(meter, left, right), remainder(meter, left, right)


def _pow(meter: Meter, base: Any, exponent: Any, modulus: Any = None) -> Any:
    """base to the power of exponent."""
    return power(meter, base, exponent, modulus)


def _ord(meter: Meter, character: str) -> int:
    """The Unicode number of a character."""
    return ord(character)


def _chr(meter: Meter, number: int) -> str:
    """The character of a Unicode number."""
    return chr(number)


def _call_key(function: Callable[..., Any]) -> Callable[[Meter], Callable[[Any], Any]]:
    return lambda meter: lambda value: function(meter, value)


_BUILTINS = (
    *(_len, _str, _repr, _int, _float, _bool, _list, _tuple, _set, _dict, _range, _enumerate, _zip, _reversed),
    *(_sorted, _min, _max, _sum, _any, _all, _round, _abs, _divmod, _pow, _ord, _chr),
)

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{function.__name__[1:]: function for function in _BUILTINS},
    **function_texts.FUNCTIONS,
}
"""By the name users write."""

KEY_FUNCTIONS: Mapping[str, Callable[[Meter], Callable[[Any], Any]]] = {
    name: _call_key(FUNCTIONS[name])
    for name in ("len", "str", "int", "float", "abs", "bool", "slug", "sum", "min", "max")
}
"""Functions that may stand after ``key=`` by their bare name."""


_STARS = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}


def signature(name: str, function: Callable[..., Any]) -> str:
    """How a function is called, e.g. ``round(value, digits=None)``; for documentation and completion."""
    shown = []
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        star = _STARS.get(parameter.kind.name, "")
        has_default = parameter.default is not parameter.empty and parameter.default is not _NOTHING
        shown.append(f"{star}{parameter.name}={parameter.default!r}" if has_default else f"{star}{parameter.name}")
    return f"{name}({', '.join(shown)})"
