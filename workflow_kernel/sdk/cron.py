"""Cron expressions: making them from a schedule, and the moments they name.

The schedule trigger and the trigger service call this. Expressions have six fields, seconds first; with five, seconds
are 0. Pure: the caller gives the time. Waiting for a moment and remembering missed ones do not belong here.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from workflow_kernel.sdk.dates import Zone, zone_of

Mode = Literal["everyMinute", "everyHour", "everyX", "everyDay", "everyWeek", "everyMonth", "custom"]


class _Field(NamedTuple):
    """One field of an expression: its name, its range, the names its values have."""

    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, _WEEKDAYS),
)
_SHORTCUTS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
    "@minutely": "0 * * * * *",
    "@secondly": "* * * * * *",
}
_PART = re.compile(r"(?:(\*|\?)|(\w+)(?:-(\w+))?)(?:/(\d+))?\Z", re.ASCII)
_LONGEST_SEARCH = 28 * 366
"""Days: the 29th of February on one given weekday comes back within 28 years, but for 1900 and 2100."""


class Cron(NamedTuple):
    """A cron expression, read. Each field is the sorted values it allows.

    Parameters
    ----------
    seconds, minutes, hours, days, months: as in the expression.
    weekdays: 0 is Sunday.
    either_day: both days are restricted, so a date needs to match only one of them, as cron always had it.
    is_interval: the hour is free (``*`` or ``*/n``), so that it also fires in an hour the clock shows twice.
    """

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    is_interval: bool

    def is_on(self, day: dt.date) -> bool:
        """Whether it fires on that date."""
        if day.month not in self.months:
            return False
        is_day, is_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return is_day or is_weekday if self.either_day else is_day and is_weekday


def cron_expression(
    mode: Mode,
    *,
    unit: Literal["minutes", "hours"] = "minutes",
    value: int = 1,
    minute: int = 0,
    hour: int = 0,
    day_of_month: int = 1,
    weekday: int | str = 0,
    expression: str = "",
    seed: int | None = None,
) -> str:
    """The six-field expression of a schedule.

    The second is random (for every so many hours the minute too), so that not all schedules fire at once.

    Parameters
    ----------
    mode: ``everyMinute``, ``everyHour``, ``everyX``, ``everyDay``, ``everyWeek``, ``everyMonth`` or ``custom``.
    unit, value: for ``everyX``: every ``value`` minutes or hours.
    minute, hour, day_of_month, weekday: where in the hour, day, month or week; weekday 0 is Sunday.
    expression: for ``custom``.
    seed: makes the random parts the same each time.
    """
    source = random.Random(seed)  # noqa: S311 - spreads load, keeps no secret
    second, any_minute = source.randrange(60), source.randrange(60)
    if mode == "everyMinute":
        return f"{second} * * * * *"
    if mode == "everyHour":
        return f"{second} {minute} * * * *"
    if mode == "everyX":
        return f"{second} */{value} * * * *" if unit == "minutes" else f"{second} {any_minute} */{value} * * *"
    if mode == "everyDay":
        return f"{second} {minute} {hour} * * *"
    if mode == "everyWeek":
        return f"{second} {minute} {hour} * * {weekday}"
    if mode == "everyMonth":
        return f"{second} {minute} {hour} {day_of_month} * *"
    return expression.strip()


def parse_cron(expression: str) -> Cron:
    """Read an expression.

    Parameters
    ----------
    expression: five or six fields of ``*``, numbers, names, ranges ``a-b``, steps ``/n`` and lists ``a,b``, where the
        day of week is 0 or 7 for Sunday; or a word such as ``@daily``.

    Raises
    ------
    ValueError: names the field that is wrong and what it may be.
    """
    text = _SHORTCUTS.get(expression.strip().lower(), expression)
    fields = text.split()
    if len(fields) == 5:
        fields.insert(0, "0")
    if len(fields) != 6:
        raise ValueError(f"'{expression}' has {len(fields)} fields. A cron expression has 5, or 6 with seconds first.")
    second, minute, hour, day, month, weekday = (
        _values(part, field, expression) for part, field in zip(fields, _FIELDS, strict=True)
    )
    weekday = {value % 7 for value in weekday}
    return Cron(
        tuple(sorted(second)),
        tuple(sorted(minute)),
        tuple(sorted(hour)),
        frozenset(day),
        frozenset(month),
        frozenset(weekday),
        either_day=len(day) < 31 and len(weekday) < 7,
        is_interval=fields[2][0] == "*",
    )


def _values(text: str, field: _Field, expression: str) -> set[int]:
    values: set[int] = set()
    for part in text.split(","):
        found = _range(part, field)
        if found is None:
            raise ValueError(
                f"'{part}' in '{expression}' is not a {field.name}. "
                f"Use {field.lowest} to {field.highest}, '*', a range such as '1-3' or a step such as '*/2'."
            )
        values.update(found)
    return values


def _range(part: str, field: _Field) -> Sequence[int] | None:
    match = _PART.match(part)
    if match is None:
        return None
    step = int(match[4] or 1)
    if match[1]:
        first, last = field.lowest, field.highest - (field.name == "day of week")
    else:
        lowest = _value(match[2], field)
        highest = _value(match[3], field) if match[3] else lowest
        if lowest is None or highest is None:
            return None
        first, last = lowest, field.highest if match[4] and not match[3] else highest
    if not step or not field.lowest <= first <= field.highest or not first <= last <= field.highest:
        return None
    return range(first, last + 1, step)


def _value(text: str, field: _Field) -> int | None:
    if text.isdigit():
        return int(text)
    name = text[:3].lower()
    return field.names.index(name) + field.lowest if name in field.names else None


def next_times(expression: str, zone: Zone, after: dt.datetime, count: int = 1) -> list[dt.datetime]:
    """The next moments an expression names.

    Daylight saving: a moment the clock jumps over comes once, right after the gap. In the hour the clock shows twice a
    fixed hour fires the first time only; ``*`` and ``*/n`` hours go on firing, as the time that passes is the same.

    Parameters
    ----------
    expression: five or six fields.
    zone: whose clock the expression is about.
    after: an aware date time; only later moments are given.
    count: how many; fewer come when the expression names no more within 28 years.

    Raises
    ------
    ValueError: the expression or the zone cannot be read, or ``after`` has no zone.
    """
    if after.tzinfo is None:
        raise ValueError("The time to start from has no time zone. Give an aware datetime.")
    cron, tzinfo = parse_cron(expression), zone_of(zone)
    times: list[dt.datetime] = []
    for moment in moments(cron, tzinfo, after):
        if len(times) >= count:
            break
        times.append(moment)
    return times


def moments(
    cron: Cron, zone: dt.tzinfo, after: dt.datetime, is_on: Callable[[dt.date], bool] | None = None
) -> Iterator[dt.datetime]:
    """Every moment after ``after``, in order, on dates the expression names, or those ``is_on`` says."""
    is_on = is_on or cron.is_on
    last = after.astimezone(dt.UTC)
    # The clock may have jumped over midnight, so the search begins a day early; what is not later is left out.
    day = after.astimezone(zone).date() - dt.timedelta(days=1)
    idle = 0
    while idle < _LONGEST_SEARCH:
        idle += 1
        if is_on(day):
            for moment in _moments_of(cron, zone, day, last):
                if moment > last:
                    last, idle = moment, 0
                    yield moment.astimezone(zone)
        if day == dt.date.max:
            return
        day += dt.timedelta(days=1)


def _moments_of(cron: Cron, zone: dt.tzinfo, day: dt.date, last: dt.datetime) -> Iterator[dt.datetime]:
    """The moments of one date, in UTC and in order; those before ``last`` may be left out."""
    for hour in cron.hours:
        start = dt.datetime(day.year, day.month, day.day, hour, tzinfo=zone)
        if _is_over(start.replace(minute=59, second=59), last):
            continue
        folds = (0, 1) if cron.is_interval and _is_hour_repeated(start) else (0,)
        for fold, minute in itertools.product(folds, cron.minutes):
            if _is_over(start.replace(minute=minute, second=59), last):
                continue
            for second in cron.seconds:
                moment = _moment(start.replace(minute=minute, second=second, fold=fold), cron.is_interval)
                if moment is not None:
                    yield moment


def _moment(wall: dt.datetime, is_interval: bool) -> dt.datetime | None:
    """The moment the clock shows ``wall``; where it never does, the end of the gap, or none for intervals."""
    first, second = _both(wall)
    if wall.fold and first == second:
        return None
    if first <= second:
        return (second if wall.fold else first).astimezone(dt.UTC)
    return None if is_interval else _gap_end(second, first, wall)


def _both(wall: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The moments of both readings of a clock time: equal, in order when it is shown twice, reversed in a gap."""
    return wall.replace(fold=0).astimezone(dt.UTC), wall.replace(fold=1).astimezone(dt.UTC)


def _is_over(wall: dt.datetime, last: dt.datetime) -> bool:
    return max(_both(wall)) <= last


def _is_hour_repeated(start: dt.datetime) -> bool:
    """Whether the clock shows a part of this hour twice."""
    first, second = _both(start.replace(minute=59, second=59))
    return first < second or _both(start)[0] < _both(start)[1]


def _gap_end(before: dt.datetime, after: dt.datetime, wall: dt.datetime) -> dt.datetime:
    """The first second after a gap, known to lie later than ``before`` and not later than ``after``."""
    zone = wall.tzinfo
    offset = after.astimezone(zone).utcoffset()
    while after - before > dt.timedelta(seconds=1):
        middle = before + dt.timedelta(seconds=(after - before) // dt.timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
