"""Fields and methods of dates, times and durations that expressions may use."""

from __future__ import annotations

import datetime as dates
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workflow_kernel.base.errors import ExpressionError
from workflow_kernel.expressions.python_meter import kind_of
from workflow_kernel.expressions.python_operators import check_spec


def zone(name: Any) -> dates.tzinfo:
    """A time zone by its IANA name."""
    if isinstance(name, dates.tzinfo):
        return name
    if type(name) is not str:
        raise ExpressionError(
            f"A time zone is given by its name, not by {kind_of(name)}.", mend='E.g. "Europe/Berlin".'
        )
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ExpressionError(f"There is no time zone '{name[:60]}'.", mend='E.g. "Europe/Berlin" or "UTC".') from None


def format_moment(value: Any, pattern: str) -> str:
    """``value.strftime(pattern)``, bounded: the C library pads to any width."""
    if type(pattern) is not str:
        raise ExpressionError(f"The format must be a text, not {kind_of(pattern)}.")
    return str(value.strftime(check_spec(pattern)))


def _to_zone(value: dates.datetime, name: Any) -> dates.datetime:
    return value.astimezone(zone(name))


def _replace(value: Any, **fields: Any) -> Any:
    if "tzinfo" in fields:
        fields["tzinfo"] = zone(fields["tzinfo"])
    return value.replace(**fields)


def _iso_text(value: Any, *arguments: Any, **named: Any) -> str:
    return str(value.isoformat(*arguments, **named))


_DATE = {"year": attrgetter("year"), "month": attrgetter("month"), "day": attrgetter("day")}
_TIME = {name: attrgetter(name) for name in ("hour", "minute", "second", "microsecond")}

MOMENT_FIELDS: dict[type, Mapping[str, Callable[[Any], Any]]] = {
    dates.datetime: {**_DATE, **_TIME, "tzinfo": attrgetter("tzinfo")},
    dates.date: _DATE,
    dates.time: _TIME,
    dates.timedelta: {name: attrgetter(name) for name in ("days", "seconds", "microseconds")},
}

_DATE_METHODS: dict[str, Callable[..., Any]] = {
    "isoformat": _iso_text,
    "strftime": format_moment,
    "replace": _replace,
    "weekday": lambda value: value.weekday(),
    "isoweekday": lambda value: value.isoweekday(),
    "isocalendar": lambda value: tuple(value.isocalendar()),
    "toordinal": lambda value: value.toordinal(),
}

MOMENT_METHODS: dict[type, Mapping[str, Callable[..., Any]]] = {
    dates.datetime: {
        **_DATE_METHODS,
        "date": lambda value: value.date(),
        "time": lambda value: value.time(),
        "timestamp": lambda value: value.timestamp(),
        "astimezone": _to_zone,
    },
    dates.date: _DATE_METHODS,
    dates.time: {"isoformat": _iso_text, "strftime": format_moment, "replace": _replace},
    dates.timedelta: {"total_seconds": lambda value: value.total_seconds()},
}
