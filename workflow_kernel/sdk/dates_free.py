"""Dates in free form: what JavaScript's ``Date`` makes of text that follows no standard.

Only ``dates`` calls this, after the standard forms. The rules are those the browsers share: words before the first
number are ignored unless they are months, the first three letters of a month count, text in brackets is skipped, a
two-digit year below 50 is in this century, numbers alone are month, day and year.
"""

from __future__ import annotations

import datetime as dt
import re

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
_ZONES = {"z": 0, "ut": 0, "utc": 0, "gmt": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5}
_ZONES |= {"mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_BRACKETS = re.compile(r"\([^()]*\)?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.:](\d+))?)?")
_SIGNED = re.compile(r"([+-])(\d{1,2}):(\d\d)(?!\d)|([+-])(\d{1,4})(?!\d)")
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+\.?")


class _Reading:
    """What has been read of a text so far."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.month = 0
        self.clock: tuple[int, int, int, int] | None = None
        self.afternoon: bool | None = None
        self.offset: int | None = None

    @property
    def has_begun(self) -> bool:
        return bool(self.numbers) or self.clock is not None

    def take(self, text: str, at: int) -> int:
        """Read one piece of ``text`` at ``at``; returns where it ends, or -1 when it cannot belong to a date."""
        if match := _CLOCK.match(text, at):
            return self._take_clock(match)
        if text[at] in "+-" and (self.clock is not None or self.offset == 0):
            signed = _SIGNED.match(text, at)
            self._take_offset(signed)
            return signed.end() if signed else -1
        if match := _NUMBER.match(text, at):
            if len(self.numbers) == 3 or len(match[0]) > 9:
                return -1
            self.numbers.append(int(match[0]))
            return _after_dash(text, match.end())
        if match := _WORD.match(text, at):
            word = match[0].rstrip(".").lower()
            end = _after_dash(text, match.end()) if word[:3] in _MONTHS else match.end()
            return end if self._take_word(word) else -1
        is_sign_out_of_place = text[at] in "+-" and self.has_begun
        return at + 1 if text[at] in " \t\n\r,/-.+" and not is_sign_out_of_place else -1

    def _take_clock(self, match: re.Match[str]) -> int:
        if self.clock is not None:
            return -1
        fraction = int(((match[4] or "") + "000")[:3])
        self.clock = (int(match[1]), int(match[2]), int(match[3] or 0), fraction)
        return match.end()

    def _take_offset(self, match: re.Match[str] | None) -> None:
        if match is None:
            return
        sign = -1 if (match[1] or match[4]) == "-" else 1
        if match[1]:
            hours, minutes = int(match[2]), int(match[3])
        else:
            digits = match[5]
            hours, minutes = (int(digits), 0) if len(digits) < 3 else divmod(int(digits), 100)
        self.offset = sign * (hours * 60 + minutes)

    def _take_word(self, word: str) -> bool:
        if month := _MONTHS.get(word[:3]):
            self.month = month
        elif word in ("am", "pm") and self.clock is not None:
            self.afternoon = word == "pm"
        elif word in _ZONES and self.has_begun:
            self.offset = _ZONES[word] * 60
        else:
            return not self.has_begun
        return True

    def date(self) -> tuple[int, int, int] | None:
        """Year, month and day, the day perhaps beyond the end of its month."""
        if not self.numbers:
            return None
        first, second, third = (*self.numbers, 1, 1, 1)[:3]
        if self.month:
            year, month, day = (second, self.month, first) if 1 <= first <= 31 else (first, self.month, second)
        elif not 1 <= first <= 31:
            year, month, day = first, second, third
        else:
            month, day, year = first, second, third
        if 0 <= year <= 49:
            year += 2000
        elif 50 <= year <= 99:
            year += 1900
        return (year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None

    def time(self) -> tuple[int, int, int, int] | None:
        """Hour, minute, second and millisecond."""
        hour, minute, second, fraction = self.clock or (0, 0, 0, 0)
        if self.afternoon is not None:
            if not 1 <= hour <= 12:
                return None
            hour = hour % 12 + (12 if self.afternoon else 0)
        is_midnight = hour == 24 and not (minute or second or fraction)
        if minute > 59 or second > 59 or (hour > 23 and not is_midnight):
            return None
        return hour, minute, second, fraction


def _after_dash(text: str, at: int) -> int:
    """A dash right after a number or a month joins it to the next part; elsewhere it would be a sign."""
    return at + 1 if text.startswith("-", at) else at


def parse(text: str, zone: dt.tzinfo) -> dt.datetime | None:
    """Read ``text``; a date time without offset is in ``zone``. None when it is no date."""
    text = _BRACKETS.sub(" ", text)
    reading = _Reading()
    at = 0
    while at < len(text):
        at = reading.take(text, at)
        if at < 0:
            return None
    date, time = reading.date(), reading.time()
    if date is None or time is None:
        return None
    tzinfo = zone if reading.offset is None else _fixed(reading.offset)
    if tzinfo is None:
        return None
    try:
        start = dt.datetime(date[0], date[1], 1, tzinfo=tzinfo)
        days = dt.timedelta(days=date[2] - 1, hours=time[0], minutes=time[1], seconds=time[2], milliseconds=time[3])
        return start + days
    except (ValueError, OverflowError):
        return None


def _fixed(minutes: int) -> dt.timezone | None:
    if not -24 * 60 < minutes < 24 * 60:
        return None
    return dt.timezone(dt.timedelta(minutes=minutes)) if minutes else dt.UTC
