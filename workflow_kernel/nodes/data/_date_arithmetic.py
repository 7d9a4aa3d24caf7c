"""Arithmetic on date times by calendar units: adding, rounding down, the time between two. The date node calls this.

Units of a day and more move the clock on the wall; smaller ones are exact lengths of time, over changes of the clock.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
from typing import Literal

from workflow_kernel.sdk.dates import from_milliseconds, to_milliseconds

Unit = Literal["years", "quarters", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds"]

_MILLISECONDS: dict[str, int] = {
    "years": 365 * 86_400_000, "quarters": 91 * 86_400_000, "months": 30 * 86_400_000, "weeks": 7 * 86_400_000,
    "days": 86_400_000, "hours": 3_600_000, "minutes": 60_000, "seconds": 1000, "milliseconds": 1,
}  # fmt: skip
_CALENDAR: tuple[Unit, ...] = ("years", "quarters", "months", "weeks", "days")
_CLOCK: tuple[Unit, ...] = ("hours", "minutes", "seconds", "milliseconds")
_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def add(moment: dt.datetime, amounts: dict[Unit, float]) -> dt.datetime:
    """``moment`` moved by amounts of units; a month's end is kept inside the month. Fractions are lengths of time."""
    months = (
        math.trunc(amounts.get("years", 0)) * 12
        + math.trunc(amounts.get("quarters", 0)) * 3
        + math.trunc(amounts.get("months", 0))
    )
    days = math.trunc(amounts.get("weeks", 0)) * 7 + math.trunc(amounts.get("days", 0))
    milliseconds = sum(
        (amount if unit in _CLOCK else amount - math.trunc(amount)) * _MILLISECONDS[unit]
        for unit, amount in amounts.items()
    )
    moment = _add_months(moment, months) if months else moment
    if days:
        moment += dt.timedelta(days=days)
    if milliseconds:
        return from_milliseconds(to_milliseconds(moment) + round(milliseconds), moment.tzinfo or dt.UTC)
    return moment


def start_of(moment: dt.datetime, unit: str) -> dt.datetime:
    """The first moment of the year, quarter, month, week (from Monday), day, hour, minute or second."""
    if unit == "week":
        return start_of(moment - dt.timedelta(days=moment.weekday()), "day")
    if unit == "quarter":
        return start_of(moment.replace(month=(moment.month - 1) // 3 * 3 + 1, day=1), "month")
    lower = _PARTS[_PARTS.index(unit) + 1 :]
    firsts = {"month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0}
    return moment.replace(**{part: firsts[part] for part in lower})  # type: ignore[arg-type]


def between(start: dt.datetime, end: dt.datetime, units: list[Unit]) -> dict[str, float]:
    """The time from ``start`` to ``end`` in the units asked for; the smallest takes the fraction."""
    if end < start:
        return {unit: -amount or 0 for unit, amount in between(end, start, units).items()}
    found: dict[Unit, float] = {}
    cursor, above, lowest = start, start, None
    for unit in _CALENDAR:
        if unit not in units:
            continue
        lowest = unit
        found[unit] = _whole(cursor, end, unit)
        above = add(start, found)
        if above > end:
            found[unit] -= 1
            cursor = add(start, found)
            if cursor > end:
                above = cursor
                found[unit] -= 1
                cursor = add(start, found)
        else:
            cursor = above
    rest: float = to_milliseconds(end) - to_milliseconds(cursor)
    clock = [unit for unit in _CLOCK if unit in units]
    if not clock and lowest is not None:
        above = add(cursor, {lowest: 1}) if above <= end else above
        width = to_milliseconds(above) - to_milliseconds(cursor)
        found[lowest] += rest / width if width else 0
    # From the smallest unit upwards, so that rounding falls where other tools have it.
    amount = rest / _MILLISECONDS[clock[-1]] if clock else 0.0
    for position in range(len(clock) - 1, -1, -1):
        unit = clock[position]
        carried = 0
        if position:
            size = _MILLISECONDS[clock[position - 1]] // _MILLISECONDS[unit]
            carried = math.floor(amount / size)
            amount -= carried * size
        found[unit] = amount
        amount = carried
    return {unit: _plain(found[unit]) for unit in units}


def duration_iso(amounts: dict[str, float]) -> str:
    """An ISO 8601 duration: ``P2DT3H``."""
    months = amounts.get("months", 0) + amounts.get("quarters", 0) * 3
    date = "".join(
        f"{_plain(amount)}{letter}"
        for amount, letter in (
            (amounts.get("years", 0), "Y"), (months, "M"), (amounts.get("weeks", 0), "W"),
            (amounts.get("days", 0), "D"),
        )
        if amount
    )  # fmt: skip
    seconds = round(amounts.get("seconds", 0) + amounts.get("milliseconds", 0) / 1000, 3)
    time = "".join(
        f"{_plain(amount)}{letter}"
        for amount, letter in ((amounts.get("hours", 0), "H"), (amounts.get("minutes", 0), "M"), (seconds, "S"))
        if amount
    )
    return f"P{date}T{time}" if time else f"P{date}" if date else "PT0S"


def _plain(number: float) -> float:
    return int(number) if float(number).is_integer() else number


def _add_months(moment: dt.datetime, months: int) -> dt.datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise ValueError(f"The year {year} is out of range.")
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _whole(start: dt.datetime, end: dt.datetime, unit: Unit) -> int:
    if unit == "years":
        return end.year - start.year
    months = (end.year - start.year) * 12 + end.month - start.month
    if unit == "months":
        return months
    if unit == "quarters":
        return (end.year - start.year) * 4 + (end.month - 1) // 3 - (start.month - 1) // 3
    days = (end.date() - start.date()).days
    return days // 7 if unit == "weeks" else days
