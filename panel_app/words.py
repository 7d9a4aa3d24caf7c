"""How numbers, moments and states are said on pages: filters of the templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from markupsafe import Markup, escape

NONE = "\u2013"
"""What stands where there is nothing."""

_STATES: Mapping[str, tuple[str, str]] = {
    "queued": ("Queued", "idle"),
    "pending": ("Pending", "idle"),
    "running": ("Running", "busy"),
    "retry_wait": ("Waits to retry", "wait"),
    "suspended": ("Waiting", "wait"),
    "waiting": ("Waiting", "wait"),
    "succeeded": ("Succeeded", "good"),
    "failed": ("Failed", "bad"),
    "timed_out": ("Timed out", "bad"),
    "cancelled": ("Cancelled", "off"),
    "skipped": ("Skipped", "off"),
}
_STEPS = ((60, 1, "s"), (3600, 60, "min"), (86400, 3600, "h"), (86400 * 60, 86400, "d"))


def seconds(value: float | None) -> str:
    """How long something took."""
    if value is None:
        return NONE
    if value < 0.001:
        return "<1 ms"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def ago(moment: datetime | float | None) -> Markup:
    """When something was or will be, roughly; the whole moment shows on hovering."""
    if moment is None:
        return escape(NONE)
    at = datetime.fromtimestamp(moment, UTC) if isinstance(moment, int | float) else moment.astimezone(UTC)
    distance = (datetime.now(UTC) - at).total_seconds()
    text = _roughly(distance)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S} UTC", text
    )


def _roughly(distance: float) -> str:
    size = abs(distance)
    if size < 5:
        return "now"
    for limit, unit, name in _STEPS:
        if size < limit:
            text = f"{size // unit:.0f} {name}"
            return f"{text} ago" if distance > 0 else f"in {text}"
    return f"{size // (86400 * 30):.0f} months {'ago' if distance > 0 else 'from now'}"


def moment(value: datetime | float | None) -> str:
    """A moment, to the second."""
    if value is None:
        return NONE
    at = datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else value.astimezone(UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}"


def number(value: float | None) -> str:
    """A number, with thin spaces between thousands."""
    return NONE if value is None else f"{value:,.0f}".replace(",", "\u202f")


def percent(value: float | None) -> str:
    """A share."""
    if value is None:
        return NONE
    text = f"{value * 100:.1f}".rstrip("0").rstrip(".")
    return f"{text} %"


def state(value: str) -> str:
    """A state as people say it."""
    return _STATES.get(value, (value.replace("_", " ").capitalize(), "idle"))[0]


def tone(value: str) -> str:
    """The tone a state is shown in."""
    return _STATES.get(value, ("", "idle"))[1]


def plain(value: Any) -> str:
    """Any value as JSON, for reading."""
    return json.dumps(msgspec.to_builtins(value, enc_hook=str), indent=2, ensure_ascii=False)


def cell(value: Any) -> str:
    """A value in a cell of a table."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value if len(value) <= 200 else value[:200] + "…"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    text = json.dumps(msgspec.to_builtins(value, enc_hook=str), ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + "…"


def initials(name: str) -> str:
    """One or two letters for a person."""
    parts = name.replace("@", " ").replace(".", " ").split()
    return "".join(part[0] for part in parts[:2]).upper() or "?"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "seconds": seconds, "ago": ago, "moment": moment, "number": number, "percent": percent, "state": state,
    "tone": tone, "plain": plain, "cell": cell, "initials": initials,
}  # fmt: skip
