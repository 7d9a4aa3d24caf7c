"""Turns n8n's nodes that make files from items into ``files.convert_to_file``."""

from __future__ import annotations

from typing import Any

from workflow_kernel.sdk import Imported, ImportedNode

TYPE = "files.convert_to_file"
_FORMATS = {
    "csv": "csv", "html": "html", "iCal": "ics", "toJson": "json", "ods": "ods", "rtf": "rtf", "toText": "text",
    "xls": "xls", "xlsx": "xlsx", "toBinary": "base64",
}  # fmt: skip
_EVENT = {
    "busyStatus": "busy", "calName": "calendar_name", "description": "description", "location": "location",
    "recurrenceRule": "recurrence", "sequence": "sequence", "status": "status", "uid": "uid", "url": "url",
}  # fmt: skip


def from_convert_to_file(source: ImportedNode) -> Imported:
    """The parameters for n8n's Convert to File."""
    options: dict[str, Any] = source.get("options", default={})
    format_ = _FORMATS.get(source.get("operation", default="csv"), "csv")
    if format_ == "ics":
        return Imported(_event(source))
    parameters: dict[str, Any] = {"format": format_, "file": source.get("binaryPropertyName", default="data")}
    if format_ in ("text", "base64"):
        parameters["field"] = source.get("sourceProperty", default="")
        if format_ == "base64" and options.get("dataIsBase64") is False:
            parameters["format"] = "text"
        if options.get("mimeType"):
            parameters["mime_type"] = options["mimeType"]
    elif format_ == "json":
        parameters["each_item"] = _each(source.get("mode", default="once"))
        parameters["indent"] = options.get("format", False)
    if format_ in ("text", "json", "base64"):
        parameters["add_bom"] = options.get("addBOM", False)
        parameters["encoding"] = options.get("encoding", "utf-8")
    return Imported(parameters | _table_options(options))


def spreadsheet_to_file(source: ImportedNode) -> Imported:
    """The parameters for n8n's Spreadsheet File where it writes."""
    format_ = source.get("fileFormat", default="xls")
    parameters = {"format": format_, "file": source.get("binaryPropertyName", default="data")}
    return Imported(parameters | _table_options(source.get("options", default={})), type=TYPE)


def json_to_binary(source: ImportedNode) -> Imported:
    """The parameters for n8n's Convert to/from binary data where it makes files."""
    options: dict[str, Any] = source.get("options", default={})
    parameters: dict[str, Any] = {
        "format": "json", "each_item": True, "file": source.get("destinationKey", default="data"),
        "encoding": options.get("encoding", "utf-8"), "add_bom": options.get("addBOM", False),
        "keep": "all" if options.get("keepSource") else "rest", "skip_missing": True,
    }  # fmt: skip
    if not source.get("convertAllData", default=True):
        parameters["field"] = source.get("sourceKey", default="data")
    if options.get("dataIsBase64"):
        parameters["format"] = "base64"
    elif options.get("useRawData"):
        parameters["format"] = "text"
    if options.get("fileName"):
        parameters["file_name"] = options["fileName"]
    if options.get("mimeType"):
        parameters["mime_type"] = options["mimeType"]
    return Imported(parameters, type=TYPE)


def from_ical(source: ImportedNode) -> Imported:
    """The parameters for n8n's iCalendar."""
    return Imported(_event(source))


def _each(mode: str) -> Any:
    if mode.startswith("="):
        return f"={{{{ ({mode[3:].rstrip().removesuffix('}}')}) === 'each' }}}}"
    return mode == "each"


def _table_options(options: dict[str, Any]) -> dict[str, Any]:
    names = {"fileName": "file_name", "headerRow": "header_row", "delimiter": "delimiter", "sheetName": "sheet"}
    return {ours: options[theirs] for theirs, ours in names.items() if options.get(theirs) is not None}


def _event(source: ImportedNode) -> dict[str, Any]:
    fields: dict[str, Any] = source.get("additionalFields", default={})
    event: dict[str, Any] = {ours: fields[theirs] for theirs, ours in _EVENT.items() if fields.get(theirs) is not None}
    event |= {
        "title": source.get("title", default=""), "start": source.get("start", default=""),
        "end": source.get("end", default=""), "all_day": source.get("allDay", default=False),
    }  # fmt: skip
    place = fields.get("geolocationUi", {}).get("geolocationValues", {})
    if place:
        event |= {"latitude": place.get("lat", 0), "longitude": place.get("lon", 0)}
    organizer = fields.get("organizerUi", {}).get("organizerValues")
    if organizer:
        event["organizer"] = {"name": organizer.get("name", ""), "email": organizer.get("email", "")}
    attendees = fields.get("attendeesUi", {}).get("attendeeValues", [])
    if attendees:
        event["attendees"] = [
            {"name": one.get("name", ""), "email": one.get("email", ""), "rsvp": one.get("rsvp", False)}
            for one in attendees
        ]
    parameters = {"format": "ics", "file": source.get("binaryPropertyName", default="data"), "event": event}
    if fields.get("fileName"):
        parameters["file_name"] = fields["fileName"]
    return parameters
