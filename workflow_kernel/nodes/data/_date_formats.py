"""Writes dates by pattern, in Luxon's tokens (``yyyy-MM-dd``) and in Moment's (``YYYY-MM-DD``), in English.

The date node calls this. Reading dates by pattern is in ``_date_patterns``; both share the names kept here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from workflow_kernel.sdk.dates import to_milliseconds, zone_name

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ABBREVIATED = frozenset(("EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "HST", "AKST", "AKDT"))
_LONG_ZONES = {
    "E": "Eastern", "C": "Central", "M": "Mountain", "P": "Pacific", "AK": "Alaska", "H": "Hawaii-Aleutian",
}  # fmt: skip
_EUROPEAN = {"CET": "Central European", "EET": "Eastern European", "WET": "Western European"}
_NAMED_ZONES = {
    "Etc/UTC": "Coordinated Universal Time", "Asia/Kolkata": "India Standard Time", "Asia/Tokyo": "Japan Standard Time",
    "Asia/Shanghai": "China Standard Time", "Asia/Singapore": "Singapore Standard Time",
    "Asia/Dubai": "Gulf Standard Time", "Asia/Hong_Kong": "Hong Kong Standard Time",
    "America/Sao_Paulo": "Brasilia Standard Time",
}  # fmt: skip
_AMERICAN = ("America/", "US/", "Pacific/Honolulu", "EST", "CST", "MST", "PST", "HST")

Write = Callable[[dt.datetime], str]


def format_luxon(moment: dt.datetime, pattern: str) -> str:
    """``moment`` written by a pattern of Luxon tokens; text in single quotes stands for itself."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "'":
            end = pattern.find("'", at + 1)
            end = len(pattern) if end < 0 else end
            parts.append(pattern[at + 1 : end] or "'")
            at = end + 1
            continue
        end = at + 1
        while end < len(pattern) and pattern[end] == letter:
            end += 1
        token = pattern[at:end]
        write = _LUXON.get(token)
        parts.append(write(moment) if write else token)
        at = end
    return "".join(parts)


def format_moment(moment: dt.datetime, pattern: str) -> str:
    """``moment`` written by a pattern of Moment tokens; text in square brackets stands for itself."""
    for _ in range(5):
        expanded = _MOMENT_TOKEN.sub(lambda match: _MOMENT_LONG.get(match[0], match[0]), pattern)
        if expanded == pattern:
            break
        pattern = expanded
    return _MOMENT_TOKEN.sub(lambda match: _moment_part(moment, match[0]), pattern)


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``13th``."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def offset_text(moment: dt.datetime, colon: bool = True, short: bool = False) -> str:
    """The offset from UTC: ``+05:30``, ``+0530`` without colon, ``+5:30`` or ``+5`` when short."""
    minutes = int((moment.utcoffset() or dt.timedelta()).total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    if short:
        return f"{sign}{hours}:{rest:02}" if rest else f"{sign}{hours}"
    return f"{sign}{hours:02}{':' if colon else ''}{rest:02}"


def _short_zone(moment: dt.datetime) -> str:
    name = zone_name(moment)
    if name == "UTC" or name.endswith("/UTC"):
        return "UTC"
    abbreviation = moment.tzname() or ""
    if abbreviation in _ABBREVIATED and name.startswith(_AMERICAN):
        return abbreviation
    minutes = int((moment.utcoffset() or dt.timedelta()).total_seconds() // 60)
    return f"GMT{offset_text(moment, short=True)}" if minutes else "GMT"


def _long_zone(moment: dt.datetime) -> str:
    name = zone_name(moment)
    if name == "UTC":
        return "UTC"
    if name in _NAMED_ZONES:
        return _NAMED_ZONES[name]
    season = "Daylight" if moment.dst() else "Standard"
    abbreviation = moment.tzname() or ""
    if abbreviation in _ABBREVIATED and name.startswith(_AMERICAN):
        return f"{_LONG_ZONES[abbreviation[:-2]]} {season} Time"
    if name.startswith("Europe/"):
        if name == "Europe/London":
            return "British Summer Time" if moment.dst() else "Greenwich Mean Time"
        european = _EUROPEAN.get(abbreviation.replace("EST", "ET"))
        if european:
            return f"{european} {'Summer' if moment.dst() else 'Standard'} Time"
    return f"GMT{offset_text(moment)}" if moment.utcoffset() else "GMT"


def _moment_zone(moment: dt.datetime) -> str:
    if zone_name(moment) == "UTC":
        return "UTC"
    return moment.tzname() or ""


def _year(moment: dt.datetime) -> int:
    return moment.year


def _iso_year(moment: dt.datetime) -> int:
    return moment.isocalendar()[0]


def _iso_week(moment: dt.datetime) -> int:
    return moment.isocalendar()[1]


def _local_week(moment: dt.datetime) -> tuple[int, int]:
    """Year and week as counted in the United States: weeks begin on Sunday, week 1 has January 1."""
    saturday = moment.date() + dt.timedelta(days=6 - moment.isoweekday() % 7)
    first = dt.date(saturday.year, 1, 1)
    return saturday.year, (saturday - first).days // 7 + 1


def _hour12(moment: dt.datetime) -> int:
    return moment.hour % 12 or 12


def _quarter(moment: dt.datetime) -> int:
    return (moment.month + 2) // 3


def _day_of_year(moment: dt.datetime) -> int:
    return moment.timetuple().tm_yday


def _milliseconds(moment: dt.datetime) -> int:
    return moment.microsecond // 1000


def _meridiem(moment: dt.datetime) -> str:
    return "AM" if moment.hour < 12 else "PM"


def _month(moment: dt.datetime) -> str:
    return MONTHS[moment.month - 1]


def _day(moment: dt.datetime) -> str:
    return DAYS[moment.weekday()]


def _padded(read: Callable[[dt.datetime], int], width: int) -> Write:
    return lambda moment: f"{read(moment):0{width}}"


def _by(pattern: str) -> Write:
    return lambda moment: format_luxon(moment, pattern)


def _numbers() -> dict[str, Write]:
    """The tokens that are numbers: each letter with the widths it may have."""
    readers: dict[str, tuple[Callable[[dt.datetime], int], tuple[int, ...]]] = {
        "S": (_milliseconds, (1, 3)), "s": (lambda m: m.second, (1, 2)), "m": (lambda m: m.minute, (1, 2)),
        "h": (_hour12, (1, 2)), "H": (lambda m: m.hour, (1, 2)), "d": (lambda m: m.day, (1, 2)),
        "L": (lambda m: m.month, (1, 2)), "M": (lambda m: m.month, (1, 2)), "W": (_iso_week, (1, 2)),
        "n": (lambda m: _local_week(m)[1], (1, 2)), "o": (_day_of_year, (1, 3)), "q": (_quarter, (1, 2)),
        "c": (lambda m: m.isoweekday(), (1,)), "E": (lambda m: m.isoweekday(), (1,)), "y": (_year, (1, 4, 6)),
        "kk": (_iso_year, ()),
    }  # fmt: skip
    return {letter * width: _padded(read, width) for letter, (read, widths) in readers.items() for width in widths}


_LUXON: dict[str, Write] = _numbers() | {
    "u": lambda m: f"{_milliseconds(m):03}",
    "uu": lambda m: f"{_milliseconds(m) // 10:02}",
    "uuu": lambda m: str(_milliseconds(m) // 100),
    "Z": lambda m: offset_text(m, short=True),
    "ZZ": offset_text,
    "ZZZ": lambda m: offset_text(m, colon=False),
    "ZZZZ": _short_zone,
    "ZZZZZ": _long_zone,
    "z": zone_name,
    "a": _meridiem,
    "ccc": lambda m: _day(m)[:3],
    "cccc": _day,
    "ccccc": lambda m: _day(m)[0],
    "EEE": lambda m: _day(m)[:3],
    "EEEE": _day,
    "EEEEE": lambda m: _day(m)[0],
    "LLL": lambda m: _month(m)[:3],
    "LLLL": _month,
    "LLLLL": lambda m: _month(m)[0],
    "MMM": lambda m: _month(m)[:3],
    "MMMM": _month,
    "MMMMM": lambda m: _month(m)[0],
    "yy": lambda m: f"{m.year % 100:02}",
    "G": lambda m: "AD",
    "GG": lambda m: "Anno Domini",
    "GGGGG": lambda m: "A",
    "kk": lambda m: f"{_iso_year(m) % 100:02}",
    "kkkk": lambda m: f"{_iso_year(m):04}",
    "ii": lambda m: f"{_local_week(m)[0] % 100:02}",
    "iiii": lambda m: f"{_local_week(m)[0]:04}",
    "X": lambda m: str(to_milliseconds(m) // 1000),
    "x": lambda m: str(to_milliseconds(m)),
    "D": _by("M/d/yyyy"),
    "DD": _by("MMM d, yyyy"),
    "DDD": _by("MMMM d, yyyy"),
    "DDDD": _by("EEEE, MMMM d, yyyy"),
    "t": _by("h:mm a"),
    "tt": _by("h:mm:ss a"),
    "ttt": _by("h:mm:ss a ZZZZ"),
    "tttt": _by("h:mm:ss a ZZZZZ"),
    "T": _by("HH:mm"),
    "TT": _by("HH:mm:ss"),
    "TTT": _by("HH:mm:ss ZZZZ"),
    "TTTT": _by("HH:mm:ss ZZZZZ"),
    "f": _by("M/d/yyyy, h:mm a"),
    "ff": _by("MMM d, yyyy, h:mm a"),
    "fff": _by("MMMM d, yyyy 'at' h:mm a ZZZZ"),
    "ffff": _by("EEEE, MMMM d, yyyy 'at' h:mm a ZZZZZ"),
    "F": _by("M/d/yyyy, h:mm:ss a"),
    "FF": _by("MMM d, yyyy, h:mm:ss a"),
    "FFF": _by("MMMM d, yyyy 'at' h:mm:ss a ZZZZ"),
    "FFFF": _by("EEEE, MMMM d, yyyy 'at' h:mm:ss a ZZZZZ"),
}

_MOMENT_TOKEN = re.compile(
    r"\[[^\[\]]*\]|\\.|Mo|MM?M?M?|Do|DDDo|DD?D?D?|ddd?d?|do?|w[o|w]?|W[o|W]?|Qo?|N{1,5}|YYYYYY|YYYYY|YYYY|YY|Y"
    r"|y{2,4}|yo?|gg(?:ggg?)?|GG(?:GGG?)?|e|E|a|A|hh?|HH?|kk?|mm?|ss?|S{1,9}|x|X|zz?|ZZ?"
    r"|LTS|LT|LL?L?L?|l{1,4}|."
)
_MOMENT_LONG = {
    "LTS": "h:mm:ss A", "LT": "h:mm A", "L": "MM/DD/YYYY", "LL": "MMMM D, YYYY", "LLL": "MMMM D, YYYY h:mm A",
    "LLLL": "dddd, MMMM D, YYYY h:mm A", "l": "M/D/YYYY", "ll": "MMM D, YYYY", "lll": "MMM D, YYYY h:mm A",
    "llll": "ddd, MMM D, YYYY h:mm A",
}  # fmt: skip
_MOMENT: dict[str, Write] = {
    "M": lambda m: str(m.month), "Mo": lambda m: ordinal(m.month), "MM": lambda m: f"{m.month:02}",
    "MMM": lambda m: _month(m)[:3], "MMMM": _month,
    "Q": lambda m: str(_quarter(m)), "Qo": lambda m: ordinal(_quarter(m)),
    "D": lambda m: str(m.day), "Do": lambda m: ordinal(m.day), "DD": lambda m: f"{m.day:02}",
    "DDD": lambda m: str(_day_of_year(m)), "DDDo": lambda m: ordinal(_day_of_year(m)),
    "DDDD": lambda m: f"{_day_of_year(m):03}",
    "d": lambda m: str(m.isoweekday() % 7), "do": lambda m: ordinal(m.isoweekday() % 7),
    "dd": lambda m: _day(m)[:2], "ddd": lambda m: _day(m)[:3], "dddd": _day,
    "e": lambda m: str(m.isoweekday() % 7), "E": lambda m: str(m.isoweekday()),
    "w": lambda m: str(_local_week(m)[1]), "wo": lambda m: ordinal(_local_week(m)[1]),
    "ww": lambda m: f"{_local_week(m)[1]:02}",
    "W": lambda m: str(_iso_week(m)), "Wo": lambda m: ordinal(_iso_week(m)), "WW": lambda m: f"{_iso_week(m):02}",
    "YY": lambda m: f"{m.year % 100:02}", "YYYY": lambda m: f"{m.year:04}", "YYYYY": lambda m: f"{m.year:05}",
    "YYYYYY": lambda m: f"+{m.year:06}", "Y": lambda m: str(m.year) if m.year > 999 else f"{m.year:04}",
    "y": lambda m: str(m.year), "yo": lambda m: ordinal(m.year),
    "yy": lambda m: f"{m.year:02}", "yyy": lambda m: f"{m.year:03}", "yyyy": lambda m: f"{m.year:04}",
    "N": lambda m: "AD", "NN": lambda m: "AD", "NNN": lambda m: "AD", "NNNN": lambda m: "Anno Domini",
    "NNNNN": lambda m: "AD",
    "gg": lambda m: f"{_local_week(m)[0] % 100:02}", "gggg": lambda m: f"{_local_week(m)[0]:04}",
    "ggggg": lambda m: f"{_local_week(m)[0]:05}",
    "GG": lambda m: f"{_iso_year(m) % 100:02}", "GGGG": lambda m: f"{_iso_year(m):04}",
    "GGGGG": lambda m: f"{_iso_year(m):05}",
    "A": _meridiem, "a": lambda m: _meridiem(m).lower(),
    "H": lambda m: str(m.hour), "HH": lambda m: f"{m.hour:02}",
    "h": lambda m: str(_hour12(m)), "hh": lambda m: f"{_hour12(m):02}",
    "k": lambda m: str(m.hour or 24), "kk": lambda m: f"{m.hour or 24:02}",
    "m": lambda m: str(m.minute), "mm": lambda m: f"{m.minute:02}",
    "s": lambda m: str(m.second), "ss": lambda m: f"{m.second:02}",
    "Z": offset_text, "ZZ": lambda m: offset_text(m, colon=False), "z": _moment_zone, "zz": _moment_zone,
    "X": lambda m: str(to_milliseconds(m) // 1000), "x": lambda m: str(to_milliseconds(m)),
}  # fmt: skip


def _moment_part(moment: dt.datetime, token: str) -> str:
    if token.startswith("["):
        return token[1:-1]
    if token.startswith("\\") and len(token) > 1:
        return token[1:]
    if token[0] == "S":
        return f"{_milliseconds(moment):03}000000"[: len(token)]
    write = _MOMENT.get(token)
    return write(moment) if write else token
