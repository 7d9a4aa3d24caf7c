"""Functions for texts, dates and lists that Python has no builtin for. Documented by their docstrings.

Part of ``functions``, which is what others import.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dates
import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote

from dateutil import parser as date_parser

from workflow_kernel.base.errors import ExpressionError
from workflow_kernel.expressions.python_meter import Meter, kind_of
from workflow_kernel.expressions.python_moments import format_moment, zone

_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b")
_TAG = re.compile(r"<[^<>]*>")
_UNITS = ("seconds", "minutes", "hours", "days", "weeks")


def _text(name: str, value: Any) -> str:
    if type(value) is not str:
        raise ExpressionError(f"{name}() needs a text, not {kind_of(value)}.", mend="Use str(value).")
    return value


def hash_text(meter: Meter, value: str, algorithm: str = "sha256") -> str:
    """The hash of a text in hex: md5, sha1, sha256, sha512 and others."""
    if algorithm not in _HASHES:
        raise ExpressionError(f"There is no hash '{algorithm}'.", mend=f"There are: {', '.join(_HASHES)}.")
    data = _text("hash_text", value).encode()
    meter.charge(len(data) >> 6)
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def base64_encode(meter: Meter, value: str) -> str:
    """The text in Base64."""
    data = _text("base64_encode", value).encode()
    meter.expect(len(data) * 4 // 3)
    return base64.b64encode(data).decode()


def base64_decode(meter: Meter, value: str) -> str:
    """The text that was written in Base64."""
    meter.expect(len(_text("base64_decode", value)))
    try:
        return base64.b64decode(value, altchars=b"-_" if "-" in value or "_" in value else None).decode()
    except (binascii.Error, ValueError):
        raise ExpressionError("The text is not Base64 of UTF-8 text.") from None


def url_encode(meter: Meter, value: str) -> str:
    """The text as it stands in a URL: spaces become %20."""
    meter.expect(len(_text("url_encode", value)) * 12)
    return quote(value, safe="")


def url_decode(meter: Meter, value: str) -> str:
    """The text from its form in a URL."""
    meter.expect(len(_text("url_decode", value)))
    return unquote(value)


def slug(meter: Meter, value: str, separator: str = "-") -> str:
    """The text as a name for files and addresses: "Größe & Höhe" gives "grosse-hohe"."""
    meter.expect(len(_text("slug", value)) * 18)
    folded = unicodedata.normalize("NFKD", value.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return separator[:10].join(re.findall("[a-z0-9]+", folded))


def strip_tags(meter: Meter, value: str) -> str:
    """The text without HTML tags."""
    meter.expect(len(_text("strip_tags", value)))
    return _TAG.sub("", value)


def truncate(meter: Meter, value: str, length: int, end: str = "...") -> str:
    """The first characters of a text, with an ending where something was cut."""
    text = _text("truncate", value)
    return text if len(text) <= length else text[: max(length - len(end), 0)] + end


def words(meter: Meter, value: str) -> list[str]:
    """The words of a text."""
    meter.expect(len(_text("words", value)) * 8, "list")
    return re.findall(r"\w+", value)


def parse_date(meter: Meter, value: Any, timezone: str = "UTC", day_first: bool = False) -> dates.datetime:
    """A date from a text in nearly any form, or from a timestamp in seconds or milliseconds."""
    if type(value) in (int, float):
        seconds = value / 1000 if abs(value) > 100_000_000_000 else value
        return dates.datetime.fromtimestamp(seconds, zone(timezone))
    if isinstance(value, dates.datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone(timezone))
    text = _text("parse_date", value)
    try:
        found = dates.datetime.fromisoformat(text) if len(text) < 100 else None
    except ValueError:
        found = _parse_freely(text, bool(day_first))
    if found is None:
        raise ExpressionError("The text is too long to be a date.")
    return found if found.tzinfo else found.replace(tzinfo=zone(timezone))


def _parse_freely(text: str, day_first: bool) -> dates.datetime:
    try:
        # Parts the text leaves out are those of this day, not of today: results must not depend on the clock.
        return date_parser.parse(text, dayfirst=day_first, default=dates.datetime(1970, 1, 1))
    except (ValueError, OverflowError, TypeError):
        raise ExpressionError(
            f"The text {text[:40]!r} is not a date.", mend='Write it like "2026-01-31 12:00".'
        ) from None


def format_date(meter: Meter, value: Any, pattern: str = "%Y-%m-%d", timezone: str | None = None) -> str:
    """A date as text: format_date($now, "%d.%m.%Y"). Texts are read with parse_date first."""
    moment = value if isinstance(value, dates.date) else parse_date(meter, value)
    if timezone is not None and isinstance(moment, dates.datetime):
        moment = moment.astimezone(zone(timezone))
    return format_moment(moment, pattern)


def add_time(meter: Meter, value: Any, amount: float, unit: str = "days") -> dates.datetime:
    """A date moved by seconds, minutes, hours, days or weeks; the amount may be negative."""
    return parse_date(meter, value) + dates.timedelta(**{_unit(unit): amount})


def date_difference(meter: Meter, start: Any, end: Any, unit: str = "days") -> float:
    """How long it is from start to end, in seconds, minutes, hours, days or weeks."""
    return (parse_date(meter, end) - parse_date(meter, start)) / dates.timedelta(**{_unit(unit): 1})


def _unit(name: str) -> str:
    plural = name if name.endswith("s") else f"{name}s"
    if plural not in _UNITS:
        raise ExpressionError(f"There is no unit '{name[:20]}'.", mend=f"There are: {', '.join(_UNITS)}.")
    return plural


def unique(meter: Meter, values: Any, key: Callable[[Any], Any] | None = None) -> list[Any]:
    """The different elements in their order; key says what to compare."""
    seen: dict[Any, Any] = {}
    for value in meter.walk(values, 2):
        seen.setdefault(_comparable(value if key is None else key(value)), value)
    return list(seen.values())


def group_by(meter: Meter, values: Any, key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    """Lists of elements by a key: group_by(rows, key=lambda row: row.city)."""
    groups: dict[Any, list[Any]] = {}
    for value in meter.walk(values, 2):
        groups.setdefault(_comparable(key(value)), []).append(value)
    return groups


def _comparable(value: Any) -> Any:
    return value if type(value) not in (list, dict, set) else repr(value)


def flatten(meter: Meter, values: Any) -> list[Any]:
    """The elements of lists in a list, in one list."""
    result: list[Any] = []
    for value in meter.walk(values):
        if type(value) in (list, tuple):
            meter.charge(len(value))
            result.extend(value)
        else:
            result.append(value)
    return meter.weigh(result)  # type: ignore[no-any-return]


def chunks(meter: Meter, values: Any, size: int) -> list[list[Any]]:
    """The elements in lists of at most size."""
    elements = list(meter.walk(values))
    step = max(int(size), 1)
    return [elements[start : start + step] for start in range(0, len(elements), step)]


def average(meter: Meter, values: Any) -> float | None:
    """The mean of numbers; None of an empty list."""
    elements = meter.walk(values)
    return sum(elements) / len(elements) if elements else None


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        *(hash_text, base64_encode, base64_decode, url_encode, url_decode, slug, strip_tags, truncate, words),
        *(parse_date, format_date, add_time, date_difference, unique, group_by, flatten, chunks, average),
    )
}
