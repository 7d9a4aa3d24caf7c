"""The small namespaces of Python expressions: ``math``, ``json``, ``re``, ``datetime``, ``date``, ``timedelta``.

Part of ``functions``, which is what others import. A namespace's own call, ``date(2026, 1, 31)``, stands under "".
"""

from __future__ import annotations

import datetime as dates
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from workflow_kernel.base.errors import ExpressionError
from workflow_kernel.expressions import python_regex
from workflow_kernel.expressions.python_meter import Meter, kind_of
from workflow_kernel.expressions.python_moments import zone
from workflow_kernel.expressions.python_operators import check_bits, check_spec
from workflow_kernel.expressions.python_values import plain


def _number_function(name: str) -> Callable[..., Any]:
    function = getattr(math, name)

    def call(meter: Meter, *numbers: Any) -> Any:
        for number in numbers:
            if type(number) not in (int, float, bool):
                raise ExpressionError(f"math.{name}() needs numbers, not {kind_of(number)}.")
        return function(*numbers)

    call.__doc__ = (function.__doc__ or "").strip().splitlines()[0]
    return call


def _counting_function(name: str) -> Callable[..., int]:
    function = getattr(math, name)

    def call(meter: Meter, *numbers: int) -> int:
        if any(type(number) is not int or number > 1_000 for number in numbers):
            raise ExpressionError(f"math.{name}() takes whole numbers up to 1,000.")
        return int(function(*numbers))

    call.__doc__ = (function.__doc__ or "").strip().splitlines()[0]
    return call


def _least_multiple(meter: Meter, *numbers: int) -> int:
    """Least common multiple."""
    check_bits(sum(number.bit_length() for number in numbers if type(number) is int))
    return math.lcm(*numbers)


def _loads(meter: Meter, text: str) -> Any:
    """The value written in a JSON text."""
    if type(text) is not str:
        raise ExpressionError(f"json.loads() needs a text, not {kind_of(text)}.")
    meter.expect(len(text) * 4)
    try:
        return json.loads(text)
    except ValueError as error:
        raise ExpressionError(f"The text is not JSON: {error}.") from None


def _dumps(
    meter: Meter, value: Any, indent: int | None = None, sort_keys: bool = False, ensure_ascii: bool = False
) -> str:
    """The value as a JSON text."""
    if indent is not None and not (type(indent) is int and 0 <= indent <= 10):
        raise ExpressionError("indent must be a number from 0 to 10.")
    data = plain(meter, value)
    return meter.text(json.dumps(data, indent=indent, sort_keys=bool(sort_keys), ensure_ascii=bool(ensure_ascii)))


def _datetime(meter: Meter, year: int, month: int, day: int, *rest: int, tzinfo: Any = None) -> dates.datetime:
    """A date and time: datetime(2026, 1, 31, 12, 30, tzinfo="Europe/Berlin")."""
    if len(rest) > 4:
        raise ExpressionError("datetime() takes year, month, day, hour, minute, second, microsecond.")
    names = ("hour", "minute", "second", "microsecond")
    moment = dates.datetime(year, month, day, tzinfo=None if tzinfo is None else zone(tzinfo))
    parts: dict[str, Any] = dict(zip(names, rest, strict=False))
    return moment.replace(**parts)


def _strptime(meter: Meter, text: str, pattern: str) -> dates.datetime:
    """A date and time from a text in a given format."""
    if len(text) > 200:
        raise ExpressionError("The text is too long to be a date.")
    if len(check_spec(pattern)) > 60:
        raise ExpressionError("The format is longer than 60 characters.")
    return dates.datetime.strptime(text, pattern)


def _datetime_iso(meter: Meter, text: str) -> dates.datetime:
    """A date and time from a text such as 2026-01-31T12:30:00+01:00."""
    return dates.datetime.fromisoformat(text)


def _timestamp(meter: Meter, seconds: float, timezone: str = "UTC") -> dates.datetime:
    """A date and time from seconds since 1970."""
    return dates.datetime.fromtimestamp(seconds, zone(timezone))


def _no_clock(meter: Meter, *ignored: Any) -> Any:
    """Not available: use $now or $today, which stay the same for the whole node run."""
    raise ExpressionError("The clock cannot be read here.", mend="Use $now or $today.")


def _date(meter: Meter, year: int, month: int, day: int) -> dates.date:
    """A date: date(2026, 1, 31)."""
    return dates.date(year, month, day)


def _date_iso(meter: Meter, text: str) -> dates.date:
    """A date from a text such as 2026-01-31."""
    return dates.date.fromisoformat(text)


def _timedelta(
    meter: Meter, days: float = 0, seconds: float = 0, minutes: float = 0, hours: float = 0, weeks: float = 0
) -> dates.timedelta:
    """A length of time: timedelta(days=1, hours=2)."""
    return dates.timedelta(days=days, seconds=seconds, minutes=minutes, hours=hours, weeks=weeks)


_MATH = (
    *("ceil", "floor", "trunc", "fabs", "fmod", "sqrt", "isqrt", "exp", "log", "log2", "log10", "pow", "hypot"),
    *("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "degrees", "radians", "copysign", "gcd"),
    *("isclose", "isfinite", "isinf", "isnan"),
)

NAMESPACES: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "math": {
        **{name: _number_function(name) for name in _MATH},
        **{name: _counting_function(name) for name in ("factorial", "comb", "perm")},
        "lcm": _least_multiple,
    },
    "json": {"loads": _loads, "dumps": _dumps},
    "re": python_regex.FUNCTIONS,
    "datetime": {
        "": _datetime,
        "fromisoformat": _datetime_iso,
        "strptime": _strptime,
        "fromtimestamp": _timestamp,
        "now": _no_clock,
        "utcnow": _no_clock,
        "today": _no_clock,
    },
    "date": {"": _date, "fromisoformat": _date_iso, "today": _no_clock},
    "timedelta": {"": _timedelta},
}

CONSTANTS: Mapping[str, Mapping[str, Any]] = {
    "math": {"pi": math.pi, "e": math.e, "tau": math.tau, "inf": math.inf, "nan": math.nan},
    "re": python_regex.FLAGS,
}
