"""Dates and times as text: reading every form n8n reads, writing the one form Luxon writes.

``convert``, ``conditions`` and the date nodes call this. A date time is an aware ``datetime``; it remembers its zone as
its ``tzinfo`` (a ``ZoneInfo`` for named zones, a fixed offset otherwise) and counts in milliseconds. Formatting with
patterns and date arithmetic do not belong here; free text is read by ``dates_free``.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any
from zoneinfo import ZoneInfo

from workflow_kernel.sdk import dates_free

Zone = str | dt.tzinfo
"""An IANA name (``Europe/Berlin``), ``UTC``, an offset as in ``UTC+5:30``, or a ready ``tzinfo``."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?\Z", re.IGNORECASE)
_DAY = r"(?P<year>\d{4})(?:-?(?P<month>\d\d)(?:-?(?P<day>\d\d))?)?"
_WEEK = r"(?P<weekyear>\d{4})-?W(?P<week>\d\d)(?:-?(?P<weekday>[1-7]))?"
_ORDINAL = r"(?P<ordinalyear>\d{4})-?(?P<ordinal>\d{3})"
_TIME = r"(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,30}))?)?)?"
_ZONE = r"(?P<offset>[Zz]|[+-]\d\d(?::?\d\d)?)?(?:\[(?P<name>[A-Za-z0-9_+\-/]+)\])?"
_ISO = [
    re.compile(rf"{_DAY}(?:[Tt]{_TIME}{_ZONE})?\Z"),
    re.compile(rf"{_ORDINAL}(?:[Tt]{_TIME}{_ZONE})?\Z"),
    re.compile(rf"{_WEEK}(?:[Tt]{_TIME}{_ZONE})?\Z"),
]
_SQL_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,30}))?"
_SQL = re.compile(
    rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d) {_SQL_TIME}"
    r"(?: ?(?P<offset>Z|[+-]\d\d(?::?\d\d)?))?(?: (?P<name>[A-Za-z_]+(?:/[A-Za-z0-9_+\-]+)*))?\Z"
)


def zone_of(zone: Zone) -> dt.tzinfo:
    """The ``tzinfo`` of a zone; raises ``ValueError`` naming a zone nobody knows."""
    if isinstance(zone, dt.tzinfo):
        return zone
    if zone.upper() in ("UTC", "GMT", "Z"):
        return dt.UTC
    if match := _OFFSET.match(zone):
        sign = -1 if match[1] == "-" else 1
        return _fixed(sign * (int(match[2]) * 60 + int(match[3] or 0)))
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"'{zone}' is not a time zone. Use a name such as 'Europe/Berlin' or 'UTC'.") from error


def zone_name(moment: dt.datetime) -> str:
    """The name of the zone a date time is in: ``Asia/Tokyo``, ``UTC``, or ``UTC-4`` for a fixed offset."""
    if isinstance(moment.tzinfo, ZoneInfo):
        return str(moment.tzinfo.key)
    minutes = _offset_minutes(moment)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def to_iso(moment: dt.datetime) -> str:
    """ISO text with milliseconds and offset, ``Z`` for UTC: ``2025-04-17T06:22:20.000-04:00``."""
    text = moment.strftime("%m-%dT%H:%M:%S")
    minutes = _offset_minutes(moment)
    if not minutes and not isinstance(moment.tzinfo, ZoneInfo):
        offset = "Z"
    else:
        hours, rest = divmod(abs(minutes), 60)
        offset = f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
    return f"{moment.year:04}-{text}.{moment.microsecond // 1000:03}{offset}"


def to_milliseconds(moment: dt.datetime) -> int:
    """Milliseconds since 1970, as JavaScript counts time."""
    return (moment - _EPOCH) // _MILLISECOND


def from_milliseconds(milliseconds: float, zone: Zone = "UTC") -> dt.datetime:
    """The date time that many milliseconds after 1970, shown in ``zone``; ``ValueError`` when out of range."""
    if not math.isfinite(milliseconds):
        raise ValueError("A timestamp must be a finite number.")
    try:
        return (_EPOCH + dt.timedelta(milliseconds=math.floor(milliseconds))).astimezone(zone_of(zone))
    except OverflowError as error:
        raise ValueError(f"The timestamp {milliseconds} is out of range. Give milliseconds since 1970.") from error


def parse_timestamp(value: float, zone: Zone = "UTC") -> dt.datetime:
    """A timestamp in seconds or milliseconds: below 10,000,000,000 it is taken as seconds (until the year 2286)."""
    return from_milliseconds(value * 1000 if abs(value) < 10_000_000_000 else value, zone)


def parse_date_time(value: Any, zone: Zone = "UTC", *, timestamps: bool = False) -> dt.datetime:
    """Read a date time.

    Parameters
    ----------
    value: a ``datetime``, or text in ISO 8601, RFC 2822, HTTP or SQL form, or any form JavaScript's ``Date`` accepts.
    zone: where a date time without offset is, and the zone of the result then; an offset in the text is kept.
    timestamps: take numbers, and texts of ten digits and more, as seconds or milliseconds since 1970.

    Raises
    ------
    ValueError: the value is no date time.
    """
    if isinstance(value, dt.datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=zone_of(zone))
    if timestamps and not isinstance(value, bool) and isinstance(value, int | float):
        return parse_timestamp(value, zone)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"A {type(value).__name__} is not a date time. Give text such as '2025-04-17T06:22:20Z'.")
    text = str(value).strip()
    if timestamps and re.fullmatch(r"-?\d{10,}", text, re.ASCII):
        return parse_timestamp(int(text), zone)
    moment = _parse_iso(text, zone) or dates_free.parse(text, zone_of(zone))
    if moment is None:
        raise ValueError(f"'{text}' is not a date time. Write it as in '2025-04-17T06:22:20Z'.")
    return moment


def _parse_iso(text: str, zone: Zone) -> dt.datetime | None:
    # The interpreter's own reader is several times faster; it may only see texts whose meaning it shares with ours.
    if 19 <= len(text) <= 32 and text[10] == "T" and text[4] == "-" and text[13] == ":":
        try:
            quick = dt.datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            if quick.microsecond:
                quick = quick.replace(microsecond=quick.microsecond // 1000 * 1000)
            return quick if quick.tzinfo is not None else quick.replace(tzinfo=zone_of(zone))
    for pattern in (*_ISO, _SQL):
        if (match := pattern.match(text)) and (moment := _moment(match.groupdict(), zone)):
            return moment
    return None


def _moment(parts: dict[str, str | None], zone: Zone) -> dt.datetime | None:
    try:
        tzinfo = zone_of(parts.get("offset") or parts.get("name") or zone)
        day = _date(parts)
        hour, minute, second = (int(parts.get(part) or 0) for part in ("hour", "minute", "second"))
        milliseconds = int(((parts.get("fraction") or "") + "000")[:3])
        if hour == 24 and not (minute or second or milliseconds):
            day, hour = day + dt.timedelta(days=1), 0
        moment = dt.datetime(day.year, day.month, day.day, hour, minute, second, milliseconds * 1000, tzinfo)
        named = parts.get("name")
        return moment.astimezone(zone_of(named)) if named else moment
    except (ValueError, OverflowError):
        return None


def _date(parts: dict[str, str | None]) -> dt.date:
    if week_year := parts.get("weekyear"):
        return dt.date.fromisocalendar(int(week_year), int(parts["week"] or 1), int(parts["weekday"] or 1))
    if ordinal_year := parts.get("ordinalyear"):
        day = dt.date(int(ordinal_year), 1, 1) + dt.timedelta(days=int(parts["ordinal"] or 1) - 1)
        if str(day.year) != ordinal_year:
            raise ValueError("The year has no such day.")
        return day
    return dt.date(int(parts["year"] or 1), int(parts["month"] or 1), int(parts["day"] or 1))


def _fixed(minutes: int) -> dt.timezone:
    return dt.UTC if not minutes else dt.timezone(dt.timedelta(minutes=minutes))


def _offset_minutes(moment: dt.datetime) -> int:
    offset = moment.utcoffset() or dt.timedelta()
    return math.floor(offset.total_seconds() / 60)
