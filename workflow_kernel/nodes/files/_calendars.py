"""Calendar files (iCalendar): to objects and from an event's parameters.

The node that extracts from files reads them, the one that converts to files writes them.
"""

from __future__ import annotations

import datetime as dt
import uuid
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
    found["events"] = [_read_event(event) for event in calendar.walk("VEVENT")]
    return found


def _read_event(event: Any) -> dict[str, Any]:
    try:
        return _event(event)
    except (AttributeError, TypeError, ValueError, OverflowError, LookupError) as error:
        # Values may be of any kind and stand twice; the library gives them as they come.
        which = f" with the UID '{event['UID']}'" if "UID" in event else ""
        raise NodeError(
            f"An event{which} of the calendar file cannot be read: {error}.",
            mend="Check its dates, and that no property stands twice.",
        ) from error


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


def write_calendar(event: Any, now: dt.datetime, zone: str) -> bytes:
    """A calendar file with one event; ``event`` has the fields of the node's ``Event``."""
    import icalendar

    calendar = icalendar.Calendar()
    for name, value in (("version", "2.0"), ("prodid", "-//Workflow//EN"), ("calscale", "GREGORIAN")):
        calendar.add(name, value)
    calendar.add("method", "PUBLISH")
    if event.calendar_name:
        calendar.add("x-wr-calname", event.calendar_name)
    entry = icalendar.Event()
    entry.add("uid", event.uid or str(uuid.uuid4()))
    entry.add("summary", event.title)
    entry.add("dtstamp", now.astimezone(dt.UTC))
    _add_times(entry, event, zone)
    for name in ("location", "description", "url", "status"):
        if getattr(event, name):
            entry.add(name, getattr(event, name))
    if event.sequence is not None:
        entry.add("sequence", event.sequence)
    if event.busy:
        entry.add("x-microsoft-cdo-busystatus", event.busy)
    if event.latitude is not None and event.longitude is not None:
        entry.add("geo", (event.latitude, event.longitude))
    if event.recurrence:
        entry.add("rrule", icalendar.vRecur.from_ical(event.recurrence))
    if event.organizer:
        entry["organizer"] = _address(event.organizer)
    for person in event.attendees:
        address = _address(person)
        address.params["RSVP"] = "TRUE" if person.rsvp else "FALSE"
        entry.add("attendee", address, encode=False)
    calendar.add_component(entry)
    data: bytes = calendar.to_ical()
    return data


def _add_times(entry: Any, event: Any, zone: str) -> None:
    try:
        start = dates.parse_date_time(event.start, zone, timestamps=True)
        end = dates.parse_date_time(event.end, zone, timestamps=True)
    except ValueError as error:
        raise NodeError(str(error), mend="Give the start and the end of the event.") from error
    if event.all_day:
        entry.add("dtstart", start.date())
        entry.add("dtend", end.date() + dt.timedelta(days=1))
    else:
        entry.add("dtstart", start.astimezone(dt.UTC))
        entry.add("dtend", end.astimezone(dt.UTC))


def _address(person: Any) -> Any:
    import icalendar

    address = icalendar.vCalAddress(f"mailto:{person.email}")
    if person.name:
        address.params["CN"] = icalendar.vText(person.name)
    return address
