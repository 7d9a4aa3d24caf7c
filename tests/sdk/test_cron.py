"""Cron expressions, their moments, and daylight saving."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from zoneinfo import ZoneInfo

import pytest

from workflow_kernel.sdk.cron import cron_expression, next_times, parse_cron

BERLIN = ZoneInfo("Europe/Berlin")


def times(expression: str, after: str, count: int = 1, zone: str = "Europe/Berlin") -> list[str]:
    start = dt.datetime.fromisoformat(after)
    return [each.isoformat() for each in next_times(expression, zone, start, count)]


def test_schedules_become_expressions() -> None:
    second = r"[1-5]?\d"
    for made, pattern in [
        (cron_expression("everyMinute"), rf"{second} \* \* \* \* \*"),
        (cron_expression("everyHour", minute=7), rf"{second} 7 \* \* \* \*"),
        (cron_expression("everyX", unit="minutes", value=5), rf"{second} \*/5 \* \* \* \*"),
        (cron_expression("everyX", unit="hours", value=3), rf"{second} {second} \*/3 \* \* \*"),
        (cron_expression("everyDay", hour=13, minute=17), rf"{second} 17 13 \* \* \*"),
        (cron_expression("everyWeek", hour=13, minute=17, weekday=4), rf"{second} 17 13 \* \* 4"),
        (cron_expression("everyMonth", hour=1, minute=2, day_of_month=3), rf"{second} 2 1 3 \* \*"),
        (cron_expression("custom", expression=" 0 0 * * 1 "), r"0 0 \* \* 1"),
    ]:
        assert re.fullmatch(pattern, made)
    assert cron_expression("everyDay", seed=7) == cron_expression("everyDay", seed=7)


def test_the_next_moments_are_given_in_the_zone() -> None:
    assert times("30 15 9 * * mon-fri", "2026-01-02T09:15:30+01:00", 2) == [
        "2026-01-05T09:15:30+01:00",
        "2026-01-06T09:15:30+01:00",
    ]
    assert times("*/20 * * * * *", "2026-01-02T00:00:00+00:00", 2, "UTC") == [
        "2026-01-02T00:00:20+00:00",
        "2026-01-02T00:00:40+00:00",
    ]
    assert times("0 12 * * *", "2026-01-02T12:00:00+01:00") == ["2026-01-03T12:00:00+01:00"]
    assert times("0 0 0 29 2 *", "2026-01-01T00:00:00+01:00") == ["2028-02-29T00:00:00+01:00"]
    assert times("0 0 0 30 2 *", "2026-01-01T00:00:00+01:00") == []


def test_two_restricted_days_are_either_or() -> None:
    assert times("0 0 0 13 * fri", "2026-01-01T12:00:00+01:00", 3) == [
        "2026-01-02T00:00:00+01:00",
        "2026-01-09T00:00:00+01:00",
        "2026-01-13T00:00:00+01:00",
    ]


def test_a_skipped_time_comes_once_right_after_the_gap() -> None:
    assert times("0 15,30 2 * * *", "2026-03-28T12:00:00+01:00", 2) == [
        "2026-03-29T03:00:00+02:00",
        "2026-03-30T02:15:00+02:00",
    ]
    assert times("0 30 0 * * *", "2018-11-03T12:00:00-03:00", 1, "America/Sao_Paulo") == ["2018-11-04T01:00:00-02:00"]


def test_a_repeated_time_comes_once() -> None:
    assert times("0 30 2 * * *", "2026-10-24T12:00:00+02:00", 2) == [
        "2026-10-25T02:30:00+02:00",
        "2026-10-26T02:30:00+01:00",
    ]
    assert times("0 30 2 * * *", "2026-10-25T02:10:00+01:00") == ["2026-10-26T02:30:00+01:00"]


def test_intervals_follow_the_time_that_passes() -> None:
    for start in ("2026-03-29T00:00:00+01:00", "2026-10-25T00:00:00+02:00"):
        moments = next_times("5 */30 * * * *", BERLIN, dt.datetime.fromisoformat(start), 12)
        seconds = [moment.timestamp() for moment in moments]
        assert {later - earlier for earlier, later in itertools.pairwise(seconds)} == {1800.0}


def test_half_hour_changes_are_right_too() -> None:
    start = dt.datetime.fromisoformat("2026-04-05T00:00:00+11:00")
    moments = next_times("0 */15 * * * *", "Australia/Lord_Howe", start, 14)
    seconds = [moment.timestamp() for moment in moments]
    assert {later - earlier for earlier, later in itertools.pairwise(seconds)} == {900.0}


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("* * *", "has 3 fields"),
        ("60 * * * * *", "'60' in '60 .*' is not a second"),
        ("0 0 0 0 * *", "is not a day of month"),
        ("0 0 0 * foo *", "is not a month"),
        ("0 */0 * * * *", "is not a minute"),
        ("0 5-1 * * * *", "is not a minute"),
    ],
)
def test_a_wrong_expression_names_its_field(expression: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_cron(expression)


def test_names_and_words_are_read() -> None:
    assert parse_cron("0 0 0 * jan,Mar SUN").months == {1, 3}
    assert parse_cron("0 0 0 * * 7").weekdays == {0}
    assert parse_cron("@daily").hours == (0,)


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        next_times("* * * * *", "UTC", dt.datetime(2026, 1, 1))


def test_rare_moments_are_found_quickly() -> None:
    times("0 0 0 30 2 *", "2026-01-01T00:00:00+01:00")
    times("* * * * * *", "2026-01-01T23:59:00+01:00")
