"""How JavaScript sees plain values: as text, as a number, as a truth, as equal, in order.

``convert``, ``conditions`` and node types that behave as their n8n counterparts call these. Values are JSON-able Python
values, ``UNDEFINED`` and ``datetime``. Evaluating expressions does not belong here; that is ``expressions``.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from workflow_kernel.expressions.scope import UNDEFINED
from workflow_kernel.sdk import dates

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)\Z")
_INFINITE = {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}
SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What JavaScript trims."""
LARGEST_SAFE = 2**53
"""Whole numbers up to this one are exact in JavaScript."""


def number_text(value: float) -> str:
    """A number as JavaScript writes it: ``1`` for 1.0, ``0.00001`` rather than ``1e-05``, ``1e+21``."""
    if isinstance(value, int):
        return str(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) <= LARGEST_SAFE:
        return str(int(value))
    text = repr(value)
    if "e" not in text:
        return text.removesuffix(".0")
    digits, exponent = text.split("e")
    power = int(exponent)
    if 0 < power < 21:
        whole, _, rest = digits.partition(".")
        return whole + rest.ljust(power, "0")
    if -7 < power < 0:
        whole = digits.lstrip("-").replace(".", "")
        return f"{'-' if value < 0 else ''}0.{'0' * (-power - 1)}{whole}"
    return f"{digits}e{'+' if power > 0 else '-'}{abs(power)}"


def text_of(value: Any) -> str:
    """``value`` as text: objects and arrays as JSON, dates in ISO format, nothing for undefined."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if value is None:
        return "null"
    if value is UNDEFINED:
        return ""
    if isinstance(value, dt.datetime):
        return dates.to_iso(value)
    return json_text(value)


def json_text(value: Any) -> str:
    """``value`` as compact JSON, with numbers as JavaScript writes them; what JSON cannot hold becomes null."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), default=str)


def _plain(value: Any) -> Any:
    if isinstance(value, bool | str | int) or value is None:
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    if isinstance(value, dt.datetime):
        return dates.to_iso(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items() if part is not UNDEFINED}
    if isinstance(value, Sequence):
        return [_plain(part) for part in value]
    return None if value is UNDEFINED else value


def number_of(value: Any) -> int | float:
    """``value`` as a number: NaN where JavaScript's ``Number`` gives NaN."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        return _number_of_text(value)
    if value is None:
        return 0
    if isinstance(value, dt.datetime):
        return dates.to_milliseconds(value)
    if isinstance(value, Sequence):
        if not value:
            return 0
        return number_of(value[0]) if len(value) == 1 and not isinstance(value[0], bool) else math.nan
    return math.nan


def _number_of_text(text: str) -> int | float:
    text = text.strip(SPACE)
    if not text:
        return 0
    if _DECIMAL.match(text):
        number = float(text)
        whole = number.is_integer() and abs(number) <= LARGEST_SAFE
        return int(number) if whole else number
    if _RADIX.match(text):
        return int(text, 0)
    return _INFINITE.get(text, math.nan)


def is_nan(value: Any) -> bool:
    """Whether ``value`` is the number NaN."""
    return isinstance(value, float) and value != value


def is_truthy(value: Any) -> bool:
    """Whether JavaScript counts ``value`` as true; unlike in Python, empty arrays and objects are."""
    if isinstance(value, list | dict):
        return True
    return bool(value) and not is_nan(value)


def strict_equal(left: Any, right: Any) -> bool:
    """``===``, but objects, arrays and dates are equal when their contents are."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def is_less(left: Any, right: Any, *, or_equal: bool = False) -> bool:
    """``left < right`` (or ``<=``): two texts by their letters, all else by number; false where one is NaN."""
    if not (isinstance(left, str) and isinstance(right, str)):
        left, right = number_of(left), number_of(right)
    return bool(left <= right if or_equal else left < right)


def kind_of(value: Any) -> str:
    """The word for a value's type: string, number, boolean, array, object, null or undefined."""
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if value is None:
        return "null"
    if value is UNDEFINED:
        return "undefined"
    return "array" if isinstance(value, Sequence) else "object"


def describe(value: Any) -> str:
    """A value for error messages: in quotes, or the word ``array`` or ``object`` for what may be long."""
    kind = kind_of(value)
    if kind in ("array", "object"):
        return kind
    return "'undefined'" if value is UNDEFINED else f"'{text_of(value)}'"
