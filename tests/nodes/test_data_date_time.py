"""Date & time: operations, time zones, patterns of both kinds, and what n8n's versions become."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from workflow_kernel.nodes.data._date_arithmetic import add, between, duration_iso, start_of
from workflow_kernel.nodes.data._date_formats import format_luxon, format_moment
from workflow_kernel.nodes.data._date_import import from_n8n
from workflow_kernel.nodes.data._date_patterns import parse_luxon, parse_moment
from workflow_kernel.sdk import ImportedNode
from workflow_kernel.sdk.dates import parse_date_time, to_iso, zone_of
from workflow_kernel.testing import run_node

NOW = dt.datetime(2023, 4, 11, 13, 51, 59, 867000, tzinfo=dt.UTC).timestamp()
TODAY = dt.date(2023, 4, 11)


def result(parameters: dict[str, Any], item: dict[str, Any] | None = None, **options: Any) -> Any:
    found = run_node("data.date_time", parameters, [item or {}], now=NOW, **options).json()
    return found[0].get("date")


def moment(text: str, zone: str = "UTC") -> dt.datetime:
    return parse_date_time(text).astimezone(zone_of(zone))


def test_now_is_in_the_zone_of_the_workflow_unless_another_is_named() -> None:
    assert result({}, timezone="America/New_York") == "2023-04-11T09:51:59.867-04:00"
    assert result({"timezone": "Asia/Tokyo"}) == "2023-04-11T22:51:59.867+09:00"
    assert result({"include_time": False}, timezone="America/New_York") == "2023-04-11T00:00:00.000-04:00"


def test_a_result_joins_the_item_or_stands_alone() -> None:
    node = {"operation": "format", "date": "2023-04-11", "output_field": "a.b"}
    assert run_node("data.date_time", node, [{"x": 1}]).json() == [{"x": 1, "a": {"b": "2023-04-11"}}]
    alone = {**node, "include_input": False}
    assert run_node("data.date_time", alone, [{"x": 1}]).json() == [{"a": {"b": "2023-04-11"}}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1717243506789, "2024-06-01"), (1717243506, "2024-06-01"), (1717243506.789, "2024-06-01"),
        ("1717243506789", "2024-06-01"), ("1717243506.789", "2024-06-01"), ("2024-06-01T01:00:00Z", "2024-06-01"),
        ("June 1, 2024", "2024-06-01"), ("06/01/2024", "2024-06-01"),
    ],
)  # fmt: skip
def test_dates_come_in_many_forms(value: Any, expected: str) -> None:
    assert result({"operation": "format", "date": value}) == expected


def test_adding_months_stays_inside_the_month_and_days_keep_the_clock_on_the_wall() -> None:
    assert to_iso(add(moment("2023-01-31T10:00:00Z"), {"months": 1})) == "2023-02-28T10:00:00.000Z"
    before = moment("2023-03-11T12:00:00Z", "America/New_York")
    assert to_iso(add(before, {"days": 1})) == "2023-03-12T07:00:00.000-04:00"
    assert to_iso(add(before, {"hours": 24})) == "2023-03-12T08:00:00.000-04:00"
    assert result({"operation": "subtract", "date": "2023-04-11", "amount": 2, "unit": "quarters"}).startswith(
        "2022-10-11"
    )


def test_rounding_goes_down_to_a_unit_or_up_to_the_next() -> None:
    assert to_iso(start_of(moment("2023-04-13T13:00:00Z"), "week")) == "2023-04-10T00:00:00.000Z"
    assert to_iso(start_of(moment("2023-06-13T13:00:00Z"), "quarter")) == "2023-04-01T00:00:00.000Z"
    up = {"operation": "round", "date": "2023-04-11T13:00:00Z", "round": "up", "round_to": "month"}
    assert result(up) == "2023-05-01T00:00:00.000Z"


def test_time_between_fills_large_units_first_and_gives_the_fraction_to_the_smallest() -> None:
    start, end = moment("2024-01-31T00:00:00Z"), moment("2024-03-01T12:00:00Z")
    assert between(start, end, ["months", "days"]) == {"months": 1, "days": 1.5}
    assert between(end, start, ["hours"]) == {"hours": -732}
    assert duration_iso({"months": 1, "days": 2, "hours": 3, "seconds": 1.5}) == "P1M2DT3H1.5S"
    across = moment("2023-03-11T12:00:00Z", "America/New_York")
    assert between(across, add(across, {"days": 1}), ["days"]) == {"days": 1}


def test_parts_are_numbers() -> None:
    node = {"operation": "extract", "date": "2023-04-11T13:51:59Z"}
    found = [result({**node, "part": part}) for part in ("year", "quarter", "month", "week", "day", "hour")]
    assert found == [2023, 2, 4, 15, 11, 13]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyy-MM-dd'T'HH:mm:ss.SSSZZ", "2023-04-11T09:51:59.867-04:00"),
        ("EEEE, d MMMM yyyy", "Tuesday, 11 April 2023"),
        ("h:mm a z", "9:51 AM America/New_York"), ("ZZZZ", "EDT"), ("ff", "Apr 11, 2023, 9:51 AM"),
        ("X x", "1681221119 1681221119867"),
        ("kkkk-'W'WW o q", "2023-W15 101 2"), ("ZZZ", "-0400"), ("yy L LLL", "23 4 Apr"),
    ],
)  # fmt: skip
def test_luxon_tokens(pattern: str, expected: str) -> None:
    assert format_luxon(moment("2023-04-11T13:51:59.867Z", "America/New_York"), pattern) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("YYYY-MM-DD[T]HH:mm:ssZ", "2023-04-11T09:51:59-04:00"),
        ("dddd, MMMM Do YYYY, h:mm:ss a", "Tuesday, April 11th 2023, 9:51:59 am"),
        ("LLLL", "Tuesday, April 11, 2023 9:51 AM"), ("X x", "1681221119 1681221119867"),
        ("DDDo Q Wo gggg", "101st 2 15th 2023"),
        ("z ZZ", "EDT -0400"), ("SSSSSS k", "867000 9"),
    ],
)  # fmt: skip
def test_moment_tokens(pattern: str, expected: str) -> None:
    assert format_moment(moment("2023-04-11T13:51:59.867Z", "America/New_York"), pattern) == expected


def test_reading_by_luxon_pattern_is_strict() -> None:
    assert to_iso(parse_luxon("11.04.2023 07:05 PM", "dd.MM.yyyy hh:mm a", "UTC", TODAY)) == "2023-04-11T19:05:00.000Z"
    assert to_iso(parse_luxon("7 Mai 23".replace("Mai", "May"), "d MMM yy", "UTC", TODAY)) == "2023-05-07T00:00:00.000Z"
    with pytest.raises(ValueError, match="does not follow the format"):
        parse_luxon("11/04/2023", "dd.MM.yyyy", "UTC", TODAY)


def test_reading_by_moment_pattern_forgives_other_signs() -> None:
    assert to_iso(parse_moment("2021-05-09", "YYYY-DD-MM", "UTC", TODAY)) == "2021-09-05T00:00:00.000Z"
    assert to_iso(parse_moment("12/31/2022", "MM-DD-YYYY", "UTC", TODAY)) == "2022-12-31T00:00:00.000Z"
    assert to_iso(parse_moment("1717243506000", "x", "UTC", TODAY)) == "2024-06-01T12:05:06.000Z"
    assert to_iso(parse_moment("3rd of", "Do", "UTC", TODAY)) == "2023-04-03T00:00:00.000Z"


def test_a_bad_date_names_itself_and_leaves_by_the_error_port() -> None:
    node = {"operation": "format", "date": "not a date"}
    assert "not a date" in run_node("data.date_time", node, [{}]).error
    out = run_node("data.date_time", node, [{"n": 1}], on_error="branch")
    assert out.json(0) == []
    assert out.json(1)[0]["n"] == 1


def test_the_first_version_of_n8ns_node_reads_free_text_in_utc_and_shows_the_zone_asked_for() -> None:
    source = ImportedNode(
        "n8n-nodes-base.dateTime", 1,
        {"value": "03/15/2021", "toFormat": "YYYY/MM/DD", "options": {"fromTimezone": "Asia/Tokyo"}},
    )  # fmt: skip
    found = run_node("data.date_time", from_n8n(source).parameters, [{}], timezone="America/New_York").json()
    assert found == [{"data": "2021/03/14"}]


def test_the_second_version_of_n8ns_node_works_in_utc_but_leaves_date_objects_in_the_workflows_zone() -> None:
    text = ImportedNode("n8n-nodes-base.dateTime", 2, {"operation": "addToDate", "magnitude": "={{ $json.a }}"})
    assert from_n8n(text).parameters["timezone"] == "Etc/UTC"
    made = ImportedNode("n8n-nodes-base.dateTime", 2, {"operation": "formatDate", "date": "={{ $now }}"})
    assert from_n8n(made).parameters["timezone"] == "workflow"
    written = ImportedNode("n8n-nodes-base.dateTime", 2, {"operation": "formatDate", "date": "={{ $now.toISO() }}"})
    assert from_n8n(written).parameters["timezone"] == "Etc/UTC"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-04-11T12:00:00+02:00", "2023-04-16T12:00:00.000+02:00"),
        ("2023-04-11T12:00:00+00:00", "2023-04-16T12:00:00.000+00:00"),
        ("2023-04-11T12:00:00-05:00", "2023-04-16T17:00:00.000+00:00"),
    ],
)
def test_the_second_version_of_n8ns_node_keeps_offsets_ahead_of_utc(text: str, expected: str) -> None:
    source = ImportedNode(
        "n8n-nodes-base.dateTime", 2, {"operation": "addToDate", "magnitude": text, "duration": 5}
    )  # fmt: skip
    found = run_node("data.date_time", from_n8n(source).parameters, [{}], timezone="America/New_York").json()
    assert found == [{"newDate": expected}]


def test_the_second_version_of_n8ns_node_reads_patterns_in_the_workflows_zone() -> None:
    given = {"operation": "formatDate", "date": "11.04.2023 10:00", "format": "custom", "customFormat": "HH:mm ZZ"}
    source = ImportedNode("n8n-nodes-base.dateTime", 2, {**given, "options": {"fromFormat": "dd.MM.yyyy HH:mm"}})
    found = run_node("data.date_time", from_n8n(source).parameters, [{}], timezone="America/New_York").json()
    assert found == [{"formattedDate": "14:00 +00:00"}]


def test_date_objects_that_choose_a_zone_keep_it() -> None:
    date = "={{ $now.setZone('Asia/Tokyo') }}"
    source = ImportedNode("n8n-nodes-base.dateTime", 2, {"operation": "extractDate", "date": date, "part": "hour"})
    parameters = from_n8n(source).parameters
    assert parameters["timezone"] == ""
    found = run_node(
        "data.date_time", parameters, [{}], timezone="America/New_York", language="javascript", now=NOW
    ).json()
    assert found == [{"datePart": 22}]


def test_the_first_version_of_n8ns_node_writes_iso_without_a_pattern() -> None:
    source = ImportedNode("n8n-nodes-base.dateTime", 1, {"value": "2023-04-11T10:00:00Z", "custom": True})
    found = run_node("data.date_time", from_n8n(source).parameters, [{}]).json()
    assert found == [{"data": "2023-04-11T10:00:00+00:00"}]
