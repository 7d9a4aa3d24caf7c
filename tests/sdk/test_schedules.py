"""The moments of rules: in the zone's clock, through daylight saving, checked against plain counting."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_kernel.sdk.schedules import WEEKDAYS, Rule, next_moments

BERLIN = "Europe/Berlin"
ANCHOR = dt.date(2026, 1, 5)


def moments(after: str, count: int = 3, zone: str = BERLIN, **rule: Any) -> list[str]:
    start = dt.datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone))
    return [moment.isoformat() for moment in next_moments(Rule(**rule), zone, start, ANCHOR, count)]


@pytest.mark.parametrize(
    ("rule", "after", "expected"),
    [
        ({"every": 30, "unit": "seconds"}, "2026-02-01T12:00:10",
         ["2026-02-01T12:00:30+01:00", "2026-02-01T12:01:00+01:00"]),
        ({"every": 15, "unit": "minutes"}, "2026-02-01T12:00:00",
         ["2026-02-01T12:15:00+01:00", "2026-02-01T12:30:00+01:00"]),
        ({"every": 1, "unit": "hours", "minute": 20}, "2026-02-01T12:20:00",
         ["2026-02-01T13:20:00+01:00", "2026-02-01T14:20:00+01:00"]),
        ({"every": 5, "unit": "hours", "minute": 20}, "2026-01-05T22:00:00",
         ["2026-01-06T01:20:00+01:00", "2026-01-06T06:20:00+01:00"]),
        ({"every": 1, "unit": "days", "hour": 9}, "2026-02-01T09:00:00",
         ["2026-02-02T09:00:00+01:00", "2026-02-03T09:00:00+01:00"]),
        ({"every": 3, "unit": "days", "hour": 9}, "2026-01-05T10:00:00",
         ["2026-01-08T09:00:00+01:00", "2026-01-11T09:00:00+01:00"]),
        ({"every": 2, "unit": "weeks", "weekdays": ["friday", "monday"], "hour": 7}, "2026-01-05T07:00:00",
         ["2026-01-09T07:00:00+01:00", "2026-01-19T07:00:00+01:00", "2026-01-23T07:00:00+01:00"]),
        ({"every": 1, "unit": "months", "day": 31, "hour": 8}, "2026-01-31T08:00:00",
         ["2026-02-28T08:00:00+01:00", "2026-03-31T08:00:00+02:00", "2026-04-30T08:00:00+02:00"]),
        ({"every": 6, "unit": "months"}, "2026-01-05T00:00:00",
         ["2026-07-01T00:00:00+02:00", "2027-01-01T00:00:00+01:00"]),
        ({"kind": "cron", "expression": "*/20 30 9 * * mon-fri"}, "2026-02-06T09:30:10",
         ["2026-02-06T09:30:20+01:00", "2026-02-06T09:30:40+01:00", "2026-02-09T09:30:00+01:00"]),
    ],
    ids=lambda value: " ".join(f"{value}".split())[:60],
)  # fmt: skip
def test_moments(rule: dict[str, Any], after: str, expected: list[str]) -> None:
    assert moments(after, len(expected), **rule) == expected


def test_an_hour_the_clock_jumps_over_counts_once_right_after_it() -> None:
    at_half_past_two = {"every": 1, "unit": "days", "hour": 2, "minute": 30}
    assert moments("2026-03-28T12:00:00", 2, **at_half_past_two) == [
        "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00",
    ]  # fmt: skip


def test_an_hour_the_clock_shows_twice_counts_once_for_a_fixed_time_and_twice_for_hours_that_pass() -> None:
    at_half_past_two = {"every": 1, "unit": "days", "hour": 2, "minute": 30}
    assert moments("2026-10-24T12:00:00", 2, **at_half_past_two) == [
        "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00",
    ]  # fmt: skip
    assert moments("2026-10-25T01:30:00", 3, unit="hours", minute=30) == [
        "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"kind": "cron", "expression": "61 * * * *"}, "'61' in '61 * * * *' is not a minute"),
        ({"kind": "cron"}, "has 0 fields"),
        ({"every": 100_000, "unit": "hours"}, "too long"),
        ({"unit": "weeks", "weekdays": []}, "at least one day"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told(rule: dict[str, Any], says: str) -> None:
    assert says in Rule(**rule).problem()


def test_a_rule_that_never_comes_has_no_moments() -> None:
    assert moments("2026-01-01T00:00:00", kind="cron", expression="0 0 31 2 *") == []


rules = st.builds(
    Rule,
    every=st.integers(1, 40),
    unit=st.sampled_from(["seconds", "minutes", "hours", "days", "weeks", "months"]),
    weekdays=st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3),
    day=st.integers(1, 31),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
)
zones = st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "Africa/Cairo"])
starts = st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2028, 1, 1), timezones=st.just(dt.UTC))


@settings(max_examples=150, deadline=None)
@given(rule=rules, zone=zones, after=starts)
def test_moments_are_later_in_order_and_as_the_rule_says(rule: Rule, zone: str, after: dt.datetime) -> None:
    found = next_moments(rule, zone, after, ANCHOR, 4)
    assert len(found) == 4
    assert all(one < other for one, other in pairwise([after, *found]))
    for moment in found:
        local = moment.astimezone(ZoneInfo(zone))
        assert moment.utcoffset() == local.utcoffset() and local.second % (60 if rule.unit != "seconds" else 1) == 0
        if rule.unit == "weeks":
            assert WEEKDAYS[local.weekday()] in rule.weekdays
        if rule.unit in ("days", "weeks", "months"):
            wall = local.replace(hour=rule.hour, minute=rule.minute)
            is_skipped = wall.astimezone(dt.UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall.replace(
                tzinfo=None
            )
            assert is_skipped or (local.hour, local.minute) == (rule.hour, rule.minute)
    if rule.unit in ("seconds", "minutes"):
        step = dt.timedelta(**{rule.unit: rule.every})
        assert {other.astimezone(dt.UTC) - one.astimezone(dt.UTC) for one, other in pairwise(found)} == {step}


@settings(max_examples=60, deadline=None)
@given(rule=rules, zone=zones, after=starts)
def test_looking_again_from_a_moment_gives_the_next_one(rule: Rule, zone: str, after: dt.datetime) -> None:
    first, second = next_moments(rule, zone, after, ANCHOR, 2)
    assert next_moments(rule, zone, first, ANCHOR) == [second]
    assert next_moments(rule, zone, first - dt.timedelta(microseconds=1), ANCHOR) == [first]
