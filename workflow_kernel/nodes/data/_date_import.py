"""Turns n8n's date nodes into ``data.date_time``: version 1 speaks Moment, version 2 Luxon."""

from __future__ import annotations

import re
from typing import Any

from workflow_kernel.sdk import Imported, ImportedNode

_OPERATIONS = {
    "addToDate": ("add", "newDate"), "subtractFromDate": ("subtract", "newDate"),
    "formatDate": ("format", "formattedDate"), "getCurrentDate": ("now", "currentDate"),
    "roundDate": ("round", "roundedDate"), "getTimeBetweenDates": ("between", "timeDifference"),
    "extractDate": ("extract", "datePart"),
}  # fmt: skip
_MOMENT_ISO = "YYYY-MM-DDTHH:mm:ssZ"
_DATE_OBJECT = re.compile(r"\$now\b|\$today\b|\bDateTime\.|\.toDateTime\(")
_OWN_ZONE = re.compile(r"\bset[zZ]one\b|\bzone\s*:|\bto(?:UTC|Local)\b|\.utc\(")
_MADE_TEXT = re.compile(
    r"\.(?:toISO\w*|toFormat|format|toString|toLocaleString|toSQL\w*|toMillis|toSeconds|toUnixInteger|valueOf|ts)\b"
    r"[^.]*\}\}\s*$"
)


def from_n8n(source: ImportedNode) -> Imported:
    """The parameters of ``data.date_time`` for any version of n8n's date node."""
    return _from_second(source) if source.version >= 2 else _from_first(source)


def _from_first(source: ImportedNode) -> Imported:
    options: dict[str, Any] = source.get("options", default={})
    parameters: dict[str, Any] = {
        "date": _kept(source.get("value", default="")), "output_field": source.get("dataPropertyName", default="data"),
        "tokens": "moment", "input_timezone": "UTC", "timezone": "UTC",
    }  # fmt: skip
    if options.get("fromFormat"):
        parameters["input_format"] = options["fromFormat"]
    if source.get("action", default="format") == "calculate":
        operation = source.get("operation", default="add")
        return Imported(
            parameters
            | {
                "operation": operation, "amount": source.get("duration", default=0),
                "unit": source.get("timeUnit", default="days"), "output": "utc",
            }
        )  # fmt: skip
    if options.get("fromTimezone") or options.get("toTimezone"):
        # Without ISO 8601 form n8n reads a date in the time zone of its process, whatever zone is asked for.
        parameters["free_text_timezone"] = "UTC"
        parameters["input_timezone"] = options.get("fromTimezone") or "workflow"
        parameters["timezone"] = options.get("toTimezone") or "workflow"
    parameters["operation"] = "format"
    parameters["format"] = source.get("toFormat", default="" if source.get("custom") else "MM/DD/YYYY") or _MOMENT_ISO
    return Imported(parameters)


def _from_second(source: ImportedNode) -> Imported:
    options: dict[str, Any] = source.get("options", default={})
    operation, field = _OPERATIONS.get(source.get("operation", default="getCurrentDate"), ("now", "currentDate"))
    parameters: dict[str, Any] = {
        "operation": operation, "output_field": source.get("outputFieldName", default=field),
        "include_input": options.get("includeInputFields", False),
    }  # fmt: skip
    if operation == "now":
        parameters["include_time"] = source.get("includeTime", default=True)
        parameters["timezone"] = options.get("timezone") or "workflow"
        return Imported(parameters)
    name = {"add": "magnitude", "subtract": "magnitude", "between": "startDate"}.get(operation, "date")
    date = source.get(name, default="")
    parameters |= {"date": _kept(date), "input_timezone": "UTC", "timezone": _zone(date)}
    parameters["keep_ahead"] = parameters["timezone"] == "Etc/UTC"
    if operation in ("add", "subtract"):
        parameters["amount"] = source.get("duration", default=0)
        parameters["unit"] = source.get("timeUnit", default="days")
    elif operation == "format":
        parameters |= _format(source, options)
    elif operation == "round":
        up = source.get("mode", default="roundDown") == "roundUp"
        parameters["round"] = "up" if up else "down"
        parameters["round_to"] = source.get("to" if up else "toNearest", default="month")
    elif operation == "between":
        parameters["end"] = source.get("endDate", default="")
        parameters["units"] = _units(source.get("units", default=["day"]))
        parameters["as_iso"] = options.get("isoString", False)
    else:
        parameters["part"] = source.get("part", default="month")
    return Imported(parameters)


def _format(source: ImportedNode, options: dict[str, Any]) -> dict[str, Any]:
    pattern = source.get("format", default="MM/dd/yyyy")
    if pattern == "custom":
        pattern = source.get("customFormat", default="")
    found: dict[str, Any] = {"format": pattern}
    if options.get("fromFormat"):
        # A pattern is read in the workflow's time zone, other forms in that of n8n's process.
        found |= {"input_format": options["fromFormat"], "input_timezone": "workflow"}
    uses_workflow = options.get("timezone", False)
    if isinstance(uses_workflow, str) and uses_workflow.startswith("={{"):
        condition = uses_workflow[3:].rstrip().removesuffix("}}")
        found["timezone"] = f"={{{{ ({condition}) ? 'workflow' : 'Etc/UTC' }}}}"
        found["keep_ahead"] = f"={{{{ !({condition}) }}}}"
    elif uses_workflow:
        found |= {"timezone": "workflow", "keep_ahead": False}
    return found


def _kept(value: Any) -> Any:
    return None if value == "" else value


def _zone(date: Any) -> str:
    """n8n shows texts and numbers in UTC, but leaves the date objects of its expressions in their zone.

    That is the workflow's, unless the expression chooses another: then the offset of the date tells it.
    """
    if not isinstance(date, str) or not _DATE_OBJECT.search(date) or _MADE_TEXT.search(date):
        return "Etc/UTC"
    return "" if _OWN_ZONE.search(date) else "workflow"


def _units(units: Any) -> Any:
    if isinstance(units, str):
        return units
    return [unit if unit.startswith("=") or unit.endswith("s") else f"{unit}s" for unit in units]
