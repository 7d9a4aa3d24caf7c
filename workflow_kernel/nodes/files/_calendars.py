"""Calendar files (iCalendar): to objects and from an event's parameters.

The node that extracts from files reads them, the one that converts to files writes them.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from workflow_kernel.sdk import NodeError, dates

_TEXTS = {
    "SUMMARY": "summary", "UID": "uid", "LOCATION": "location", "DESCRIPTION": "description", "URL": "url",
    "STATUS": "status", "TRANSP": "timeTransparent", "CLASS": "class", "COMMENT": "comment",
}  # fmt: skip
_DATES = {"CREATED": "created", "LAST-MODIFIED": "lastModified", "DTSTAMP": "stamp", "DTSTART": "start", "DTEND": "end"}


def read_calendar(text: str) -> dict[str, Any]:
    """A calendar as an object: ``version``, ``prodId``, ``events`` with ``summary``, ``start``, ``end`` and so on."""
    import icalendar

    try:
        calendar = icalendar.Calendar.from_ical(text)
    except (ValueError, IndexError) as error:
        raise NodeError(f"The calendar file cannot be read: {error}") from error
    found: dict[str, Any] = {}
    for name, key in (("VERSION", "version"), ("PRODID", "prodId"), ("METHOD", "method"), ("X-WR-CALNAME", "name")):
        if name in calendar:
            found[key] = str(calendar[name])
    found["events"] = [_event(event) for event in calendar.walk("VEVENT")]
    return found


def _event(event: Any) -> dict[str, Any]:
    found: dict[str, Any] = {key: str(event[name]) for name, key in _TEXTS.items() if name in event}
    for name, key in _DATES.items():
        if name in event:
            found[key] = _date(event[name])
    for name, key in (("SEQUENCE", "sequence"), ("PRIORITY", "priority")):
        if name in event:
            found[key] = int(event[name])
    if "DURATION" in event:
        found["duration"] = _duration(event["DURATION"].dt)
    if "CATEGORIES" in event:
        given = event["CATEGORIES"]
        found["categories"] = [str(c) for entry in (given if isinstance(given, list) else [given]) for c in entry.cats]
    if "GEO" in event:
        found["geo"] = {"lat": event["GEO"].latitude, "lon": event["GEO"].longitude}
    if "RRULE" in event:
        found["recurrenceRule"] = _rule(event["RRULE"])
    if "ORGANIZER" in event:
        found["organizer"] = _person(event["ORGANIZER"])
    if "ATTENDEE" in event:
        given = event["ATTENDEE"]
        found["attendees"] = [_person(one) for one in (given if isinstance(given, list) else [given])]
    return found


def _date(value: Any) -> dict[str, Any]:
    moment = value.dt
    if not isinstance(moment, dt.datetime):
        return {"date": f"{moment.isoformat()}T00:00:00.000Z", "type": "DATE"}
    zone = value.params.get("TZID")
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
    found: dict[str, Any] = {"date": dates.to_iso(aware.astimezone(dt.UTC)), "type": "DATE-TIME"}
    if zone:
        local = dates.to_iso(aware.replace(tzinfo=dt.UTC))
        found["local"] = {"date": local, "timezone": str(zone), "tzoffset": aware.strftime("%z")}
    return found


def _duration(length: dt.timedelta) -> dict[str, Any]:
    found: dict[str, Any] = {"before": True} if length < dt.timedelta() else {}
    seconds = abs(int(length.total_seconds()))
    for name, size in (("weeks", 604_800), ("days", 86_400), ("hours", 3600), ("minutes", 60), ("seconds", 1)):
        amount, seconds = divmod(seconds, size)
        if amount:
            found[name] = amount
    return found


def _rule(rule: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, values in rule.items():
        plain = [_date_text(value) if isinstance(value, dt.date) else value for value in values]
        key = {"FREQ": "frequency", "BYDAY": "byDay", "WKST": "workweekStart"}.get(name, name.lower())
        found[key] = plain if key.startswith("by") else plain[0]
    return found


def _date_text(value: dt.date) -> str:
    return value.isoformat()


def _person(value: Any) -> dict[str, Any]:
    address = str(value)
    found: dict[str, Any] = {"email": address.partition(":")[2] if address.lower().startswith("mailto:") else address}
    for parameter, key in (("CN", "name"), ("ROLE", "role"), ("PARTSTAT", "partstat")):
        if parameter in value.params:
            found[key] = str(value.params[parameter])
    if "RSVP" in value.params:
        found["rsvp"] = str(value.params["RSVP"]).upper() == "TRUE"
    return found
