"""Rules that say when something happens again and again: as parameters, and the moments they name.

Trigger node types have them; ``services.schedules`` asks for the next moment. Pure: the caller gives the time.
"""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from typing import Literal

from workflow_kernel.sdk.cron import moments, parse_cron
from workflow_kernel.sdk.dates import zone_of
from workflow_kernel.sdk.parameters import Field, Model

Unit = Literal["seconds", "minutes", "hours", "days", "weeks", "months"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_BY_DATE = ["days", "weeks", "months"]
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}
_MOST = {"seconds": 86_400, "minutes": 100_000, "hours": 10_000, "days": 3660, "weeks": 520, "months": 120}


class Rule(Model):
    """When something happens."""

    kind: Literal["interval", "cron"] = Field("interval", description="Every so often, or by a cron expression.")
    every: int = Field(1, ge=1, le=100_000, description="How many units lie between.", show={"kind": "interval"})
    unit: Unit = Field("days", description="The unit.", show={"kind": "interval"})
    weekdays: list[Weekday] = Field(["monday"], description="On which days of the week.", show={"unit": "weeks"})
    day: int = Field(
        1, ge=1, le=31, description="On which day of the month; the last where it has fewer.", show={"unit": "months"}
    )
    hour: int = Field(0, ge=0, le=23, description="At which hour.", show={"unit": _BY_DATE})
    minute: int = Field(0, ge=0, le=59, description="At which minute.", show={"unit": ["hours", *_BY_DATE]})
    expression: str = Field(
        "", description="Five fields, or six with seconds first.", placeholder="0 30 9 * * mon-fri", max_length=300,
        show={"kind": "cron"},
    )  # fmt: skip

    def problem(self) -> str:
        """What is wrong with it, in a sentence; empty when nothing is."""
        if self.kind == "cron":
            try:
                parse_cron(self.expression)
            except ValueError as error:
                return str(error)
            return ""
        if self.every > _MOST[self.unit]:
            return f"Every {self.every} {self.unit} is too long. Use at most {_MOST[self.unit]}."
        return "Choose at least one day of the week." if self.unit == "weeks" and not self.weekdays else ""


def next_moments(rule: Rule, zone: str, after: dt.datetime, anchor: dt.date, count: int = 1) -> list[dt.datetime]:
    """The next moments of a rule, aware, in the zone.

    Parameters
    ----------
    zone: an IANA name; whose clock hours and days are about. after: only later moments are given.
    anchor: the date from which hours, days, weeks and months are counted, where they are not all.

    Raises
    ------
    ValueError: the expression or the zone cannot be read.
    """
    return list(itertools.islice(_moments(rule, zone_of(zone), after, anchor), count))


def _moments(rule: Rule, zone: dt.tzinfo, after: dt.datetime, anchor: dt.date) -> Iterator[dt.datetime]:
    if rule.kind == "cron":
        return moments(parse_cron(rule.expression), zone, after)
    if rule.unit == "hours" and rule.every == 1:
        return moments(parse_cron(f"0 {rule.minute} * * * *"), zone, after)
    if rule.unit in ("seconds", "minutes", "hours"):
        start = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        if rule.unit == "hours":
            start = dt.datetime.combine(anchor, dt.time(minute=rule.minute), zone).astimezone(dt.UTC)
        return _steps(start, dt.timedelta(seconds=rule.every * _SECONDS[rule.unit]), zone, after)
    daily = parse_cron(f"0 {rule.minute} {rule.hour} * * *")
    return moments(daily, zone, after, _dates(rule, anchor))


def _steps(start: dt.datetime, step: dt.timedelta, zone: dt.tzinfo, after: dt.datetime) -> Iterator[dt.datetime]:
    """Equal steps of time from a start on."""
    number = (after - start) // step + 1
    while True:
        yield (start + number * step).astimezone(zone)
        number += 1


def _dates(rule: Rule, anchor: dt.date) -> Callable[[dt.date], bool]:
    """Whether a rule holds on a date."""
    if rule.unit == "days":
        return lambda day: (day.toordinal() - anchor.toordinal()) % rule.every == 0
    if rule.unit == "weeks":
        wanted = {WEEKDAYS.index(day) for day in rule.weekdays}
        first = anchor.toordinal() - anchor.weekday()
        return lambda day: day.weekday() in wanted and (day.toordinal() - first) // 7 % rule.every == 0

    def is_on(day: dt.date) -> bool:
        last = calendar.monthrange(day.year, day.month)[1]
        distance = (day.year - anchor.year) * 12 + day.month - anchor.month
        return day.day == min(rule.day, last) and distance % rule.every == 0

    return is_on
