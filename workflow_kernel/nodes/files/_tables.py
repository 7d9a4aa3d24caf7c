"""Rows of cells and what they become: items by header row, cell values told from text, dates as Excel counts them.

``_read_tables`` makes the rows from files; the node that extracts from files calls both.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import Any

from workflow_kernel.sdk import NodeError

Cells = list[Any]
_NUMBER = re.compile(r"[+-]?(?:\d+(?:,\d{3})*|\d*)(?:\.\d+|\.)?(?:[eE][+-]?\d+)?\Z", re.ASCII)
_EXCEL_DAY = dt.datetime(1899, 12, 30)
_DATE = re.compile(
    r"(?:(\d{4})-(\d\d)-(\d\d)|(\d\d?)([/-])(\d\d?)\5(\d{4}|\d\d))"
    r"(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?\Z",
    re.ASCII,
)
_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d+)?\Z")


def typed(text: str, *, serial_dates: bool = False) -> Any:
    """The number or truth value a cell's text is, as spreadsheets read it; else the text.

    With ``serial_dates`` a date (2024-01-31, 1/31/2024) becomes the day's number, as in a spreadsheet.
    """
    plain = text.strip()
    if serial_dates and (match := _DATE.match(plain)):
        number = _serial(match)
        return text if number is None else number
    if plain in ("TRUE", "FALSE"):
        return plain == "TRUE"
    bare = plain.replace("$", "")
    sign = 1
    if bare.startswith("(") and bare.endswith(")"):
        bare, sign = bare[1:-1], -1
    scale = 1.0
    while bare.endswith("%"):
        bare, scale = bare[:-1], scale * 100
    if not bare or not any(character.isdigit() for character in bare) or not _NUMBER.match(bare):
        return text
    number = sign * float(bare.replace(",", "")) / scale
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def _serial(match: re.Match[str]) -> float | None:
    """The day number of a date's text; None when there is no such day."""
    year, month, day, us_month, _, us_day, us_year, *clock = match.groups()
    if year is None:
        year, month, day = us_year, us_month, us_day
    number = int(year)
    if len(year) == 2:
        number += 2000 if number < 50 else 1900
    try:
        hour, minute, second = (int(part or 0) for part in clock)
        moment = dt.datetime(number, int(month), int(day), hour, minute, second)
    except ValueError:
        return None
    return _whole((moment - _EXCEL_DAY) / dt.timedelta(days=1))


def plain(value: Any, serial_dates: bool) -> Any:
    """A spreadsheet cell as JSON: whole numbers without fraction, dates as ISO text or as Excel's day numbers."""
    if value is None or isinstance(value, str | bool | int):
        return None if value == "" else value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    if isinstance(value, dt.timedelta):
        return _whole(value / dt.timedelta(days=1)) if serial_dates else value.total_seconds()
    if isinstance(value, dt.time):
        if serial_dates:
            return _whole((dt.datetime.combine(dt.date.min, value) - dt.datetime.min) / dt.timedelta(days=1))
        return value.isoformat()
    if isinstance(value, dt.date):
        if serial_dates:
            moment = value if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day)
            return _whole((moment.replace(tzinfo=None) - _EXCEL_DAY) / dt.timedelta(days=1))
        return value.isoformat()
    return str(value)


def cut(rows: Iterable[Cells], area: str) -> Iterator[Cells]:
    """The rows inside an area such as ``A2:C10``, ``B:D``, or from a row on (``2`` leaves the first two out)."""
    if area.strip().isdigit():
        skipped = int(area)
        yield from (row for number, row in enumerate(rows) if number >= skipped)
        return
    first, _, last = area.strip().partition(":")
    left, top = _corner(first, area)
    right, bottom = _corner(last or first, area)
    for number, row in enumerate(rows):
        if top is not None and number < top:
            continue
        if bottom is not None and number > bottom:
            return
        yield row[left : right + 1]


def by_header(rows: Iterable[Cells], *, empty: Any, keep_empty: bool) -> Iterator[dict[str, Any]]:
    """Objects from rows, named by the first one. Empty cells are left out, or given as ``empty`` when kept.

    Headers that are missing become ``__EMPTY``, those that come again get a number, and rows without any value go.
    """
    iterator = iter(rows)
    header = next(iterator, [])
    names = _names(header)
    for row in iterator:
        if len(row) > len(names):
            header = [*header, *([None] * (len(row) - len(names)))]
            names = _names(header)
        found = {name: value for name, value in zip(names, row, strict=False) if value is not None}
        if not found:
            continue
        if keep_empty:
            found = {name: found.get(name, empty) for name in names}
        yield found


def _names(header: Cells) -> list[str]:
    names: list[str] = []
    for cell in header:
        base = "__EMPTY" if cell is None or cell == "" else _text(cell)
        name, count = base, 0
        while name in names:
            count += 1
            name = f"{base}_{count}"
        names.append(name)
    return names


def _text(cell: Any) -> str:
    return {True: "TRUE", False: "FALSE"}[cell] if isinstance(cell, bool) else str(cell)


def _corner(text: str, area: str) -> tuple[int, int | None]:
    match = _CELL.match(text)
    if match is None:
        raise NodeError(f"'{area}' is no range of cells.", mend="Write it as A1:C10, or as a number of rows to skip.")
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return column - 1, int(match[2]) - 1 if match[2] else None


def _whole(number: float) -> float:
    rounded = round(number, 10)
    return int(rounded) if rounded.is_integer() else rounded
