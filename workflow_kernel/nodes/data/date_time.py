"""Date and time: the current moment, arithmetic, formatting, rounding, differences, parts of a date."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Literal

from workflow_kernel.nodes._paths import set_path
from workflow_kernel.nodes.data import _date_import
from workflow_kernel.nodes.data._date_arithmetic import Unit, add, between, duration_iso, start_of
from workflow_kernel.nodes.data._date_formats import format_luxon, format_moment
from workflow_kernel.nodes.data._date_patterns import parse_luxon, parse_moment
from workflow_kernel.sdk import Context, Field, Item, NodeError, NodeType, dates, node

Rounding = Literal["year", "quarter", "month", "week", "day", "hour", "minute", "second"]
Part = Literal["year", "quarter", "month", "week", "day", "hour", "minute", "second"]

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?\Z", re.ASCII)
_ISO = re.compile(r"\s*(?:\d{4}-(?:\d\d|W\d\d)|\d{8}(?:T|$))")
_AHEAD = re.compile(r"[\dT:]\s*\+(?!00)(\d\d)(?::?\d\d)?\s*\Z")
_PARTS: dict[Unit, Rounding] = {
    "years": "year", "quarters": "quarter", "months": "month", "weeks": "week", "days": "day", "hours": "hour",
    "minutes": "minute", "seconds": "second",
}  # fmt: skip
_WITH_DATE = ["add", "subtract", "format", "round", "extract", "between"]


@node(
    "data.date_time",
    title="Date & time",
    imports={"n8n-nodes-base.dateTime": _date_import.from_n8n},
    icon="calendar-clock",
    keywords=("date", "time", "now", "format", "calendar", "timezone", "duration"),
)
class DateTime(NodeType):
    """Gives the time, formats dates, adds to them, rounds them, takes their parts, or tells the time between two."""

    operation: Literal["now", "add", "subtract", "format", "round", "between", "extract"] = Field(
        "now", description="What to do."
    )
    date: Any = Field(
        None, description="The date: text in a usual form, or seconds or milliseconds since 1970.",
        show={"operation": _WITH_DATE}, widget="date",
    )  # fmt: skip
    end: Any = Field(
        None, description="The date up to which the time is measured.", show={"operation": "between"}, widget="date"
    )
    amount: float = Field(0, description="How much to add or subtract.", show={"operation": ["add", "subtract"]})
    unit: Unit = Field("days", description="Unit of the amount.", show={"operation": ["add", "subtract"]})
    format: str = Field(
        "yyyy-MM-dd", description="Pattern of the text, in the tokens chosen below.", show={"operation": "format"}
    )
    round: Literal["down", "up"] = Field(
        "down", description="To the beginning of the unit, or of the next one.", show={"operation": "round"}
    )
    round_to: Rounding = Field("month", description="Unit to round to.", show={"operation": "round"})
    units: list[Unit] = Field(
        ["days"], description="Units in which the time is told.", show={"operation": "between"}, widget="select"
    )
    as_iso: bool = Field(
        False, description="Tell the time as ISO 8601 text such as P2DT3H.", show={"operation": "between"}
    )
    part: Part = Field("month", description="Part of the date to take.", show={"operation": "extract"})
    include_time: bool = Field(True, description="Otherwise the day begins at midnight.", show={"operation": "now"})
    output_field: str = Field("date", description="Field that gets the result.")
    include_input: bool = Field(True, description="Keep the other fields of the item.")
    timezone: str = Field(
        "", section="Options", placeholder="Europe/Berlin",
        description="Time zone of the result; empty keeps that of the date, 'workflow' is the workflow's.",
    )  # fmt: skip
    tokens: Literal["luxon", "moment"] = Field(
        "luxon", section="Options", description="Whose tokens patterns use: yyyy-MM-dd (Luxon) or YYYY-MM-DD (Moment)."
    )
    input_format: str = Field(
        "", section="Options", description="Pattern of the dates read; empty tells the form by itself."
    )
    input_timezone: str = Field(
        "", section="Options", description="Time zone of dates that name none; empty is the workflow's."
    )
    free_text_timezone: str = Field(
        "", section="Options",
        description="The same for dates in other forms than ISO 8601, where it differs.",
    )  # fmt: skip
    keep_ahead: bool = Field(
        False, section="Options",
        description="Texts with an offset ahead of UTC, such as +02:00, keep its hours in place of the time zone.",
    )  # fmt: skip
    output: Literal["date", "utc"] = Field(
        "date", section="Options", description="Write date times with their own offset, or in UTC."
    )

    def run(self, item: Item, ctx: Context) -> Item:
        """Put the result of the operation into the item."""
        json = dict(item.json) if self.include_input else {}
        try:
            value = self._result(ctx)
        except (ValueError, OverflowError) as error:
            raise NodeError(str(error), mend="Give a valid date, or set its format under 'input_format'.") from error
        return Item(set_path(json, self.output_field, value), item.binary if self.include_input else None)

    def _result(self, ctx: Context) -> Any:
        if self.operation == "now":
            now = self._in_zone(ctx.now(), ctx)
            return self._text(now if self.include_time else start_of(now, "day"))
        if self.operation == "format" and self.date is None:
            return None
        date = self._read(self.date, "date", ctx)
        match self.operation:
            case "add" | "subtract":
                return self._text(add(date, {self.unit: self.amount if self.operation == "add" else -self.amount}))
            case "format":
                return format_luxon(date, self.format) if self.tokens == "luxon" else format_moment(date, self.format)
            case "round":
                return self._text(self._rounded(date))
            case "between":
                found = between(date, self._read(self.end, "end", ctx), self.units)
                return duration_iso(dict(found)) if self.as_iso else found
            case "extract":
                return self._part(date)

    def _rounded(self, date: dt.datetime) -> dt.datetime:
        if self.round == "up":
            unit = next(unit for unit, name in _PARTS.items() if name == self.round_to)
            date = add(date, {unit: 1})
        return start_of(date, self.round_to)

    def _part(self, date: dt.datetime) -> int:
        if self.part == "week":
            return date.isocalendar()[1]
        if self.part == "quarter":
            return (date.month + 2) // 3
        return int(getattr(date, self.part))

    def _read(self, value: Any, field: str, ctx: Context) -> dt.datetime:
        if value is None or value == "":
            raise NodeError(f"The parameter '{field}' is empty.", mend="Give a date.")
        if self.keep_ahead and isinstance(value, str) and (offset := _AHEAD.search(value)):
            return self._parsed(value, ctx).astimezone(dates.zone_of(f"+{offset[1]}:00"))
        return self._in_zone(self._parsed(value, ctx), ctx)

    def _parsed(self, value: Any, ctx: Context) -> dt.datetime:
        zone = self.input_timezone or ctx.timezone
        zone = ctx.timezone if zone == "workflow" else zone
        if self.input_format and isinstance(value, str):
            parse = parse_luxon if self.tokens == "luxon" else parse_moment
            return parse(value, self.input_format, zone, ctx.now().date())
        if isinstance(value, str) and _NUMBER.match(value.strip()):
            value = float(value) if "." in value else int(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            # Twelve digits and more are milliseconds: those since 1973, or seconds far beyond any calendar.
            is_short = len(str(abs(int(value)))) < 12
            return dates.from_milliseconds(value * 1000 if is_short else value, zone)
        if self.free_text_timezone and isinstance(value, str) and not _ISO.match(value):
            zone = self.free_text_timezone
        return dates.parse_date_time(value, zone)

    def _in_zone(self, moment: dt.datetime, ctx: Context) -> dt.datetime:
        if not self.timezone:
            return moment
        return moment.astimezone(dates.zone_of(ctx.timezone if self.timezone == "workflow" else self.timezone))

    def _text(self, moment: dt.datetime) -> str:
        return dates.to_iso(moment.astimezone(dt.UTC) if self.output == "utc" else moment)
