"""Reads dates by pattern, in Luxon's tokens (strictly) and in Moment's (forgivingly, as Moment does).

The date node calls this. A pattern becomes a regular expression once and is kept.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Any, NamedTuple

from workflow_kernel.nodes.data._date_formats import DAYS, MONTHS
from workflow_kernel.sdk.dates import from_milliseconds, zone_of

_MONTH_NAMES = {name[:3].lower(): number for number, name in enumerate(MONTHS, start=1)}
_LUXON_TOKEN = re.compile(r"'[^']*'|([A-Za-z])\1*|.", re.DOTALL)
_MOMENT_TOKEN = re.compile(
    r"\[[^\[\]]*\]|\\.|LTS|LT|LL?L?L?|l{1,4}|Mo|MM?M?M?|Do|DDDo|DD?D?D?|ddd?d?|do?|Qo?|YYYYYY|YYYY|YY|Y|GGGG|gggg"
    r"|WW?|ww?|e|E|a|A|hh?|HH?|kk?|mm?|ss?|S+|x|X|ZZ?|z|\d+|.",
    re.DOTALL,
)
_MOMENT_LONG = {
    "LTS": "h:mm:ss A", "LT": "h:mm A", "L": "MM/DD/YYYY", "LL": "MMMM D, YYYY", "LLL": "MMMM D, YYYY h:mm A",
    "LLLL": "dddd, MMMM D, YYYY h:mm A", "l": "M/D/YYYY", "ll": "MMM D, YYYY", "lll": "MMM D, YYYY h:mm A",
    "llll": "ddd, MMM D, YYYY h:mm A",
}  # fmt: skip
_LUXON_LONG = {
    "D": "M/d/yyyy", "DD": "MMM d, yyyy", "DDD": "MMMM d, yyyy", "DDDD": "EEEE, MMMM d, yyyy", "t": "h:mm a",
    "tt": "h:mm:ss a", "T": "HH:mm", "TT": "HH:mm:ss", "f": "M/d/yyyy, h:mm a", "ff": "MMM d, yyyy, h:mm a",
    "F": "M/d/yyyy, h:mm:ss a", "FF": "MMM d, yyyy, h:mm:ss a",
}  # fmt: skip
_MONTH_SHORT = "|".join(name[:3] for name in MONTHS)
_MONTH_LONG = "|".join(MONTHS)
_DAY_SHORT = "|".join(name[:3] for name in DAYS)
_DAY_LONG = "|".join(DAYS)
_OFFSET = r"Z|[+-]\d\d?(?::?\d\d)?"
_ZONE = r"[A-Za-z_+-]{1,256}(?::?\d\d)?(?:/[A-Za-z0-9_+-]{1,256}(?:/[A-Za-z0-9_+-]{1,256})?)?"

_LUXON = {
    "S": ("millisecond", r"\d{1,3}"), "SSS": ("millisecond", r"\d{3}"), "u": ("fraction", r"\d{1,9}"),
    "uu": ("fraction", r"\d{1,2}"), "uuu": ("fraction", r"\d"),
    "s": ("second", r"\d{1,2}"), "ss": ("second", r"\d{2}"), "m": ("minute", r"\d{1,2}"), "mm": ("minute", r"\d{2}"),
    "h": ("hour12", r"\d{1,2}"), "hh": ("hour12", r"\d{2}"), "H": ("hour", r"\d{1,2}"), "HH": ("hour", r"\d{2}"),
    "d": ("day", r"\d{1,2}"), "dd": ("day", r"\d{2}"), "M": ("month", r"\d{1,2}"), "MM": ("month", r"\d{2}"),
    "L": ("month", r"\d{1,2}"), "LL": ("month", r"\d{2}"), "MMM": ("monthname", _MONTH_SHORT),
    "MMMM": ("monthname", _MONTH_LONG), "LLL": ("monthname", _MONTH_SHORT), "LLLL": ("monthname", _MONTH_LONG),
    "y": ("year", r"\d{1,6}"), "yy": ("year2", r"\d{2,4}"), "yyyy": ("year", r"\d{4}"), "yyyyy": ("year", r"\d{4,6}"),
    "yyyyyy": ("year", r"\d{6}"), "a": ("meridiem", r"AM|PM"), "o": ("ordinal", r"\d{1,3}"),
    "ooo": ("ordinal", r"\d{3}"), "q": ("quarter", r"\d"), "W": ("week", r"\d{1,2}"), "WW": ("week", r"\d{2}"),
    "kkkk": ("weekyear", r"\d{4}"), "E": ("weekday", r"\d"), "c": ("weekday", r"\d"), "EEE": ("", _DAY_SHORT),
    "EEEE": ("", _DAY_LONG), "ccc": ("", _DAY_SHORT), "cccc": ("", _DAY_LONG), "Z": ("offset", _OFFSET),
    "ZZ": ("offset", _OFFSET), "ZZZ": ("offset", _OFFSET), "z": ("zone", _ZONE), "G": ("", "AD|BC"),
    "X": ("seconds", r"-?\d+(?:\.\d+)?"), "x": ("milliseconds", r"-?\d+"),
}  # fmt: skip
_MOMENT = {
    "M": ("month", r"\d\d?"), "MM": ("month", r"\d\d?"), "Mo": ("month", r"\d\d?(?:st|nd|rd|th)"),
    "MMM": ("monthname", r"[A-Za-z]{3,9}\.?"), "MMMM": ("monthname", r"[A-Za-z]{3,9}\.?"),
    "D": ("day", r"\d\d?"), "DD": ("day", r"\d\d?"), "Do": ("day", r"\d\d?(?:st|nd|rd|th)?"),
    "DDD": ("ordinal", r"\d{1,3}"), "DDDD": ("ordinal", r"\d{3}"),
    "Q": ("quarter", r"\d"), "YYYYYY": ("year", r"[+-]?\d{1,6}"), "YYYY": ("year2or4", r"\d{1,4}"),
    "YY": ("year2", r"\d\d"), "Y": ("year", r"[+-]?\d+"), "GGGG": ("weekyear", r"\d{4}"), "W": ("week", r"\d\d?"),
    "WW": ("week", r"\d\d"), "E": ("weekday", r"\d"), "dd": ("", r"[A-Za-z]{2,}"), "ddd": ("", r"[A-Za-z]{2,}"),
    "dddd": ("", r"[A-Za-z]{2,}"), "d": ("", r"\d"), "A": ("meridiem", r"[ap]\.?m?\.?"),
    "a": ("meridiem", r"[ap]\.?m?\.?"), "H": ("hour", r"\d\d?"), "HH": ("hour", r"\d\d?"), "k": ("hour", r"\d\d?"),
    "kk": ("hour", r"\d\d?"), "h": ("hour12", r"\d\d?"), "hh": ("hour12", r"\d\d?"), "m": ("minute", r"\d\d?"),
    "mm": ("minute", r"\d\d?"), "s": ("second", r"\d\d?"), "ss": ("second", r"\d\d?"), "Z": ("offset", _OFFSET),
    "ZZ": ("offset", _OFFSET), "X": ("seconds", r"[+-]?\d+(?:\.\d{1,3})?"), "x": ("milliseconds", r"[+-]?\d+"),
    "z": ("", r"[A-Za-z]+"),
}  # fmt: skip


class _Reader(NamedTuple):
    regex: re.Pattern[str]
    fields: tuple[str, ...]


def parse_luxon(text: str, pattern: str, zone: str, today: dt.date) -> dt.datetime:
    """The date time ``text`` holds under a pattern of Luxon tokens; ``ValueError`` when it does not fit.

    ``zone`` is that of texts that name none, ``today`` gives the parts of the date the pattern leaves out.
    """
    reader = _luxon_reader(pattern)
    match = reader.regex.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text}' does not follow the format '{pattern}'.")
    return _build(_values(reader, match), text, zone, today)


def parse_moment(text: str, pattern: str, zone: str, today: dt.date) -> dt.datetime:
    """The date time ``text`` holds under a pattern of Moment tokens; signs between the parts may differ.

    ``zone`` and ``today`` as for :func:`parse_luxon`.
    """
    reader = _moment_reader(pattern)
    match = reader.regex.match(text.strip())
    if match is None:
        raise ValueError(f"'{text}' does not follow the format '{pattern}'.")
    return _build(_values(reader, match), text, zone, today)


@lru_cache(maxsize=256)
def _luxon_reader(pattern: str) -> _Reader:
    source: list[str] = []
    fields: list[str] = []
    for match in _LUXON_TOKEN.finditer(pattern):
        token = match[0]
        if token.startswith("'") and len(token) > 1:
            source.append(re.escape(token[1:-1]))
        elif token in _LUXON_LONG:
            inner = _luxon_reader(_LUXON_LONG[token])
            source.append(inner.regex.pattern)
            fields += inner.fields
        elif token in _LUXON:
            field, part = _LUXON[token]
            source.append(f"({part})")
            fields.append(field)
        else:
            source.append(r"\s" if token.isspace() else re.escape(token))
    return _Reader(re.compile("".join(source), re.IGNORECASE), tuple(fields))


@lru_cache(maxsize=256)
def _moment_reader(pattern: str) -> _Reader:
    pattern = _MOMENT_TOKEN.sub(lambda match: _MOMENT_LONG.get(match[0], match[0]), pattern)
    source: list[str] = []
    fields: list[str] = []
    for match in _MOMENT_TOKEN.finditer(pattern):
        token = match[0]
        if token in _MOMENT or token[0] == "S":
            field, part = _MOMENT.get(token, ("fraction", r"\d{1,9}"))
            # Moment skips what it does not know before each part and takes as many parts as the text has.
            source.append(rf"(?:[^\dA-Za-z+-]*?({part})" if field != "offset" else rf"(?:\s*({part})")
            fields.append(field)
        elif token.startswith("["):
            source.append(f"(?:(?:{re.escape(token[1:-1])})?")
        elif token.isalnum():
            source.append(f"(?:(?:{re.escape(token)})?")
        else:
            source.append(r"(?:[^\dA-Za-z+-]*?-?")
    return _Reader(re.compile("".join(source) + ")?" * max(0, len(source) - 1) + (")" if source else ""), re.I),
                   tuple(fields))  # fmt: skip


def _values(reader: _Reader, match: re.Match[str]) -> dict[str, str]:
    return {
        field: value for field, value in zip(reader.fields, match.groups(), strict=True) if field and value is not None
    }


def _build(parts: dict[str, str], text: str, zone: str, today: dt.date) -> dt.datetime:
    if "seconds" in parts:
        return from_milliseconds(float(parts["seconds"]) * 1000, zone)
    if "milliseconds" in parts:
        return from_milliseconds(int(parts["milliseconds"]), zone)
    if not parts:
        raise ValueError(f"'{text}' holds no part of the format.")
    tzinfo = zone_of(parts.get("zone") or parts.get("offset") or zone)
    day = _day(parts, today)
    hour, minute, second = _hour(parts), int(parts.get("minute", 0)), int(parts.get("second", 0))
    milliseconds = int(parts.get("millisecond") or (parts.get("fraction", "") + "000")[:3])
    if hour == 24 and not (minute or second or milliseconds):
        day, hour = day + dt.timedelta(days=1), 0
    return dt.datetime(day.year, day.month, day.day, hour, minute, second, milliseconds * 1000, tzinfo)


def _hour(parts: dict[str, str]) -> int:
    hour = int(parts.get("hour12") or parts.get("hour") or 0)
    meridiem = parts.get("meridiem", "").lower()[:1]
    if meridiem and hour <= 12:
        hour = hour % 12 + (12 if meridiem == "p" else 0)
    return hour


def _number(text: Any) -> int:
    return int(re.sub(r"\D+$", "", str(text)))


def _day(parts: dict[str, str], today: dt.date) -> dt.date:
    """The day; parts larger than the largest one given are today's, smaller ones the first."""
    given = _year(parts)
    year = today.year if given is None else given
    if "week" in parts:
        week_year = int(parts.get("weekyear", year))
        return dt.date.fromisocalendar(week_year, int(parts["week"]), int(parts.get("weekday", 1)))
    if "ordinal" in parts:
        return dt.date(year, 1, 1) + dt.timedelta(days=int(parts["ordinal"]) - 1)
    if "month" in parts:
        month = _number(parts["month"])
    elif "monthname" in parts:
        name = parts["monthname"][:3].lower()
        if name not in _MONTH_NAMES:
            raise ValueError(f"'{parts['monthname']}' is no month.")
        month = _MONTH_NAMES[name]
    elif "quarter" in parts:
        month = int(parts["quarter"]) * 3 - 2
    elif given is not None:
        month = 1
    else:
        return today.replace(day=_number(parts["day"])) if "day" in parts else today
    return dt.date(year, month, _number(parts.get("day", 1)))


def _year(parts: dict[str, str]) -> int | None:
    if "year" in parts:
        return int(parts["year"])
    if "year2or4" in parts:
        text = parts["year2or4"]
        return int(text) if len(text) != 2 else _two_digits(int(text), 68)
    if "year2" in parts:
        text = parts["year2"]
        return int(text) if len(text) > 2 else _two_digits(int(text), 60)
    return None


def _two_digits(number: int, limit: int) -> int:
    return number + (2000 if number <= limit else 1900)
