"""Operators of Python expressions, with the limits native ones lack.

The compiler calls these wherever both sides are unknown; it emits the native operator where one side is a constant
that keeps the result small. Pure; the meter counts.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from workflow_kernel.base.errors import ExpressionError
from workflow_kernel.expressions.python_meter import CONTAINERS, MAX_BITS, MOMENTS, SMALL, Meter, kind_of

NUMBERS = frozenset({int, float, bool})
_VALUES = NUMBERS | MOMENTS | CONTAINERS | {str, Decimal, type(None), range}
_LONG = 1 << 512
_WIDTH = re.compile(r"\d{4,}")

Operator = Callable[[Meter, Any, Any], Any]


def wrong_types(symbol: str, left: Any, right: Any) -> ExpressionError:
    """Why the operator cannot work on these two."""
    mend = ""
    if left is None or right is None:
        mend = "Give a value for items where it is missing: (value or 0), or $ifEmpty(value, 0)."
    elif symbol == "+" and str in (type(left), type(right)):
        mend = "Turn the other side into text with str()."
    return ExpressionError(f"'{symbol}' does not work between {kind_of(left)} and {kind_of(right)}.", mend=mend)


def _native(symbol: str, function: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """The operator on values of known types only: others could bring methods of their own."""
    if type(left) not in _VALUES or type(right) not in _VALUES:
        raise wrong_types(symbol, left, right)
    try:
        return function(left, right)
    except TypeError:
        raise wrong_types(symbol, left, right) from None


def add(meter: Meter, left: Any, right: Any) -> Any:
    """``left + right``."""
    kind = type(left)
    if kind in NUMBERS and type(right) in NUMBERS:
        return left + right
    if kind is type(right) and kind is str:
        size = len(left) + len(right)
        if size > SMALL:
            meter.expect(size)
        return left + right
    if kind is type(right) and kind in (list, tuple):
        meter.charge(len(left) + len(right))
        return meter.weigh(left + right)
    return _native("+", operator.add, left, right)


def subtract(meter: Meter, left: Any, right: Any) -> Any:
    """``left - right``."""
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return left - right
    return _sets(meter, "-", operator.sub, left, right)


def multiply(meter: Meter, left: Any, right: Any) -> Any:
    """``left * right``: numbers, or a text or list repeated."""
    if type(left) in NUMBERS and type(right) in NUMBERS:
        if type(left) is int and type(right) is int:
            check_bits(left.bit_length() + right.bit_length())
            count_digits(meter, left)
        return left * right
    if type(right) in (str, list, tuple) and type(left) in (int, bool):
        left, right = right, left
    if type(left) is str and type(right) in (int, bool):
        meter.expect(len(left) * max(right, 0))
        return left * right
    if type(left) in (list, tuple) and type(right) in (int, bool):
        meter.expect(len(left) * max(right, 0) * 8, "list")
        return meter.weigh(left * right)
    return _native("*", operator.mul, left, right)


def divide(meter: Meter, left: Any, right: Any) -> Any:
    """``left / right``."""
    return _native("/", operator.truediv, left, right)


def floor_divide(meter: Meter, left: Any, right: Any) -> Any:
    """``left // right``."""
    if type(left) is int:
        count_digits(meter, left)
    return _native("//", operator.floordiv, left, right)


def remainder(meter: Meter, left: Any, right: Any) -> Any:
    """``left % right`` of numbers; old-style formatting of texts is off."""
    kind = type(left)
    if kind is int or kind is float:
        count_digits(meter, left)
        return left % right if type(right) in NUMBERS else _native("%", operator.mod, left, right)
    if kind is str:
        raise ExpressionError("'%' on a text is not available.", mend='Use an f-string: f"{$json.name}: {$json.n}".')
    return _native("%", operator.mod, left, right)


def power(meter: Meter, left: Any, right: Any, modulus: Any = None) -> Any:
    """``left ** right``, refused where the result would be a huge or complex number."""
    if type(left) in (int, bool) and type(right) in (int, bool):
        if type(modulus) in (int, bool):
            if max(abs(left), abs(right), abs(modulus)) >> 512:
                raise ExpressionError("pow() with three values takes numbers of at most 154 digits.")
            meter.charge(2_000)
            return pow(left, right, modulus)
        if right > 0:
            bits = left.bit_length() * right if abs(left) > 1 else 1
            check_bits(bits)
            meter.charge(bits >> 6)
    if modulus is not None:
        raise ExpressionError("pow() with three values takes whole numbers.")
    result = _native("**", operator.pow, left, right)
    if isinstance(result, complex):
        raise ExpressionError(f"{left} ** {right} is not a real number.")
    return result


def shift_left(meter: Meter, left: Any, right: Any) -> Any:
    """``left << right``."""
    if type(left) in (int, bool) and type(right) in (int, bool):
        check_bits(left.bit_length() + right)
    return _native("<<", operator.lshift, left, right)


def shift_right(meter: Meter, left: Any, right: Any) -> Any:
    """``left >> right``."""
    return _native(">>", operator.rshift, left, right)


def bit_and(meter: Meter, left: Any, right: Any) -> Any:
    """``left & right`` of numbers or sets."""
    return _sets(meter, "&", operator.and_, left, right)


def bit_or(meter: Meter, left: Any, right: Any) -> Any:
    """``left | right`` of numbers, sets or objects."""
    return _sets(meter, "|", operator.or_, left, right)


def bit_xor(meter: Meter, left: Any, right: Any) -> Any:
    """``left ^ right`` of numbers or sets."""
    return _sets(meter, "^", operator.xor, left, right)


def _sets(meter: Meter, symbol: str, function: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    result = _native(symbol, function, left, right)
    if type(result) in CONTAINERS:
        meter.charge(len(left) + len(right))
        return meter.weigh(result)
    return result


def compare(symbol: str) -> Operator:
    """The comparison, counting the parts of containers."""
    function = COMPARISONS[symbol]

    def compared(meter: Meter, left: Any, right: Any) -> Any:
        if type(left) in CONTAINERS or type(right) in CONTAINERS:
            meter.charge((_parts(left) + _parts(right)) >> 2)
        try:
            return function(left, right)
        except TypeError:
            raise wrong_types(symbol, left, right) from None

    return compared


def contains(meter: Meter, left: Any, right: Any) -> bool:
    """``left in right``."""
    kind = type(right)
    if kind is str:
        if type(left) is not str:
            raise ExpressionError(f"Only a text can be in a text; the left side is {kind_of(left)}.")
        if len(right) > SMALL:
            meter.charge(len(right) >> 6)
        return left in right
    if kind not in CONTAINERS and kind is not range:
        raise ExpressionError(
            f"'in' needs a list, text or object on its right; it is {kind_of(right)}.",
            mend="Write (value or []) where it may be missing." if right is None else "",
        )
    if kind in (list, tuple):
        meter.charge(_parts(right) >> 2)
    return left in right


def _parts(value: Any) -> int:
    """Roughly how many parts a comparison may look at; deeper levels count once each."""
    if type(value) not in CONTAINERS:
        return 1
    total, stack = 0, [value]
    while stack:
        part = stack.pop()
        total += len(part)
        if total > 2_000_000:
            break
        inner = part.values() if type(part) is dict else part
        stack.extend(deep for deep in inner if type(deep) in CONTAINERS)
    return total


def count_digits(meter: Meter, number: Any) -> None:
    """Count the time a long whole number takes; short ones cost nothing."""
    if not -_LONG < number < _LONG and type(number) is int:  # a comparison is cheaper than counting bits
        meter.charge(number.bit_length() >> 6)


def check_bits(bits: int) -> None:
    """Stop before a whole number grows beyond what Python prints."""
    if bits > MAX_BITS:
        raise ExpressionError(
            "The result would be a number of more than 3,900 digits.", mend="Use float() for approximate numbers."
        )


def check_spec(spec: str) -> str:
    """A format after ``:`` or for ``strftime`` that cannot ask for huge padding."""
    if len(spec) > 200 or _WIDTH.search(spec):
        raise ExpressionError(f"The format {spec[:40]!r} is too wide.", mend="Widths have at most three digits.")
    return spec


COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
