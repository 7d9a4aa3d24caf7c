"""Converting values to a type, and reading dates."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_kernel.expressions.scope import UNDEFINED
from workflow_kernel.sdk import convert, convert_form, convert_literal, dates
from workflow_kernel.sdk.convert import CONVERTERS, convert_value
from workflow_kernel.sdk.convert_javascript import number_of, number_text, text_of


@pytest.mark.parametrize(
    ("value", "type_name", "result"),
    [
        ("TRUE", "boolean", True),
        (0.0, "boolean", False),
        (" 0x1F ", "number", 31),
        ("", "number", 0),
        ("1e3", "number", 1000),
        ({"a": 1.0}, "string", '{"a":1}'),
        ("['a', 1,]", "array", ["a", 1]),
        ("{a: {b: [true, null]}}", "object", {"a": {"b": [True, None]}}),
        ("example.com/a b", "time", None),
        ("a.b.c", "jwt", "a.b.c"),
        ({"mimeType": "a/b", "data": ""}, "binary", {"mimeType": "a/b", "data": ""}),
        ({"data": ""}, "binary", None),
        ("1_000", "number", None),
        ("nan", "number", None),
        ("2", "boolean", None),
        ("abc1\n", "string-alphanumeric", None),
        ("anything", "no such type", "anything"),
    ],
)
def test_values_are_converted(value: Any, type_name: str, result: Any) -> None:
    converted = convert_value("field", value, type_name, parse_strings=True)
    assert converted.value == result
    assert converted.valid is (result is not None)


def test_a_message_names_the_field_the_type_and_the_value() -> None:
    assert convert_value("age", "A", "number").message == "'age' expects a number but we got 'A'"
    options = convert_value("fruit", "plum", "options", options=[{"name": "Apple", "value": "apple"}, "pear"])
    assert options.message == "'fruit' expects one of the following values: [apple, pear] but we got 'plum'"
    assert "abc" in convert_value("link", "javascript:abc", "url").message


def test_strict_does_not_convert() -> None:
    assert not convert_value("n", True, "number", strict=True).valid
    assert not convert_value("s", 1, "string", strict=True, parse_strings=True).valid
    assert convert_value("d", "2024-01-01", "dateTime", strict=True).valid


@pytest.mark.parametrize("type_name", [*CONVERTERS, "dateTime", "options"])
def test_null_and_undefined_are_of_every_type(type_name: str) -> None:
    assert convert_value("x", None, type_name).valid
    assert convert_value("x", UNDEFINED, type_name).valid


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "javascript://x", "https://", "a b", "vbscript:x", "https://a:b"]
)
def test_what_is_no_url_or_runs_code_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not a valid url"):
        convert.to_url(url)


def test_urls_keep_their_text() -> None:
    assert convert.to_url("localhost:8080/a?b#c") == "https://localhost:8080/a?b#c"
    assert convert.to_url("http://[::1]:80/") == "http://[::1]:80/"


def test_form_fields_are_checked() -> None:
    fields = '[{fieldLabel: "Fruit", fieldType: "dropdown", fieldOptions: [{option: "apple"}], requiredField: true}]'
    assert convert_form.form_fields(fields)[0]["fieldOptions"] == {"values": [{"option": "apple"}]}
    for wrong, part in [
        ("nonsense", "not valid JSON"),
        ('[{"colour": 1}]', "Key 'colour' in field 0"),
        ('[{"fieldType": "x"}]', "Field type 'x' in field 0"),
        ('[{"fieldOptions": [{"name": "a"}]}]', "invalid option 0"),
        ('[{"requiredField": "yes"}]', "requiredField"),
        ("[1]", "Field 0"),
    ]:
        with pytest.raises(ValueError, match=part):
            convert_form.form_fields(wrong)


@pytest.mark.parametrize("text", ["{a: f()}", "{a: b}", "{'a'}", "[1 2]", "{a: 1} x", "'open", "[" * 500])
def test_a_literal_never_runs_code(text: str) -> None:
    with pytest.raises(ValueError):
        convert_literal.parse(text)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (1e21, "1e+21"),
        (1e-7, "1e-7"),
        (1.5e-5, "0.000015"),
        (-1.2e-6, "-0.0000012"),
        (0.1, "0.1"),
        (8.87e20, "887000000000000000000"),
    ],
)
def test_numbers_are_written_as_in_javascript(number: float, text: str) -> None:
    assert number_text(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_survives_its_text(number: float) -> None:
    assert number_of(text_of(number)) == number


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2025-04-17T06:22:20-04:00", "2025-04-17T06:22:20.000-04:00"),
        ("2025-04-17T06:22:20Z", "2025-04-17T06:22:20.000Z"),
        ("2025-04-17", "2025-04-17T00:00:00.000+02:00"),
        ("20250417T062220.1239", "2025-04-17T06:22:20.123+02:00"),
        ("2025-W16-4", "2025-04-17T00:00:00.000+02:00"),
        ("2025-107", "2025-04-17T00:00:00.000+02:00"),
        ("2025", "2025-01-01T00:00:00.000+01:00"),
        ("2025-04-17T24:00:00", "2025-04-18T00:00:00.000+02:00"),
        ("2025-04-17 06:22:20.5", "2025-04-17T06:22:20.500+02:00"),
        ("2025-04-17 06:22:20 Asia/Tokyo", "2025-04-17T06:22:20.000+09:00"),
        ("2025-04-17T06:22:20+02:00[Europe/Berlin]", "2025-04-17T06:22:20.000+02:00"),
        ("Thu, 17 Apr 2025 06:22:20 +0530", "2025-04-17T06:22:20.000+05:30"),
        ("Thu, 17 Apr 2025 06:22:20 GMT", "2025-04-17T06:22:20.000Z"),
        ("Thursday, 17-Apr-25 06:22:20 GMT", "2025-04-17T06:22:20.000Z"),
        ("Thu Apr 17 06:22:20 2025", "2025-04-17T06:22:20.000+02:00"),
        ("Thu Apr 17 2025 06:22:20 GMT+0200 (Central European Summer Time)", "2025-04-17T06:22:20.000+02:00"),
        ("April 17, 2025 6:22 PM", "2025-04-17T18:22:00.000+02:00"),
        ("4/17/2025", "2025-04-17T00:00:00.000+02:00"),
        ("17 april 49", "2049-04-17T00:00:00.000+02:00"),
        ("12", "2001-12-01T00:00:00.000+01:00"),
        ("17-May-2023 10:52 pm", "2023-05-17T22:52:00.000+02:00"),
        ("2023 10:52:32 -0400", "2023-01-01T10:52:32.000-04:00"),
    ],
)
def test_dates_are_read_in_every_form(text: str, iso: str) -> None:
    assert dates.to_iso(dates.parse_date_time(text, "Europe/Brussels")) == iso


@pytest.mark.parametrize(
    "text", ["", "today", "1685085012135", "32/13/2020", "2025-13-01", "2025-02-30T00:00:00Z x", "5:77"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date time"):
        dates.parse_date_time(text)


def test_timestamps_are_read_on_request() -> None:
    seconds = dates.parse_date_time(1685085012, timestamps=True)
    milliseconds = dates.parse_date_time("1685085012000", timestamps=True)
    assert seconds == milliseconds
    assert dates.to_iso(seconds) == "2023-05-26T07:10:12.000Z"


def test_a_date_remembers_its_zone() -> None:
    assert dates.zone_name(dates.parse_date_time("2025-01-01", "Asia/Tokyo")) == "Asia/Tokyo"
    assert dates.zone_name(dates.parse_date_time("2025-01-01T00:00:00-03:30")) == "UTC-3:30"
    assert dates.to_iso(dates.parse_date_time("2025-01-01", "Europe/London")) == "2025-01-01T00:00:00.000+00:00"
    with pytest.raises(ValueError, match="is not a time zone"):
        dates.zone_of("Europe/Nowhere")


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    convert_value("x", text, "dateTime")
    for type_name in CONVERTERS:
        convert_value("x", text, type_name)
